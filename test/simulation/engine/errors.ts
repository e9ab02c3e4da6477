/** What a simulated network or service says when it does not do what it was asked. */
export class InjectedFaultError extends Error {
  override readonly name = 'InjectedFaultError'
}

/** Errors by which a part says that an injected fault, or another part in its place, has stopped it. */
const consequences: ReadonlySet<string> = new Set([
  'InjectedFaultError',
  'UnknownOutcomeError',
  'WriterFencedError',
  'LedgerClosedError',
  'FollowingEndedError',
  'BusUnavailableError',
  'BusFencedError',
  'ChainUnavailableError',
  'NotWriterError',
])

/** Whether an error, and all that caused it, comes of what was injected. Anything else is a mistake of the code under test. */
export function isConsequence(error: unknown): boolean {
  if (!(error instanceof Error) || !consequences.has(error.name)) return false
  return error.cause === undefined || isConsequence(error.cause)
}

/** What an error is called, with its message and its causes where it is no consequence of a fault. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` because of ${nameOf(error.cause)}`
  return isConsequence(error) ? error.name : `${error.name}: ${error.message}${cause}`
}
