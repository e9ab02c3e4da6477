import { AnswerInvalidError, DeparrowError, GatewayError } from '../errors.ts'
import { boundedFetch } from './bounded-fetch.ts'

/** Bounds of every exchange with the gateway. */
export type GatewayLimits = {
  /** Milliseconds for one request. */
  readonly requestTimeoutMs: number
  /** Largest GraphQL answer that is read, in bytes. */
  readonly answerBytesMax: number
}

/** 15 s cover a slow link; 4 MiB cover a page of jobs with their logs. */
export const gatewayLimitsDefault: GatewayLimits = { requestTimeoutMs: 15_000, answerBytesMax: 4 * 2 ** 20 }

export type GraphqlOperation = {
  readonly document: string
  readonly variables?: Readonly<Record<string, unknown>>
  /** Sent as bearer token when given. */
  readonly token?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Asks a gateway over HTTP. Answers are bounded in size and time; it keeps no state. */
export class GraphqlClient {
  readonly url: string

  constructor(
    gatewayUrl: string,
    private readonly limits: GatewayLimits,
  ) {
    this.url = endpointOf(gatewayUrl, 'graphql').href
  }

  /**
   * The operation's `data`, never null. Throws {@link GatewayError} with the server's code when the answer names errors, and the
   * errors of {@link boundedFetch}.
   */
  async request(operation: GraphqlOperation): Promise<Record<string, unknown>> {
    const response = await boundedFetch({
      url: this.url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(operation.token === undefined ? {} : { authorization: `Bearer ${operation.token}` }),
      },
      body: JSON.stringify({ query: operation.document, variables: operation.variables ?? {} }),
      timeoutMs: this.limits.requestTimeoutMs,
      responseBytesMax: this.limits.answerBytesMax,
      signal: operation.signal,
    })
    return dataOf(this.url, response.status, new TextDecoder().decode(response.body))
  }
}

/** An address below the gateway's; throws `GATEWAY_URL_INVALID` when the base is no http(s) address. */
export function endpointOf(gatewayUrl: string, path: string): URL {
  const base = URL.canParse(gatewayUrl) ? new URL(gatewayUrl) : undefined
  if (base === undefined || !/^https?:$/.test(base.protocol) || base.username !== '' || base.password !== '') {
    throw new DeparrowError(
      'GATEWAY_URL_INVALID',
      'The address of the network must look like http://host:port, without user name and password.',
    )
  }
  return new URL(path, base.href.endsWith('/') ? base.href : `${base.href}/`)
}

/** The data of a GraphQL answer; throws for errors and for anything that is no such answer. */
export function dataOf(url: string, status: number, text: string): Record<string, unknown> {
  const answer = parseJson(text)
  if (typeof answer !== 'object' || answer === null) {
    throw new AnswerInvalidError(url, `it is no GraphQL answer (HTTP status ${status})`)
  }
  const { data, errors } = answer as { data?: unknown; errors?: unknown }
  if (Array.isArray(errors) && errors.length > 0) throw gatewayErrorOf(url, errors[0])
  if (typeof data !== 'object' || data === null) {
    throw new AnswerInvalidError(url, `it carries no data (HTTP status ${status})`)
  }
  return data as Record<string, unknown>
}

/** Turns the first entry of a GraphQL `errors` list into an error. */
export function gatewayErrorOf(url: string, entry: unknown): GatewayError {
  const { message, extensions } = (entry ?? {}) as { message?: unknown; extensions?: { code?: unknown } }
  const code = typeof extensions?.code === 'string' ? extensions.code : 'UNKNOWN'
  return new GatewayError(url, code.slice(0, 64), typeof message === 'string' ? message.slice(0, 400) : 'no message')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
