import { Agent, type IncomingMessage, request } from 'node:http'

export type Exchange = {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly agent: Agent
  readonly signal: AbortSignal
}

/** A host of the same network that has not taken the connection by then is away. */
const connectTimeoutMs = 1_000

/**
 * Sends one request and answers with the response's head; its body is still to be read. Rejects with {@link NotReachedError} when the
 * request cannot have arrived, with the connection's error when it may have, and with the signal's reason when that aborts.
 */
export function exchange({ url, headers, body, agent, signal }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let isConnected = false
    const sent = request(url, { method: 'POST', headers, agent, signal })
    const giveUp = () => sent.destroy(new Error(`no connection within ${connectTimeoutMs} ms`))
    const timer = setTimeout(giveUp, connectTimeoutMs)
    const connected = () => {
      isConnected = true
      clearTimeout(timer)
    }
    sent.once('socket', socket => {
      if (socket.connecting) socket.once('connect', connected)
      else connected()
    })
    sent.once('response', resolve)
    sent.once('error', error => {
      clearTimeout(timer)
      if (signal.aborted) reject(signal.reason)
      else reject(isConnected ? error : new NotReachedError(url, { cause: error }))
    })
    sent.end(body)
  })
}

/** Thrown when a request cannot have arrived. */
export class NotReachedError extends Error {
  override readonly name = 'NotReachedError'
  constructor(url: URL, options: { readonly cause: unknown }) {
    super(`${url.host} takes no connection`, options)
  }
}
