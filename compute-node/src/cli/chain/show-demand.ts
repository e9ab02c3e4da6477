import { setTimeout as pause } from 'node:timers/promises'
import { formatCredits, type Hex } from '@deparrow/ledger'
import { blockAtTime, overBlocks } from '../../chain/block-ranges.ts'
import type { DisputesContract } from '../../chain/contracts.ts'
import { type KnownDemand, readDemand, readDemands } from '../../chain/demands.ts'
import { nextBlockTime } from '../../chain/epoch-line.ts'
import type { SettlementChain } from '../../chain/open-settlement.ts'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command-context.ts'
import { columns } from '../output.ts'
import { checksummed } from '../views.ts'
import { dateOf, dueText } from './times.ts'

type Row = readonly [string, string]

/** A leaf as the contract's events have it; all zero for an account that has none. */
type ShownLeaf = {
  readonly available: bigint
  readonly held: bigint
  readonly lanesRoot: Hex
  readonly holdsRoot: Hex
  readonly receiptSequence: bigint
}

/** What was shown of the account that a demand is about. */
type Shown = {
  readonly leaf?: ShownLeaf | undefined
  readonly statement?:
    | {
        readonly opening: ShownLeaf
        readonly closing: ShownLeaf
        readonly creditMicrocredits: bigint
        readonly debitMicrocredits: bigint
      }
    | undefined
}

/** Sums of statements: credits × 2^64 + debits. */
const debitBits = 64n

/** Shows a demand, how it stands and what was shown; with `wait`, when it was answered or can no longer be. Throws `DEMAND_UNKNOWN`. */
export async function showDemand(
  context: CommandContext,
  chain: SettlementChain,
  disputes: DisputesContract,
  id: Hex,
  wait: boolean,
) {
  const { client } = chain
  let now = await readDemand(chain, disputes, id)
  if (now.state === 'unknown') throw new CliError('DEMAND_UNKNOWN', `Nobody has opened a demand ${id}.`)
  if (wait && now.state === 'open') context.output.progress('Waiting for the answer …')
  while (wait && now.state === 'open' && (await nextBlockTime(chain)) <= now.deadline) {
    await pause(client.pollingInterval, undefined, { signal: context.signal })
    now = await readDemand(chain, disputes, id)
  }
  const { completedAt } = await client.readContract({ ...chain.settlement, functionName: 'epoch', args: [now.epoch] })
  const toBlock = await client.getBlockNumber({ cacheTime: 0 })
  const sinceSeconds = completedAt
  const demands = await readDemands(chain, disputes, { sinceSeconds, toBlock, epoch: now.epoch })
  const demand = demands.find(known => known.id === id)
  if (demand === undefined)
    throw new CliError('ANSWER_INVALID', `The chain knows the demand ${id} and shows no event of it.`)
  const shown = await readShown(
    chain,
    disputes,
    { epoch: demand.epoch, place: demand.question.place },
    sinceSeconds,
    toBlock,
  )
  const at = await nextBlockTime(chain)
  context.output.result({ ...demandView(demand), ...shown }, columns([...demandRows(demand, at), ...shownRows(shown)]))
}

/** Shows what was said of an account in an epoch without any demand: its statement, and its leaf when that was shown. */
export async function showStated(
  { output }: CommandContext,
  { chain, disputes }: { readonly chain: SettlementChain; readonly disputes: DisputesContract },
  about: { readonly epoch: bigint; readonly place: Hex },
): Promise<void> {
  const { client, settlement } = chain
  const { completedAt } = await client.readContract({ ...settlement, functionName: 'epoch', args: [about.epoch] })
  const shown = await readShown(chain, disputes, about, completedAt, await client.getBlockNumber({ cacheTime: 0 }))
  const rows = [['epoch', String(about.epoch)], ['state', 'stated without this demand'], ...shownRows(shown)] as const
  output.result({ id: null, state: 'stated', ...about, ...shown }, columns(rows))
}

