/** The HTTP status that Docker Engine answered with, or undefined for any other failure. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}

/** What went wrong, in words for a person. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
