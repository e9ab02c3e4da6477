import { type Hex, lowerHex, zeroHash } from '@deparrow/ledger'
import type { WatchCall } from './plan.ts'
import type { DemandRecord, EpochView } from './view.ts'
import type { Want } from './wants.ts'

/** Demands without a known answer that are open at a time: one would do, if nobody had what the journal lacks. */
const decisivesMax = 4

const searchesDefault = 64

/** Searches at a time while a whole answer time is left: one victim is enough, and each answered demand costs its bond. */
const calmSearches = 4

/** What of the wanted is asked now, and what cannot be. */
export type Opening = {
  readonly calls: readonly WatchCall[]
  readonly missingWei: bigint
  /** Whether something is wanted that can be asked neither in the window nor after an answer. */
  readonly isTooLate: boolean
}

/**
 * Chooses what to ask now out of all that is wanted. What has no answer goes first, what loses most first. While such a demand runs, nothing more is
 * searched for, unless there would be no time left after its answer.
 */
export function openWants(view: EpochView, wants: readonly Want[]): Opening {
  const records = new Map(view.demands.map(record => [lowerHex(record.id), record]))
  const seen = new Set<Hex>()
  // Of the same question the weightiest reason counts.
  const sorted = [...wants].sort(compareWants).filter(({ id }) => !seen.has(id) && seen.add(id))
  const open = sorted.filter(({ id }) => records.get(id)?.state === 'open')
  const fresh = sorted.filter(({ id }) => !records.has(id))
  const target = followTarget(view)
  const decisiveOpen = open.filter(({ isDecisive }) => isDecisive)
  const mayWait = decisiveOpen.length > 0 && decisiveOpen.every(({ id }) => hasTimeAfter(view, records.get(id)))
  const decisives = fresh
    .filter(({ isDecisive }) => isDecisive)
    .slice(0, Math.max(0, decisivesMax - decisiveOpen.length))
  const isSearching = !mayWait && (decisives.length === 0 || !hasTime(view))
  const searches = isSearching ? chooseSearches(view, sorted, records) : []
  const chosen = [...decisives, ...searches]
  if (chosen.length > 0 && target === undefined) return { calls: [], missingWei: 0n, isTooLate: true }
  const affordable = Number(view.purseWei / view.parameters.askerBondWei)
  const ranks = rankCalls(view, open, records, target)
  return {
    calls: [...ranks, ...chosen.slice(0, affordable).map(want => want.call(target ?? zeroHash))],
    missingWei: BigInt(Math.max(0, chosen.length - affordable)) * view.parameters.askerBondWei,
    isTooLate: false,
  }
}

/**
 * Towards those who lose, as long as there are any and there is time; what else differs comes after them. The bonds of what is answered are lost.
 */
function chooseSearches(
  view: EpochView,
  sorted: readonly Want[],
  records: ReadonlyMap<Hex, DemandRecord>,
): readonly Want[] {
  const searches = sorted.filter(({ id, isDecisive }) => {
    const state = records.get(id)?.state ?? 'unknown'
    return !isDecisive && (state === 'unknown' || state === 'open')
  })
  const losing = searches.filter(({ lossMicrocredits }) => lossMicrocredits > 0n)
  const isCalm = hasTime(view)
  const most = view.searchesMax ?? searchesDefault
  const chosen = (isCalm && losing.length > 0 ? losing : searches).slice(
    0,
    isCalm ? Math.min(calmSearches, most) : most,
  )
  return chosen.filter(({ id }) => !records.has(id))
}

function compareWants(a: Want, b: Want): number {
  if (a.isDecisive !== b.isDecisive) return a.isDecisive ? -1 : 1
  if (a.lossMicrocredits !== b.lossMicrocredits) return a.lossMicrocredits > b.lossMicrocredits ? -1 : 1
  return a.id < b.id ? -1 : 1
}

function windowEnd({ posted, parameters }: EpochView): number {
  return posted.completedAt + parameters.windowSeconds
}

/** Whether a whole answer time is left in the window. */
function hasTime(view: EpochView): boolean {
  return view.nowSeconds + view.parameters.answerSeconds < windowEnd(view)
}

/** Whether more can be asked once this demand is answered, as late as it may be: in the window, or as its followers with enough rounds left. */
function hasTimeAfter(view: EpochView, record: DemandRecord | undefined): boolean {
  if (record === undefined) return false
  return record.deadline < windowEnd(view) || record.round * 2 <= view.parameters.roundsMax
}

/** What a demand of now follows: nothing while the window runs, else the answered demand with the fewest before it. `undefined` when neither is. */
function followTarget(view: EpochView): Hex | undefined {
  const { nowSeconds, demands, parameters } = view
  if (nowSeconds < windowEnd(view)) return zeroHash
  const answered = demands
    .filter(
      ({ state, deadline, round }) => state === 'answered' && nowSeconds < deadline && round < parameters.roundsMax,
    )
    .sort((a, b) => a.round - b.round || b.deadline - a.deadline)
  return answered[0]?.id
}

/** Somebody else may have asked the same at the end of a row of its own, so that nothing could follow it. */
function rankCalls(
  { demands, parameters }: EpochView,
  open: readonly Want[],
  records: ReadonlyMap<Hex, DemandRecord>,
  target: Hex | undefined,
): readonly WatchCall[] {
  if (target === undefined) return []
  const round = target === zeroHash ? 1 : (demands.find(({ id }) => id === target)?.round ?? 0) + 1
  return open.flatMap(({ id }) => {
    const isLate = (records.get(id)?.round ?? 0) * 2 > parameters.roundsMax
    if (!isLate || round >= (records.get(id)?.round ?? 0)) return []
    return [{ contract: 'disputes', functionName: 'rank', args: [id, target], demand: id } as const]
  })
}
