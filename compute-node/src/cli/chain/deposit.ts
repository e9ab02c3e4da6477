import { formatCredits, weiPerMicrocredit } from '@deparrow/ledger'
import { type DepositMethod, depositCalls } from '@deparrow/sdk/chain'
import type { TransactionReceipt } from 'viem'
import { answered } from '../../chain/open-settlement.ts'
import type { CommandContext } from '../command-context.ts'
import { checksummed } from '../views.ts'
import { type ChainFlags, openOwnWallet, requireDpc } from './open.ts'

/** Deposits straight at the contract; the ledger credits it with the epoch that covers it, or the exit returns it. */
export async function depositOnChain(
  context: CommandContext,
  amountMicrocredits: bigint,
  flags: ChainFlags & { readonly method: DepositMethod },
) {
  const { chain, account, address, carryOut } = await openOwnWallet(context, flags)
  const { client, token, settlement, rpcOrigin } = chain
  const amountWei = amountMicrocredits * weiPerMicrocredit
  const receipt = await answered(rpcOrigin, async () => {
    await requireDpc({ chain, address }, amountWei)
    const parties = { publicClient: client, account, chainId: chain.chain.id }
    const addresses = { token: token.address, settlement: settlement.address }
    let last: TransactionReceipt | undefined
    for (const { what, ...call } of await depositCalls({ ...parties, ...addresses }, amountWei, flags.method)) {
      last = await carryOut(what, call)
    }
    return last as TransactionReceipt
  })
  const { transactionHash, blockNumber } = receipt
  context.output.result({ address: checksummed(address), amountMicrocredits, transactionHash, blockNumber }, [
    `${formatCredits(amountMicrocredits)} credits deposited: transaction ${transactionHash}`,
    'They are in the ledger once it has seen the block. If it never does, the exit returns them.',
  ])
}