/** All demands since the last final epoch, or of one epoch. */
export async function showDemands(
  context: CommandContext,
  chain: SettlementChain,
  disputes: DisputesContract,
  epoch: bigint | undefined,
) {
  const { client, settlement } = chain
  const sinceSeconds =
    epoch === undefined
      ? await client.readContract({ ...settlement, functionName: 'finalisedAt' })
      : (await client.readContract({ ...settlement, functionName: 'epoch', args: [epoch] })).completedAt
  const toBlock = await client.getBlockNumber({ cacheTime: 0 })
  const demands = await readDemands(chain, disputes, {
    sinceSeconds,
    toBlock,
    ...(epoch === undefined ? {} : { epoch }),
  })
  const at = await nextBlockTime(chain)
  const lines = demands.flatMap(demand => [...columns(demandRows(demand, at)), ''])
  context.output.result(demands.map(demandView), lines.length === 0 ? ['No demands.'] : lines.slice(0, -1))
}

function demandView(demand: KnownDemand) {
  return { ...demand, asker: checksummed(demand.asker) }
}

function demandRows(
  { id, kind, epoch, asker, state, deadline, round, question }: KnownDemand,
  now: bigint,
): readonly Row[] {
  return [
    ['demand', id],
    ['asks for', `${kind} of place ${question.place}`],
    ['epoch', `${epoch}, round ${round}`],
    ['asker', checksummed(asker)],
    ['state', stateText(id, state, deadline, now)],
  ]
}

function stateText(id: Hex, state: KnownDemand['state'], deadline: bigint, now: bigint): string {
  if (state === 'answered') {
    return deadline > now ? `answered; a further demand can follow until ${dateOf(deadline)}` : 'answered'
  }
  if (state !== 'open') return state
  if (now > deadline) return `not answered in time: deparrow chain dispute expire ${id}`
  return `open; must be answered ${dueText(deadline, now)}`
}

async function readShown(
  { client, deploymentBlock }: SettlementChain,
  disputes: DisputesContract,
  { epoch, place }: { readonly epoch: bigint; readonly place: Hex },
  sinceSeconds: bigint,
  toBlock: bigint,
): Promise<Shown> {
  const fromBlock = await blockAtTime(client, sinceSeconds, deploymentBlock, toBlock)
  const about = { ...disputes, args: { epoch, place }, strict: true } as const
  const leaves = await overBlocks(fromBlock, toBlock, (from, to) =>
    client.getContractEvents({ ...about, eventName: 'LeafShown', fromBlock: from, toBlock: to }),
  )
  const statements = await overBlocks(fromBlock, toBlock, (from, to) =>
    client.getContractEvents({ ...about, eventName: 'Stated', fromBlock: from, toBlock: to }),
  )
  const stated = statements.at(-1)?.args.statement
  return {
    leaf: leaves.at(-1)?.args.leaf,
    statement: stated && {
      opening: stated.opening,
      closing: stated.closing,
      creditMicrocredits: stated.sum >> debitBits,
      debitMicrocredits: stated.sum & ((1n << debitBits) - 1n),
    },
  }
}

function shownRows({ leaf, statement }: Shown): readonly Row[] {
  return [
    ...(leaf === undefined ? [] : [['leaf', leafText(leaf)] as const]),
    ...(statement === undefined
      ? []
      : ([
          ['leaf before', leafText(statement.opening)],
          ['credited', `${formatCredits(statement.creditMicrocredits)} credits`],
          ['debited', `${formatCredits(statement.debitMicrocredits)} credits`],
          ['leaf after', leafText(statement.closing)],
        ] as const)),
  ]
}

function leafText({ available, held, receiptSequence }: ShownLeaf): string {
  const sequence = receiptSequence === 0n ? '' : `, receipt sequence ${receiptSequence}`
  return `${formatCredits(available)} credits available, ${formatCredits(held)} held${sequence}`
}
