import { type Address, formatCredits } from '@deparrow/ledger'
import { formatEther } from 'viem'
import type { KnownDemand } from '../../chain/demands.ts'
import type { LineEpoch } from '../../chain/epoch-line.ts'
import { answered, type SettlementChain } from '../../chain/open-settlement.ts'
import { type OwnStatus, readOwnStatus, readStatus, type SettlementStatus } from '../../chain/read-status.ts'
import type { CommandContext } from '../command-context.ts'
import { columns } from '../output.ts'
import { checksummed } from '../views.ts'
import { addressMeant, type ChainFlags, openChain } from './open.ts'
import { dateOf, dueText } from './times.ts'

type Row = readonly [string, string]

/** How settlement stands by the contracts alone, and what one account has there; needs no key. */
export async function showChainStatus(context: CommandContext, flags: ChainFlags & { readonly of?: Address }) {
  const chain = await openChain(context, flags)
  context.output.progress('Reading the contracts …')
  const account = await addressMeant(context, flags.of)
  const { status, own } = await answered(chain.rpcOrigin, async () => {
    const read = await readStatus(chain)
    return { status: read, own: account && (await readOwnStatus(chain, account, read.blockNumber)) }
  })
  context.output.result(statusView(chain, status, own), statusLines(chain, status, own))
}

function statusView(chain: SettlementChain, status: SettlementStatus, own: OwnStatus | undefined) {
  const { settlement, token, emission, disputes, receipts, registry, periods } = chain
  const contracts = { settlement, token, emission, disputes, receipts, registry }
  const addresses = Object.entries(contracts).map(([name, contract]) => [
    name,
    contract === undefined ? null : checksummed(contract.address),
  ])
  const { exit } = status
  return {
    chainId: chain.chain.id,
    contracts: Object.fromEntries(addresses),
    periods,
    ...status,
    openDemands: status.openDemands.map(demand => ({ ...demand, asker: checksummed(demand.asker) })),
    exit: { ...exit, startedAt: exit.startedAt === 0n ? null : exit.startedAt },
    own: own === undefined ? null : { ...own, account: checksummed(own.account) },
  }
}

function statusLines(chain: SettlementChain, status: SettlementStatus, own: OwnStatus | undefined): string[] {
  const now = nowOf(status)
  const { bond, inbox, reserve } = status
  const uncovered = inbox.count - inbox.coveredByHead
  return columns([
    ['chain', `${chain.chain.id}, block ${status.blockNumber} of ${dateOf(status.timeSeconds)}`],
    ['settlement', checksummed(chain.settlement.address)],
    [
      'demands at',
      chain.disputes === undefined ? 'no contract: epochs cannot be disputed' : checksummed(chain.disputes.address),
    ],
    ['last final epoch', status.finalEpoch === 0n ? 'none yet' : `${status.finalEpoch}, ${dateOf(status.finalisedAt)}`],
    ...status.line.map((epoch): Row => [`epoch ${epoch.epoch}`, epochText(epoch, now)]),
    ...status.openDemands.map((demand): Row => ['open demand', demandText(demand, now)]),
    [
      'reserve',
      `${formatEther(reserve.heldWei)} DPC for ${formatEther(reserve.owedWei)} owed: ${reserve.isFull ? 'full' : 'NOT FULL'}`,
    ],
    [
      'poster’s bond',
      `${formatEther(bond.wei)} DPC, ${formatEther(bond.freeWei)} free, ${formatEther(bond.wei - bond.freeWei)} locked`,
    ],
    ['inbox', `${inbox.count} items, ${uncovered === 0n ? 'all' : `all but ${uncovered}`} covered by an epoch`],
    ...(status.isDepositsStopped ? [['deposits', 'stopped by the guardian'] as const] : []),
    ['exit', exitText(status, now)],
    ...(own === undefined ? [] : ownRows(own)),
  ])
}

function exitText({ exit }: SettlementStatus, now: bigint): string {
  if (exit.startedAt !== 0n) return `started ${dateOf(exit.startedAt)}; take out what is yours: deparrow chain exit`
  return exit.startableAt > now
    ? `can start ${dueText(exit.startableAt, now)}`
    : `can start ${dueText(exit.startableAt, now)}: deparrow chain exit`
}

function epochText({ status, finalAt, openDemands, inboxCut }: LineEpoch, now: bigint): string {
  const demands = openDemands === 0 ? '' : `, held back by ${openDemands} open demand${openDemands === 1 ? '' : 's'}`
  const due = status === 'pending' ? `final ${dueText(finalAt, now)}${demands}` : 'waits for finalise'
  return `${status}, covers ${inboxCut} inbox items, ${due}`
}

function demandText({ id, kind, epoch, deadline }: KnownDemand, now: bigint): string {
  return `${id} (${kind}, epoch ${epoch}), must be answered ${dueText(deadline, now)}`
}

function ownRows(own: OwnStatus): readonly Row[] {
  const dpc = (wei: bigint) => `${formatEther(wei)} DPC`
  return [
    ['account', checksummed(own.account)],
    ['payee id', own.payeeId === 0 ? 'none: never paid out' : String(own.payeeId)],
    [
      'claimable',
      `${formatCredits(own.claimableMicrocredits)} DPC${own.claimableMicrocredits > 0n ? ': deparrow chain claim' : ''}`,
    ],
    ['claimed', `${formatCredits(own.claimedMicrocredits)} DPC`],
    ['on chain', `${dpc(own.dpcWei)}, ${formatEther(own.etherWei)} ETH for gas`],
    ['purse', dpc(own.purseWei)],
    ...own.stakes.map(
      ({ node, stakeWei, unbondingWei, withdrawableAt }): Row => [
        'stake',
        `${dpc(stakeWei)} of node ${checksummed(node)}${unbondingWei === 0n ? '' : `, ${dpc(unbondingWei)} more from ${dateOf(withdrawableAt)}`}`,
      ],
    ),
  ]
}

/** A chain that rests has an old block, and a block may be ahead of this machine's clock. */
function nowOf({ timeSeconds }: SettlementStatus): bigint {
  const clock = BigInt(Math.floor(Date.now() / 1_000))
  return clock > timeSeconds ? clock : timeSeconds
}
