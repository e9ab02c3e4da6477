import { setTimeout as delay } from 'node:timers/promises'
import type { Hex } from '@deparrow/ledger'
import type { Connection, Stream } from '@libp2p/interface'
import {
  logChunkBytesMax,
  openProgress,
  type ProgressMessage,
  progressLimits,
  sendProgress,
} from '../../protocol/index.ts'

/** Bytes of logs that wait to be sent, of all jobs; what comes above it is dropped, for a log must not stop a job. */
const waitingBytesMax = 2 * 2 ** 20

/** Messages a second for long: half of what the market allows, so that its clock and ours may differ. */
const pacePerSecond = progressLimits.ratePerSecond / 2

const burst = progressLimits.burst / 2

/**
 * Tells the market what jobs do, in order, on one stream of the present connection. Pieces of a log that wait are joined up to
 * a message's size. Without a connection logs are dropped: the output is what counts, and a job tells its start again.
 */
export class ProgressSender {
  #connection: Connection | undefined
  #stream: Stream | undefined
  #waiting: ProgressMessage[] = []
  #waitingBytes = 0
  #sending: Promise<void> | undefined
  #tokens = burst
  #refilledAtMs = performance.now()
  readonly #stopped = new AbortController()

  /** Uses another connection from now on. */
  connected(connection: Connection): void {
    this.#connection = connection
    this.#stream = undefined
    connection.addEventListener('close', () => {
      if (this.#connection === connection) this.#connection = undefined
    })
  }

  started(orderDigest: Hex, startedAtMs: number): void {
    this.#waiting.push({ type: 'started', orderDigest, startedAtMs })
    this.#send()
  }

  log(orderDigest: Hex, chunk: Uint8Array): void {
    if (this.#connection === undefined || this.#waitingBytes + chunk.length > waitingBytesMax) return
    for (let offset = 0; offset < chunk.length; offset += logChunkBytesMax) {
      this.#append(orderDigest, chunk.subarray(offset, offset + logChunkBytesMax))
    }
    this.#waitingBytes += chunk.length
    this.#send()
  }

  /** Resolves when nothing waits any more, or after `timeoutMs`. */
  async flushed(timeoutMs: number): Promise<void> {
    if (this.#sending === undefined) return
    const isFlushed = new AbortController()
    const sent = this.#sending.finally(() => isFlushed.abort())
    await Promise.race([sent, delay(timeoutMs, undefined, { signal: isFlushed.signal }).catch(() => {})])
  }

  stop(): void {
    this.#stopped.abort()
    this.#waiting = []
  }

  #append(orderDigest: Hex, chunk: Uint8Array): void {
    const last = this.#waiting.at(-1)
    if (
      last?.type !== 'log' ||
      last.orderDigest !== orderDigest ||
      last.chunk.length + chunk.length > logChunkBytesMax
    ) {
      this.#waiting.push({ type: 'log', orderDigest, chunk })
      return
    }
    this.#waiting[this.#waiting.length - 1] = { ...last, chunk: Buffer.concat([last.chunk, chunk]) }
  }

  #send(): void {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
      if (this.#waiting.length > 0) this.#send()
    })
  }

  async #sendAll(): Promise<void> {
    const { signal } = this.#stopped
    try {
      for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
        if (message.type === 'log') this.#waitingBytes -= message.chunk.length
        const connection = this.#connection
        if (connection === undefined) continue
        if (this.#stream?.status !== 'open') this.#stream = await openProgress(connection, signal)
        await sendProgress(this.#stream, message, signal)
        await this.#keepPace(signal)
      }
    } catch {
      // The connection broke, and with it what it was about to hear; the link logs it and joins again.
      this.#stream = undefined
    }
  }

  async #keepPace(signal: AbortSignal): Promise<void> {
    const nowMs = performance.now()
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#refilledAtMs) / 1000) * pacePerSecond) - 1
    this.#refilledAtMs = nowMs
    if (this.#tokens < 1) await delay(1000 / pacePerSecond, undefined, { signal })
  }
}
