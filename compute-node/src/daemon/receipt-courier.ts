import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@deparrow/ledger'
import {
  type ReceiptAnswer,
  type ReceiptHandover,
  type RequestProtocol,
  receiptProtocol,
} from '../../protocol/index.ts'
import type { ContentFolder } from '../content/content-folder.ts'
import { Backoff } from '../network/backoff.ts'
import type { JobPapers } from './job-papers.ts'
import { errorText, type NodeLog } from './node-log.ts'
import type { HeldReceipt, NodeStore } from './node-store.ts'
import { archiveRefused } from './receipt-archive.ts'

/** The market as the courier needs it: `ask` waits until the node is joined. */
export type ReceiptDesk = {
  ask(
    protocol: RequestProtocol<ReceiptHandover, ReceiptAnswer>,
    message: ReceiptHandover,
    signal: AbortSignal,
  ): Promise<ReceiptAnswer>
}

export type ReceiptCourierParts = {
  readonly dataFolder: string
  readonly store: NodeStore
  readonly papers: JobPapers
  readonly folder: ContentFolder
  readonly desk: ReceiptDesk
  readonly clock: Clock
  readonly log: NodeLog
}

type PendingReceipt = { readonly held: HeldReceipt; readonly backoff: Backoff; dueAtMs: number }

/** A receipt that is refused for now is handed in again after half a second at first, once a minute at last. */
const retryFirstMs = 500
const retryLongestMs = 60_000

/**
 * Hands receipts in, one after another in the order of their sequences, as the ledger wants them, and again until each is
 * acknowledged or finally refused. One that is refused for now lets the others pass. Whatever the answer, none is signed anew: with two receipts
 * of one order a market could answer the node's demand for the pay of the one by showing the other.
 */
export class ReceiptCourier {
  #pending: PendingReceipt[] = []
  #loop: Promise<void> = Promise.resolve()
  #wake = new AbortController()
  readonly #stopped = new AbortController()

  constructor(private readonly parts: ReceiptCourierParts) {}

  /** Begins with the receipts that an earlier process left. */
  start(): void {
    for (const held of this.parts.store.heldReceipts()) this.add(held)
    this.#loop = this.#carry()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#wake.abort()
    await this.#loop
  }

  get pendingCount(): number {
    return this.#pending.length
  }

  /** Takes a receipt that the store keeps; twice is no harm. */
  add(held: HeldReceipt): void {
    if (this.#pending.some(({ held: { sequence } }) => sequence === held.sequence)) return
    this.parts.papers.addReceipt(held, held.handover)
    this.#pending.push({ held, backoff: new Backoff(retryFirstMs, retryLongestMs), dueAtMs: 0 })
    this.#wake.abort()
  }

  /** Hands in at once what waits for its next try: the market may be another one now. */
  hurry(): void {
    for (const pending of this.#pending) pending.dueAtMs = 0
    this.#wake.abort()
  }

  async #carry(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const nowMs = performance.now()
      const due = this.#pending.filter(({ dueAtMs }) => dueAtMs <= nowMs).sort(bySequence)[0]
      if (due === undefined) await this.#rest(nowMs)
      else await this.#handIn(due)
    }
  }

  async #rest(nowMs: number): Promise<void> {
    if (this.#wake.signal.aborted) this.#wake = new AbortController()
    const nextMs = Math.min(...this.#pending.map(({ dueAtMs }) => dueAtMs), nowMs + retryLongestMs)
    await delay(Math.max(1, nextMs - nowMs), undefined, { signal: this.#wake.signal }).catch(() => {})
  }

  async #handIn(pending: PendingReceipt): Promise<void> {
    const { desk, log } = this.parts
    const { held } = pending
    try {
      const answer = await desk.ask(receiptProtocol, held.handover, this.#stopped.signal)
      if (answer.acknowledged) await this.#acknowledged(pending)
      else if (answer.final) await this.#finallyRefused(pending, answer.code)
      else this.#refusedForNow(pending, answer.code)
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      pending.dueAtMs = performance.now() + pending.backoff.nextMs()
      const message = `the receipt for job ${held.orderDigest} was not handed in: ${errorText(error)}`
      log({ level: 'warn', code: 'RECEIPT_NOT_HANDED_IN', message })
    }
  }

  async #acknowledged(pending: PendingReceipt): Promise<void> {
    const data = { job: pending.held.orderDigest, sequence: pending.held.sequence.toString() }
    const message = `the receipt for job ${pending.held.orderDigest} is acknowledged`
    this.parts.log({ level: 'info', code: 'RECEIPT_ACKNOWLEDGED', message, data })
    await this.#ended(pending)
  }

  async #finallyRefused(pending: PendingReceipt, code: string): Promise<void> {
    const { dataFolder, clock, log } = this.parts
    archiveRefused(dataFolder, pending.held, code, clock.nowMs())
    const message = `the receipt for job ${pending.held.orderDigest} is refused for good: ${code}`
    log({ level: 'error', code: 'RECEIPT_REFUSED', message, data: { job: pending.held.orderDigest, code } })
    await this.#ended(pending)
  }

  #refusedForNow(pending: PendingReceipt, code: string): void {
    pending.dueAtMs = performance.now() + pending.backoff.nextMs()
    const message = `the receipt for job ${pending.held.orderDigest} is not taken yet: ${code}`
    this.parts.log({ level: 'warn', code: 'RECEIPT_REFUSED_FOR_NOW', message })
  }

  async #ended(pending: PendingReceipt): Promise<void> {
    const { store, folder, clock } = this.parts
    const { outputCid } = pending.held.handover
    store.ended(pending.held, clock.nowMs())
    this.#pending = this.#pending.filter(other => other !== pending)
    if (outputCid !== null && !store.isOutputHeld(outputCid)) await folder.releaseOutput(outputCid)
  }
}

function bySequence(one: PendingReceipt, other: PendingReceipt): number {
  return one.held.sequence < other.held.sequence ? -1 : 1
}
