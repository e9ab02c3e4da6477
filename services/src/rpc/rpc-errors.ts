/** Thrown when no address of a service was reached, or nobody there does what was asked: nothing of it has happened. */
export class ServiceUnavailableError extends Error {
  override readonly name = 'ServiceUnavailableError'
  constructor({ service, cause }: { readonly service: string; readonly cause?: unknown }) {
    super(`no ${service} service does this now${reasonOf(cause)}; nothing has happened, try again`, { cause })
  }
}

/** Thrown when a service was asked and its answer was lost: what was asked may have happened. */
export class AnswerLostError extends Error {
  override readonly name = 'AnswerLostError'
  constructor({ service, cause }: { readonly service: string; readonly cause?: unknown }) {
    super(`the ${service} service was asked and did not answer${reasonOf(cause)}; it may have happened`, { cause })
  }
}

/** Thrown when a service answers with an error of its own. `remoteName` is that error's name, as the service gave it. */
export class RemoteCallError extends Error {
  override readonly name = 'RemoteCallError'
  readonly remoteName: string
  constructor({ service, remoteName, message }: { readonly service: string } & RemoteFailure) {
    super(`the ${service} service answers ${remoteName}: ${message}`)
    this.remoteName = remoteName
  }
}

/** An error as it goes over the wire: without a stack, without a cause. */
export type RemoteFailure = { readonly remoteName: string; readonly message: string }

/** Thrown by a service that leaves this to another process of the same kind, such as a standby; nothing has happened. */
export class NotHereError extends Error {
  override readonly name = 'NotHereError'
}

/** Thrown by a service that cannot say whether what was asked has happened. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError'
}

/** Thrown by a service for input that is none of its own kind: a mistake of the code that asks. */
export class MalformedCallError extends Error {
  override readonly name = 'MalformedCallError'
}

/** For operators: what the system or the service calls it. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return ''
  const { code } = cause as NodeJS.ErrnoException
  return ` (${code ?? (cause instanceof RemoteCallError ? cause.remoteName : cause.message)})`
}
