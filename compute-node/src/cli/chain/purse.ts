import { formatCredits, weiPerMicrocredit } from '@deparrow/ledger'
import { formatEther } from 'viem'
import { chainCall, type DisputesContract } from '../../chain/contracts.ts'
import { answered } from '../../chain/open-settlement.ts'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command-context.ts'
import { type ChainFlags, type OwnWallet, openOwnWallet, requireDisputes, requireDpc } from './open.ts'

/** Puts DPC into the purse for the bonds of demands, in two transactions; answers the hash of the second. Throws `INSUFFICIENT_DPC`. */
export async function fundPurse(own: OwnWallet, disputes: DisputesContract, amountMicrocredits: bigint) {
  const { chain, carryOut } = own
  const amountWei = amountMicrocredits * weiPerMicrocredit
  await requireDpc(own, amountWei)
  await carryOut('approval', chainCall(chain.token, 'approve', [disputes.address, amountWei]))
  return (await carryOut('funding of the purse', chainCall(disputes, 'fund', [amountWei]))).transactionHash
}

/** Takes DPC out of the purse; all of it without an amount. Refusal: `PURSE_EMPTY`. */
export async function emptyPurse(context: CommandContext, amountMicrocredits: bigint | undefined, flags: ChainFlags) {
  const { chain, address, carryOut } = await openOwnWallet(context, flags)
  await answered(chain.rpcOrigin, async () => {
    const disputes = requireDisputes(chain)
    const read = { ...disputes, functionName: 'purseWei', args: [address] } as const
    const amountWei =
      amountMicrocredits === undefined ? await chain.client.readContract(read) : amountMicrocredits * weiPerMicrocredit
    if (amountWei === 0n) throw new CliError('PURSE_EMPTY', 'The purse is empty: there is nothing to take out.')
    const { transactionHash } = await carryOut('withdrawal', chainCall(disputes, 'withdraw', [amountWei]))
    const leftWei = await chain.client.readContract(read)
    context.output.result({ amountWei, leftWei, transactionHash }, [
      `${formatEther(amountWei)} DPC taken out of the purse, ${formatCredits(leftWei / weiPerMicrocredit)} left: transaction ${transactionHash}`,
    ])
  })
}
