import type { Worker } from 'node:worker_threads'

type Answer = (batch: ArrayBuffer | undefined) => void

/**
 * One worker thread that takes batches and hands them back answered, in order. It keeps the process alive only while it has
 * something to answer. When the thread ends, whatever the reason, everything open is answered with `undefined`.
 */
export class SignatureThread {
  readonly #worker: Worker | undefined
  readonly #open: Answer[] = []
  #isLost = false

  constructor(createWorker: () => Worker) {
    this.#worker = started(createWorker)
    if (this.#worker === undefined) this.#lose()
    this.#worker?.on('message', (batch: ArrayBuffer) => this.#answer(batch))
    this.#worker?.on('error', () => this.#lose())
    this.#worker?.on('messageerror', () => this.#lose())
    this.#worker?.on('exit', () => this.#lose())
    this.#worker?.unref()
  }

  /** Whether the thread has ended, so that another has to be started. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** The batch with its answers, whose memory is handed over; `undefined` when the thread ended before. Never rejects. */
  run(batch: ArrayBuffer): Promise<ArrayBuffer | undefined> {
    if (this.#isLost) return Promise.resolve(undefined)
    return new Promise(resolve => {
      if (this.#open.push(resolve) === 1) this.#worker?.ref()
      this.#worker?.postMessage(batch, [batch])
    })
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #answer(batch: ArrayBuffer): void {
    this.#open.shift()?.(batch)
    if (this.#open.length === 0) this.#worker?.unref()
  }

  #lose(): void {
    this.#isLost = true
    for (const answer of this.#open.splice(0)) answer(undefined)
  }
}

function started(createWorker: () => Worker): Worker | undefined {
  try {
    return createWorker()
  } catch {
    return undefined
  }
}
