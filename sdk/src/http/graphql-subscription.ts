import { createClient } from 'graphql-ws'
import { AnswerInvalidError, NetworkUnreachableError } from '../errors.ts'
import { endpointOf, gatewayErrorOf } from './graphql-client.ts'

export type SubscriptionRequest = {
  readonly gatewayUrl: string
  readonly document: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly token?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with the `data` of each event, in order. */
  readonly onData: (data: Record<string, unknown>) => void
}

/**
 * Follows one subscription over the GraphQL over WebSocket protocol until the server completes it or `signal` aborts; then it
 * resolves. Rejects when the connection fails or breaks; it does not reconnect, because only the caller knows what it has missed.
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export async function followSubscription(request: SubscriptionRequest): Promise<void> {
  const endpoint = endpointOf(request.gatewayUrl, 'graphql')
  endpoint.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:'
  const client = createClient({
    url: endpoint.href,
    retryAttempts: 0,
    connectionAckWaitTimeout: 10_000,
    ...(request.token === undefined ? {} : { connectionParams: { authorization: `Bearer ${request.token}` } }),
  })
  try {
    await subscribe(client, endpoint.href, request)
  } finally {
    await client.dispose()
  }
}

function subscribe(client: ReturnType<typeof createClient>, url: string, request: SubscriptionRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    if (request.signal?.aborted === true) return resolve()
    const stop = client.subscribe(
      { query: request.document, variables: { ...request.variables } },
      {
        next: result => {
          if (result.errors !== undefined && result.errors.length > 0) {
            reject(gatewayErrorOf(url, result.errors[0]))
            return stop()
          }
          if (result.data === null || result.data === undefined) {
            reject(new AnswerInvalidError(url, 'an event carries no data'))
            return stop()
          }
          try {
            request.onData(result.data)
          } catch (error) {
            reject(error)
            stop()
          }
        },
        error: error => reject(Array.isArray(error) ? gatewayErrorOf(url, error[0]) : unreachable(url, error)),
        complete: () => resolve(),
      },
    )
    request.signal?.addEventListener('abort', () => stop(), { once: true })
  })
}

function unreachable(url: string, cause: unknown): NetworkUnreachableError {
  return new NetworkUnreachableError(url, { cause })
}
