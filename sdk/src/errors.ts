/**
 * What went wrong outside the business of the call: a network that does not answer, an answer that makes no sense, a key that
 * may not be used. Outcomes that a caller expects (a refusal by market or ledger) are returned values, not errors.
 * Match on `code`, never on the message.
 */
export class DeparrowError extends Error {
  override readonly name: string = 'DeparrowError'
  constructor(
    readonly code: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options)
  }
}

/** Thrown when nobody answers at an address. `url` carries no credentials. Trying again later is safe. */
export class NetworkUnreachableError extends DeparrowError {
  override readonly name = 'NetworkUnreachableError'
  constructor(
    readonly url: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      'NETWORK_UNREACHABLE',
      `Nobody answers at ${url}. Check that the network runs there, or name another address.`,
      options,
    )
  }
}

/** Thrown when an answer did not come in time; what was asked may or may not have been done. */
export class RequestTimeoutError extends DeparrowError {
  override readonly name = 'RequestTimeoutError'
  constructor(
    readonly url: string,
    readonly timeoutMs: number,
  ) {
    super('REQUEST_TIMEOUT', `${url} did not answer within ${timeoutMs} ms. Try again, or allow more time.`)
  }
}

/** Thrown when an answer is not what the schema promises: too large, no JSON, a field missing or of the wrong kind. */
export class AnswerInvalidError extends DeparrowError {
  override readonly name = 'AnswerInvalidError'
  constructor(
    readonly url: string,
    problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super('ANSWER_INVALID', `The answer of ${url} cannot be used: ${problem}.`, options)
  }
}

/** Thrown when the gateway answers with an error instead of data; `serverCode` is its own code. */
export class GatewayError extends DeparrowError {
  override readonly name = 'GatewayError'
  constructor(
    readonly url: string,
    readonly serverCode: string,
    problem: string,
  ) {
    super('GATEWAY_ERROR', `${url} answered with the error ${serverCode}: ${problem}`)
  }
}

/** Thrown when the network, its chain or its contracts are not those that the wallet was told to expect. */
export class NetworkMismatchError extends DeparrowError {
  override readonly name = 'NetworkMismatchError'
  constructor(what: string, expected: string, found: string) {
    super('NETWORK_MISMATCH', `Expected ${what} ${expected} and found ${found}; nothing was signed.`)
  }
}

/** Thrown when a transaction was refused by the chain or reverted. `reason` is the contract's error name when it has one. */
export class ChainRejectedError extends DeparrowError {
  override readonly name = 'ChainRejectedError'
  constructor(
    readonly what: string,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super('CHAIN_REJECTED', `The chain does not take the ${what}: ${reason}.`, options)
  }
}
