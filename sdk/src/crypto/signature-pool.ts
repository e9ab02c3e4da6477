import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Address, Hex } from '@deparrow/ledger'
import { answerPairs } from './answer-pairs.ts'
import { decodeAnswers, encodePairs, type SignaturePair } from './signature-batch.ts'
import { SignatureThread } from './signature-thread.ts'

export type SignatureChecksOptions = {
  /** Worker threads; 1 by default, which leaves the other core of a small machine to the writer. Started when first needed. */
  readonly threadCount?: number
  /** Pairs that may be unanswered at a time; 100 000 by default, about 6 s of work of one thread. */
  readonly pairsMax?: number
  /** Starts one thread; for tests. */
  readonly createWorker?: () => Worker
}

/** At most so many pairs go to a thread at once (about 8 ms of work), so that several threads share a large batch. */
const pairsPerTask = 128

/** One that the thread works on and one that it finds when that is done. */
const tasksPerThread = 2

/** Pairs recovered on the main thread between two turns of its event loop (about 1 ms natively). */
const pairsPerTurn = 16

/** After so many threads in a row that ended without an answer no other is started. */
const crashesMax = 3

type Answers = readonly (Address | undefined)[]

type Task = { readonly pairs: readonly SignaturePair[]; readonly answer: (answers: Answers) => void }

type Slot = { thread: SignatureThread | undefined; busyCount: number; crashCount: number }

/**
 * Recovers signers on worker threads, ahead of the one that decides. Calls are answered in the order in which they were made. A thread that ends
 * is replaced, and what it had not answered is recovered on the calling thread, a few at a time; when threads keep ending all
 * of it is. The pool keeps a process alive only while a call is open.
 */
export class SignatureChecks {
  readonly #slots: readonly Slot[]
  readonly #pairsMax: number
  readonly #createWorker: () => Worker
  readonly #waiting: Task[] = []
  #pairCount = 0
  #lastCall: Promise<void> = Promise.resolve()
  #isClosed = false

  /** Throws `RangeError` unless there is to be a thread and room for a pair. */
  constructor({ threadCount = 1, pairsMax = 100_000, createWorker = signatureWorker }: SignatureChecksOptions = {}) {
    if (!(threadCount >= 1 && pairsMax >= 1)) throw new RangeError('expected at least one thread and room for one pair')
    this.#slots = Array.from({ length: threadCount }, () => ({ thread: undefined, busyCount: 0, crashCount: 0 }))
    this.#pairsMax = pairsMax
    this.#createWorker = createWorker
  }

  /**
   * The signer of each pair of the same index, as `LedgerCrypto.recoverSigner` gives it. Rejects with {@link SignatureChecksFullError}
   * when more pairs than allowed would be unanswered, with {@link SignatureChecksClosedError} after `close`, and with a `RangeError`
   * when the lists differ in length.
   */
  async recoverMany(digests: readonly Uint8Array[], signatures: readonly Hex[]): Promise<Answers> {
    const pairs = pairsOf(digests, signatures)
    if (this.#isClosed) throw new SignatureChecksClosedError()
    if (this.#pairCount + pairs.length > this.#pairsMax) throw new SignatureChecksFullError(this.#pairsMax)
    this.#pairCount += pairs.length
    const earlier = this.#lastCall
    const own = this.#recover(pairs)
    this.#lastCall = earlier.then(() => own).then(() => undefined)
    await this.#lastCall
    this.#pairCount -= pairs.length
    return own
  }

  /** Waits until every open call is answered, then ends the threads. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#lastCall
    await Promise.all(this.#slots.map(({ thread }) => thread?.close()))
  }

  async #recover(pairs: readonly SignaturePair[]): Promise<Answers> {
    const tasks: Promise<Answers>[] = []
    for (let from = 0; from < pairs.length; from += pairsPerTask) {
      const part = pairs.slice(from, from + pairsPerTask)
      tasks.push(new Promise(answer => this.#waiting.push({ pairs: part, answer })))
    }
    this.#dispatch()
    return (await Promise.all(tasks)).flat()
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const slot = this.#slots.reduce((least, other) => (other.busyCount < least.busyCount ? other : least))
      if (slot.busyCount >= tasksPerThread) return
      const task = this.#waiting.shift()
      if (task !== undefined) void this.#answer(slot, task)
    }
  }

  async #answer(slot: Slot, { pairs, answer }: Task): Promise<void> {
    slot.busyCount += 1
    const batch = await this.#threadOf(slot)?.run(encodePairs(pairs))
    if (batch !== undefined) slot.crashCount = 0
    answer(batch === undefined ? await recoverHere(pairs) : decodeAnswers(batch))
    slot.busyCount -= 1
    this.#dispatch()
  }

  /** `undefined` when starting threads is given up. */
  #threadOf(slot: Slot): SignatureThread | undefined {
    if (slot.thread?.isLost) {
      slot.thread = undefined
      slot.crashCount += 1
    }
    if (slot.crashCount < crashesMax) slot.thread ??= new SignatureThread(this.#createWorker)
    return slot.thread
  }
}

function signatureWorker(): Worker {
  return new Worker(new URL('./signature-worker.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  })
}

function pairsOf(digests: readonly Uint8Array[], signatures: readonly Hex[]): readonly SignaturePair[] {
  if (digests.length !== signatures.length) {
    throw new RangeError(`${digests.length} digests do not pair with ${signatures.length} signatures`)
  }
  return digests.map((digest, index) => ({ digest, signature: signatures[index] as Hex }))
}

async function recoverHere(pairs: readonly SignaturePair[]): Promise<Answers> {
  const answers: (Address | undefined)[] = []
  for (let from = 0; from < pairs.length; from += pairsPerTurn) {
    const batch = encodePairs(pairs.slice(from, from + pairsPerTurn))
    answerPairs(batch)
    answers.push(...decodeAnswers(batch))
    await setImmediate()
  }
  return answers
}

/** Thrown when more signatures wait than the pool was given room for: the caller is to slow down and may try again. */
export class SignatureChecksFullError extends Error {
  override readonly name = 'SignatureChecksFullError'
  constructor(pairsMax: number) {
    super(`more than ${pairsMax} signatures would wait to be checked`)
  }
}

/** Thrown when a signature is to be checked by a pool that was closed. */
export class SignatureChecksClosedError extends Error {
  override readonly name = 'SignatureChecksClosedError'
  constructor() {
    super('the signature checks are closed')
  }
}
