import { settlementAbi } from '@deparrow/contracts'
import { encodeRow } from '@deparrow/contracts/rows'
import { type Address, lowerHex, weiPerMicrocredit } from '@deparrow/ledger'
import { formatEther, parseEventLogs } from 'viem'
import { chainCall } from '../../chain/contracts.ts'
import { dueToFinalise, nextBlockTime, readLine } from '../../chain/epoch-line.ts'
import { answered } from '../../chain/open-settlement.ts'
import { findNewestRow, readPayee } from '../../chain/payouts.ts'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command-context.ts'
import { checksummed } from '../views.ts'
import { finaliseDue } from './finalise.ts'
import { type ChainFlags, type OwnWallet, openOwnWallet } from './open.ts'

/** What a claim paid. */
export type ClaimedRow = {
  readonly account: Address
  readonly epoch: bigint
  readonly transactionHash: string
  readonly paidMicrocredits: bigint
  readonly paidWei: bigint
}

/** Claims what final epochs owe an account, found on chain alone; the DPC goes to that account. Refusal: `NOTHING_TO_CLAIM`. */
export async function claimOnChain(context: CommandContext, flags: ChainFlags & { readonly for?: Address }) {
  const own = await openOwnWallet(context, flags)
  const account = flags.for ?? own.address
  context.output.progress('Looking for the newest row …')
  const claimed = await answered(own.chain.rpcOrigin, () => claimRow(own, account))
  if (claimed === undefined) {
    const said = `No final epoch owes ${checksummed(account)} anything that was not claimed.`
    throw new CliError('NOTHING_TO_CLAIM', said, { account: checksummed(account) })
  }
  context.output.result({ ...claimed, account: checksummed(account) }, [
    `${formatEther(claimed.paidWei)} DPC of epochs up to ${claimed.epoch} paid to ${checksummed(account)}: transaction ${claimed.transactionHash}`,
  ])
}

/** Claims the newest row of an account, after finalising its epoch when that is due; `undefined` when nothing is left. */
export async function claimRow(own: OwnWallet, account: Address): Promise<ClaimedRow | undefined> {
  const { chain, carryOut } = own
  const { client, settlement } = chain
  const payee = await readPayee(chain, account)
  const line = await readLine(chain, await client.getBlockNumber())
  const due = dueToFinalise(line, await nextBlockTime(chain))
  const found = await findNewestRow(chain, payee, due)
  if (found === undefined || found.row.cumulativeMicrocredits <= payee.claimedMicrocredits) return undefined
  if (!found.isFinalised) {
    for (const epoch of due.filter(id => id <= found.proof.epoch)) await finaliseDue(own, epoch)
  }
  const { epoch, part, index, siblings } = found.proof
  const call = chainCall(settlement, 'claim', [epoch, part, index, encodeRow(found.row), siblings])
  const { logs, transactionHash } = await carryOut('claim', call)
  const events = parseEventLogs({ abi: settlementAbi, eventName: 'Claimed', logs })
  const paid = events.find(({ args }) => lowerHex(args.account) === account)?.args.paidMicrocredits ?? 0n
  return { account, epoch, transactionHash, paidMicrocredits: paid, paidWei: paid * weiPerMicrocredit }
}
