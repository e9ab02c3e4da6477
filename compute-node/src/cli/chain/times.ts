const units = [
  [86_400n, 'd'],
  [3_600n, 'h'],
  [60n, 'min'],
  [1n, 's'],
] as const

/** A length of time for a person, in its two largest units: `13 d 4 h`. */
export function duration(seconds: bigint): string {
  const first = units.findIndex(([unit]) => seconds >= unit)
  if (first === -1) return '0 s'
  const [[large, largeName], small] = [units[first] as (typeof units)[number], units[first + 1]]
  const rest = small === undefined ? 0n : (seconds % large) / small[0]
  return `${seconds / large} ${largeName}${rest === 0n ? '' : ` ${rest} ${small?.[1]}`}`
}

/** Block time as a date, or as the seconds that it is when there is no such date. */
export function dateOf(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1_000)
  return Number.isNaN(date.getTime()) ? `second ${seconds}` : date.toISOString().replace('.000Z', 'Z')
}

/** When something is due, seen from a moment. */
export function dueText(dueAt: bigint, now: bigint): string {
  return dueAt > now ? `in ${duration(dueAt - now)}, at ${dateOf(dueAt)}` : `since ${dateOf(dueAt)}`
}
