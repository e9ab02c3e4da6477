/** A minute, in minutes since 1970, and what was spent in it that has not been given back, in µcr. */
export type MinuteSpend = { readonly minute: number; readonly microcredits: bigint }

/**
 * What a delegate has spent out of a wallet. A spend counts from the time of its event, with its whole amount; what its hold or escrow
 * gives back later is taken off at that same time, so that it counts no longer.
 *
 * The windows slide by whole minutes and are counted long: the hour at a time t is what was spent in the minute of t and the 60 minutes
 * before it, the day in the minute of t and the 1 440 before it. They cover every true window of 60 minutes or 24 hours that ends at t. When
 * each spend keeps the counted sums within the caps, then at no time has any true window, wherever it lies, more in it than its cap: the last
 * spend in the window was allowed with all the others in the sum. The price is that a cap may be free again up to a minute late.
 */
export type SpendUsage = {
  /** Minutes with a spend, ascending, of the day up to the newest spend: at most 1 441. */
  readonly minutes: readonly MinuteSpend[]
  /** Σ of {@link minutes}. */
  readonly keptMicrocredits: bigint
  /** Since the first spend. */
  readonly totalMicrocredits: bigint
}

/** Sums in µcr. */
export type UsageTotals = {
  readonly hourMicrocredits: bigint
  readonly dayMicrocredits: bigint
  readonly totalMicrocredits: bigint
}

const minuteMs = 60_000

/** Whole minutes before the present one that count for the hour. */
const hourMinutes = 60

/** Whole minutes before the present one that count for the day. */
const dayMinutes = 24 * 60

export const noUsage: SpendUsage = { minutes: [], keptMicrocredits: 0n, totalMicrocredits: 0n }

/** The usage after a spend at `atMs`, which must not be before the newest one. */
export function countSpend(usage: SpendUsage, atMs: number, amountMicrocredits: bigint): SpendUsage {
  const minute = minuteOf(atMs)
  const minutes = usage.minutes.slice(leftTheDay(usage, minute))
  const last = minutes.at(-1)
  if (last?.minute === minute) minutes.pop()
  const spent = last?.minute === minute ? last.microcredits : 0n
  minutes.push({ minute, microcredits: spent + amountMicrocredits })
  return {
    minutes,
    keptMicrocredits: dayAt(usage, minute) + amountMicrocredits,
    totalMicrocredits: usage.totalMicrocredits + amountMicrocredits,
  }
}

/** The usage after a part of what was spent at `spentAtMs` came back. A minute that is kept no longer needs no correction. */
export function giveBack(usage: SpendUsage, spentAtMs: number, amountMicrocredits: bigint): SpendUsage {
  const totalMicrocredits = usage.totalMicrocredits - amountMicrocredits
  const index = usage.minutes.findLastIndex(spent => spent.minute === minuteOf(spentAtMs))
  const spent = usage.minutes[index]
  if (spent === undefined) return { ...usage, totalMicrocredits }
  const minutes = usage.minutes.with(index, { ...spent, microcredits: spent.microcredits - amountMicrocredits })
  return { minutes, keptMicrocredits: usage.keptMicrocredits - amountMicrocredits, totalMicrocredits }
}

/** The sums of the windows that end at `nowMs`, which must not be before the newest spend. */
export function totalsAt(usage: SpendUsage, nowMs: number): UsageTotals {
  const minute = minuteOf(nowMs)
  let hourMicrocredits = 0n
  for (let index = usage.minutes.length - 1; index >= 0; index--) {
    const spent = usage.minutes[index] as MinuteSpend
    if (spent.minute < minute - hourMinutes) break
    hourMicrocredits += spent.microcredits
  }
  return { hourMicrocredits, dayMicrocredits: dayAt(usage, minute), totalMicrocredits: usage.totalMicrocredits }
}

function dayAt(usage: SpendUsage, minute: number): bigint {
  const left = usage.minutes.slice(0, leftTheDay(usage, minute))
  return left.reduce((sum, spent) => sum - spent.microcredits, usage.keptMicrocredits)
}

/** How many of the kept minutes lie before the day that ends with `minute`. */
function leftTheDay({ minutes }: SpendUsage, minute: number): number {
  const first = minutes.findIndex(spent => spent.minute >= minute - dayMinutes)
  return first === -1 ? minutes.length : first
}

function minuteOf(atMs: number): number {
  return Math.floor(atMs / minuteMs)
}
