import type { Account, Address, Chain, Hash, PublicClient, Transport, WalletClient } from 'viem'
import { dpcTokenAbi, settlementAbi } from '../generated/index.ts'
import { DeployTransactionError } from './errors.ts'

/** For how many epochs the local chain's poster has a bond: an epoch takes seconds there, so that few are ever under way at once. */
export const LOCAL_BOND_EPOCHS = 10n

/**
 * Sees to it that the poster's bond suffices for `epochs` at a time, out of the wallet of `walletClient`. A bond that does is left as
 * it is. Throws `DeployTransactionError` when a transaction is reverted.
 */
export async function fundPosterBond(
  { walletClient, publicClient }: { walletClient: WalletClient<Transport, Chain, Account>; publicClient: PublicClient },
  settlement: Address,
  epochs: bigint,
): Promise<void> {
  const contract = { address: settlement, abi: settlementAbi } as const
  const [epochBondWei, bondWei, token] = await Promise.all([
    publicClient.readContract({ ...contract, functionName: 'epochBondWei' }),
    publicClient.readContract({ ...contract, functionName: 'bondWei' }),
    publicClient.readContract({ ...contract, functionName: 'token' }),
  ])
  const missingWei = epochBondWei * epochs - bondWei
  if (missingWei <= 0n) return
  const mined = async (step: string, transactionHash: Hash) => {
    const { status } = await publicClient.waitForTransactionReceipt({ hash: transactionHash })
    if (status === 'reverted') throw new DeployTransactionError({ step, transactionHash })
  }
  const approval = {
    address: token,
    abi: dpcTokenAbi,
    functionName: 'approve',
    args: [settlement, missingWei],
  } as const
  await mined('bond approval', await walletClient.writeContract(approval))
  const addition = { ...contract, functionName: 'addBond', args: [missingWei] } as const
  await mined('bond', await walletClient.writeContract(addition))
}
