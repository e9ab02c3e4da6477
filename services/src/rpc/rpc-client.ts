import { Agent, type IncomingMessage } from 'node:http'
import type { Secret } from '../config/secret.ts'
import { type Wait, waitOnTimer } from '../poll-loop.ts'
import { endable } from './endable.ts'
import { exchange, NotReachedError } from './http-exchange.ts'
import {
  AnswerLostError,
  NotHereError,
  OutcomeUnknownError,
  RemoteCallError,
  ServiceUnavailableError,
} from './rpc-errors.ts'
import { fromLines, heartbeatMs, type Line } from './value-lines.ts'
import { decodeWire, encodeWire } from './wire.ts'

export type RpcClientOptions = {
  /** As it stands in addresses and errors, such as `ledger`. */
  readonly service: string
  /** Where processes of that service listen; one of them does what is asked. */
  readonly urls: readonly string[]
  readonly secret: Secret
  /** For how long one that does it is looked for, such as a standby that takes over. Default 10 s. */
  readonly patienceMs?: number
  /** For one answer. Default 15 s. */
  readonly answerTimeoutMs?: number
  readonly wait?: Wait
}

export type CallOptions = {
  /** Whether the same may be asked again when an answer was lost. */
  readonly isRepeatable: boolean
}

/** A process that is being killed may still take a connection, and break it, for some milliseconds after it broke the others. */
const repeatsMax = 3

/** Between rounds over all addresses, and before what was lost is asked again. */
const roundPauseMs = 50

/** Calls under way at once at one address; more wait. Streams have connections of their own. */
const connectionsMax = 128

const answerBytesMax = 64 * 2 ** 20

/**
 * Asks a service that runs in another process, over one or more addresses: it stays with the one that answered last, and goes on to the next
 * when that one is not reached or leaves it to others. Closing it ends its connections.
 */
export class RpcClient {
  /** Connections that are used again. When a process dies, all that were kept to it are broken, some of them not noticed yet. */
  private readonly kept = new Agent({ keepAlive: true, maxSockets: connectionsMax, scheduling: 'lifo' })
  /** For streams, and for what must not meet a broken connection a second time. */
  private readonly fresh = new Agent({ keepAlive: false })
  private readonly closing = new AbortController()
  private readonly urls: readonly URL[]
  private present = 0

  /** Throws `TypeError` for an address that is none, and `RangeError` for none at all. */
  constructor(private readonly options: RpcClientOptions) {
    this.urls = options.urls.map(url => new URL(url))
    if (this.urls.length === 0) throw new RangeError(`there is no address of the ${options.service} service`)
  }

  /**
   * Throws {@link ServiceUnavailableError} when nobody did it in time, {@link AnswerLostError} when it may have been done, and
   * {@link RemoteCallError} for an error of the service itself. What is repeatable is asked again, up to three times, when an answer was
   * lost.
   */
  async call(
    method: string,
    input: Readonly<Record<string, unknown>> | Uint8Array,
    { isRepeatable }: CallOptions,
  ): Promise<unknown> {
    const { wait = waitOnTimer } = this.options
    for (let repeatCount = 0; ; repeatCount++) {
      const asked = this.present
      try {
        return await this.callOnce(method, input, repeatCount === 0 ? this.kept : this.fresh)
      } catch (error) {
        if (!isRepeatable || repeatCount === repeatsMax || !(error instanceof AnswerLostError)) throw error
        this.leave(asked)
        await wait(roundPauseMs, this.closing.signal)
      }
    }
  }

  /**
   * Values as the service sends them; `undefined` when it has nothing to follow. Its `return` ends the stream at once, at both ends.
   * Throws as {@link RpcClient.call} does, also while values are read.
   */
  async stream(
    method: string,
    input: Readonly<Record<string, unknown>>,
  ): Promise<AsyncIterableIterator<unknown> | undefined> {
    const ending = new AbortController()
    const signal = AbortSignal.any([ending.signal, this.closing.signal])
    const response = await this.findAnswering(url => this.send(url, method, input, this.fresh, signal))
    if (!response.headers['content-type']?.startsWith('application/x-ndjson')) {
      await this.readValue(response)
      return undefined
    }
    return endable(this.valuesOf(response), () => ending.abort())
  }

