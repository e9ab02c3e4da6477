import { setTimeout as wait } from 'node:timers/promises'

/** Longest that anything may take on a machine that does much else. */
const patienceMs = 90_000

const pollMs = 50

/** Asks again and again until something holds; throws its name when it does not come to that. A look that fails counts as `false`. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const giveUpAtMs = performance.now() + patienceMs
  while (!(await holds().catch(() => false))) {
    if (performance.now() > giveUpAtMs) throw new Error(`${patienceMs} ms have passed and it is not so: ${what}`)
    await wait(pollMs)
  }
}
