/** One thing on which a process depends, as `health/ready` tells of it. */
export type HealthCheck = {
  /** Names the member in the answer, such as `ledger`. */
  readonly name: string
  /** Whether the process is of no use without it. The others are told, but do not count. */
  readonly isRequired: boolean
  /** `false` and a rejection both mean that it is not well. */
  isHealthy(): boolean | Promise<boolean>
}

/** The answer of `health/ready`: a member for each check, and `ok` when all that are required are well. */
export type Readiness = { readonly status: 'ok' | 'error' } & { readonly [name: string]: boolean | string }

/** A check that has not answered by then counts as not well: a probe waits no longer. */
const checkTimeoutMs = 2_000

/** Asks all checks at once. Never rejects, and answers within two seconds. */
export async function readinessOf(checks: readonly HealthCheck[]): Promise<Readiness> {
  const results = await Promise.all(checks.map(async check => ({ ...check, isWell: await isWell(check) })))
  const members = Object.fromEntries(results.map(({ name, isWell }) => [name, isWell]))
  const isReady = results.every(result => result.isWell || !result.isRequired)
  return { status: isReady ? 'ok' : 'error', ...members }
}

async function isWell(check: HealthCheck): Promise<boolean> {
  const timeout = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => timeout.resolve(false), checkTimeoutMs)
  try {
    return await Promise.race([check.isHealthy(), timeout.promise])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