  close(): void {
    this.closing.abort(new ServiceUnavailableError({ service: this.options.service }))
    this.kept.destroy()
    this.fresh.destroy()
  }

  private callOnce(
    method: string,
    input: Readonly<Record<string, unknown>> | Uint8Array,
    agent: Agent,
  ): Promise<unknown> {
    const { answerTimeoutMs = 15_000 } = this.options
    return this.findAnswering(async url => {
      const signal = AbortSignal.any([AbortSignal.timeout(answerTimeoutMs), this.closing.signal])
      return this.readValue(await this.send(url, method, input, agent, signal))
    })
  }

  /** Asks one address after another, round after round, until one does it or the patience is over. */
  private async findAnswering<T>(ask: (url: URL) => Promise<T>): Promise<T> {
    const { service, patienceMs = 10_000, wait = waitOnTimer } = this.options
    const giveUpAtMs = performance.now() + patienceMs
    for (let attempt = 1; ; attempt++) {
      const index = this.present
      try {
        return await ask(this.urls[index] as URL)
      } catch (error) {
        if (!isElsewhere(error)) throw this.translate(error)
        this.leave(index)
        if (performance.now() >= giveUpAtMs || this.closing.signal.aborted) {
          throw new ServiceUnavailableError({ service, cause: error })
        }
        if (attempt % this.urls.length === 0) await wait(roundPauseMs, this.closing.signal)
      }
    }
  }

  /** Goes on to the next address, unless another call has done so already. */
  private leave(index: number): void {
    if (this.present === index) this.present = (index + 1) % this.urls.length
  }

  private async send(
    base: URL,
    method: string,
    input: Readonly<Record<string, unknown>> | Uint8Array,
    agent: Agent,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { service, secret } = this.options
    const isBytes = input instanceof Uint8Array
    const body = isBytes ? input : encodeWire(input)
    const response = await exchange({
      url: new URL(`rpc/${service}/${method}`, base),
      headers: {
        authorization: `Bearer ${secret.reveal()}`,
        'content-type': isBytes ? 'application/octet-stream' : 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      },
      body,
      agent,
      signal,
    })
    if (response.statusCode !== 200) throw await this.failureOf(response)
    return response
  }

  private async readValue(response: IncomingMessage): Promise<unknown> {
    const bytes = await readAll(response)
    if (response.headers['content-type']?.startsWith('application/octet-stream')) return new Uint8Array(bytes)
    return (decodeWire(bytes.toString()) as { readonly value?: unknown }).value
  }

  private async *valuesOf(response: IncomingMessage): AsyncGenerator<unknown, void> {
    const { service } = this.options
    response.socket.setTimeout(4 * heartbeatMs, () => response.destroy(new Error('the stream is silent')))
    try {
      for await (const line of fromLines(response)) {
        if ('end' in line) return
        if ('error' in line) throw new RemoteCallError({ service, ...line.error })
        yield line.value
      }
    } catch (error) {
      throw this.translate(error)
    } finally {
      response.destroy()
    }
    throw new AnswerLostError({ service })
  }

  private async failureOf(response: IncomingMessage): Promise<RemoteCallError> {
    const { service } = this.options
    const { error } = decodeWire((await readAll(response)).toString()) as Extract<Line, { error: unknown }>
    return new RemoteCallError({ service, remoteName: String(error.remoteName), message: String(error.message) })
  }

  /** What callers get: an error that says whether it may have happened. */
  private translate(error: unknown): unknown {
    const isAnswer = error instanceof RemoteCallError && error.remoteName !== OutcomeUnknownError.name
    if (isAnswer || error instanceof AnswerLostError || error instanceof ServiceUnavailableError) return error
    return new AnswerLostError({ service: this.options.service, cause: error })
  }
}

function isElsewhere(error: unknown): boolean {
  if (error instanceof NotReachedError) return true
  return error instanceof RemoteCallError && error.remoteName === NotHereError.name
}

/** Throws `RangeError` for an answer beyond any that this code gives. */
async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > answerBytesMax) throw new RangeError(`an answer is longer than ${answerBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
