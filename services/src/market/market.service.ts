import {
  type Address,
  graceSecondsDefault,
  type Hex,
  hexToBytes,
  isHexOf,
  lowerHex,
  parseJobSpec,
} from '@deparrow/ledger'
import { type AdmissionContext, readCancellation, readSubmission, type SubmittedOrder } from './admission.ts'
import { isSuited } from './choose-node.ts'
import { ContentCheck } from './content-check.ts'
import { Dispatcher } from './dispatcher.ts'
import { hasEnded, isAssigned, type Job, newJob } from './job.ts'
import { JobLogs } from './job-logs.ts'
import { JobRegister } from './job-register.ts'
import type { JobPage, JobStore } from './job-store.port.ts'
import { JobWriter } from './job-writer.ts'
import { LedgerFollower } from './ledger-follower.ts'
import { keepNewest, Mailbox } from './mailbox.ts'
import type { JobAnswer, Market, MarketRefusal, NodeLoad, QuoteAnswer } from './market.port.ts'
import type { MarketParts } from './market-parts.ts'
import { MeshDesk } from './mesh-desk.ts'
import { maxPriceMicrocredits, minPriceMicrocredits } from './quote.ts'
import { Receipts } from './receipts.ts'

/** Unfinished jobs that the market keeps in memory; a job takes a few kilobytes. */
const jobsUnfinishedMax = 10_000

/** So that one payer cannot fill the market with jobs of one µcr each. */
const jobsOfPayerMax = 1_000

/** States of a job that wait for one slow reader; a job has fewer. */
const statesWaitingMax = 16

/** The market: admits orders, has the ledger set their price aside, brings them to nodes, and follows them to their end. */
export class MarketService implements Market {
  readonly #writer: JobWriter
  readonly #register: JobRegister
  readonly #logs: JobLogs
  readonly #dispatcher: Dispatcher
  readonly #follower: LedgerFollower
  readonly #contentCheck: ContentCheck
  readonly #desk: MeshDesk
  readonly #submitting = new Map<Hex, Promise<JobAnswer>>()
  #isDispatchQueued = false

  constructor(private readonly parts: MarketParts) {
    const { store, ledger, report } = parts
    this.#writer = new JobWriter(store)
    this.#register = new JobRegister(store, this.#writer, error => report('the market could not write a job', error))
    this.#logs = new JobLogs(store, this.#writer)
    this.#dispatcher = new Dispatcher(parts, this.#register)
    this.#follower = new LedgerFollower(ledger, this.#register, this.#writer, report)
    this.#contentCheck = new ContentCheck(parts.content)
    const receipts = new Receipts(parts, this.#register, this.#writer)
    this.#desk = new MeshDesk(parts, this.#register, this.#logs, receipts, (node, running) => {
      this.#dispatcher.nodeJoined(node, running)
      this.#dispatchSoon()
    })
    this.#register.subscribe((job, before) => this.#jobChanged(job, before))
  }

  /** Takes up every unfinished job where the last process left it, then lets nodes in. */
  async start(): Promise<void> {
    await this.#register.load()
    await Promise.all(this.#register.active().map(job => this.#logs.load(job.id)))
    await this.#follower.start(await this.parts.store.cursor())
    await this.#reopenHolds()
    const isLost = (job: Job) => job.isHeld && this.parts.ledger.hold(job.id) === undefined
    if (this.#register.active().some(job => !hasEnded(job) && isLost(job))) await this.#follower.replay()
    await this.parts.mesh.start(this.#desk)
  }

  async stop(): Promise<void> {
    await this.parts.mesh.stop()
    this.#follower.stop()
    this.#logs.save()
    await this.#writer.flush()
  }

  /** To be called about once a second: ends what is late, tries again what has to wait, saves logs. */
  async tick(): Promise<void> {
    await this.#reopenHolds()
    await this.#follower.resume()
    await this.#dispatcher.dispatchAll()
    this.#logs.save()
    await this.#register.writePending()
  }

  async submit(order: unknown, signature: string, spec: unknown): Promise<JobAnswer> {
    const read = readSubmission({ order, signature, spec }, this.#admission())
    if (!read.ok) return read
    const running = this.#submitting.get(read.value.id) ?? this.#submitOnce(read.value)
    this.#submitting.set(read.value.id, running)
    return running.finally(() => this.#submitting.delete(read.value.id))
  }

  async cancel(cancellation: unknown, signature: string): Promise<JobAnswer> {
    const read = readCancellation(cancellation, signature, this.#admission())
    if (!read.ok) return read
    const { cancellation: signed, signer } = read.value
    const { orderDigest, payer } = signed.message
    const job = await this.#register.job(orderDigest)
    if (job === undefined) return refused({ code: 'UNKNOWN_JOB', orderDigest })
    if (job.order.message.payer !== payer || (signer !== payer && signer !== this.#signerOf(job))) {
      return refused({ code: 'INVALID_SIGNATURE', expectedSigner: job.order.message.payer })
    }
    if (hasEnded(job)) return refused({ code: 'JOB_ENDED', orderDigest })
    this.#register.apply(orderDigest, { type: 'cancelRequested', cancellation: signed })
    await this.#writer.flush()
    await this.#dispatcher.dispatch(orderDigest)
    return { ok: true, job: (await this.#register.job(orderDigest)) ?? job }
  }

  quote(spec: unknown, priority: number, bidMicrocredits: bigint): QuoteAnswer {
    const parsed = parseJobSpec(spec)
    if (!parsed.ok) return refused({ code: 'MALFORMED', field: dotted('spec', parsed.field), problem: parsed.problem })
    if (priority !== 1 && priority !== 2) {
      return refused({ code: 'MALFORMED', field: 'priority', problem: 'expected 1 (normal) or 2 (high)' })
    }
    return {
      ok: true,
      maxPriceMicrocredits: maxPriceMicrocredits(parsed.spec, priority, bidMicrocredits, this.parts.rates()),
      minPriceMicrocredits: minPriceMicrocredits(bidMicrocredits, priority),
      nodesAvailable: this.nodes().filter(node => isSuited(node, parsed.spec, graceSecondsDefault)).length,
    }
  }

  job(id: Hex): Promise<Job | undefined> {
    return isHexOf(id, 32) ? this.#register.job(lowerHex(id)) : Promise.resolve(undefined)
  }

  jobs(payer: Address, first: number, before: string | undefined): Promise<JobPage> {
    return this.parts.store.page(payer, first, before)
  }

  async log(id: Hex, bytesMax: number): Promise<string> {
    const tail = Buffer.from(await this.#logs.text(id)).subarray(-bytesMax)
    const firstWhole = tail.findIndex(byte => (byte & 0xc0) !== 0x80)
    return tail.subarray(Math.max(0, firstWhole)).toString()
  }

  async follow(id: Hex): Promise<Mailbox<Job> | undefined> {
    const job = await this.job(id)
    if (job === undefined) return undefined
    const mailbox = new Mailbox<Job>(keepNewest(statesWaitingMax), () => end())
    const end = this.#register.subscribe(changed => {
      if (changed.id !== job.id) return
      mailbox.push(changed)
      if (hasEnded(changed)) mailbox.end()
    })
    mailbox.push(this.#register.activeJob(job.id) ?? job)
    if (hasEnded(job)) mailbox.end()
    return mailbox
  }

  async followLog(id: Hex): Promise<Mailbox<string> | undefined> {
    const job = await this.job(id)
    return job === undefined ? undefined : this.#logs.follow(job.id, hasEnded(job))
  }

  nodes(): readonly NodeLoad[] {
    return this.#dispatcher.nodes()
  }

  countByStatus(): ReturnType<JobStore['countByStatus']> {
    return this.parts.store.countByStatus()
  }

  heldCount(): number {
    return this.#register.active().filter(job => job.isHeld && !hasEnded(job)).length
  }

  subscribe(listener: (job: Job, before: Job | undefined) => void): () => void {
    return this.#register.subscribe(listener)
  }

  async #submitOnce(submitted: SubmittedOrder): Promise<JobAnswer> {
    const known = await this.#register.job(submitted.id)
    if (known !== undefined) return { ok: true, job: known }
    const refusal = await this.#contentCheck.refusalOf(submitted.spec)
    if (refusal !== undefined) return refused(refusal)
    const full = this.#fullFor(submitted.order.message.payer)
    if (full !== undefined) return refused(full)
    const job = newJob(submitted.id, submitted.order, submitted.spec, this.parts.clock.nowMs())
    await this.#register.add(job)
    return this.#openHold(job)
  }

  #fullFor(payer: Address): MarketRefusal | undefined {
    if (this.#register.activeCount >= jobsUnfinishedMax) return { code: 'MARKET_FULL', jobsMax: jobsUnfinishedMax }
    if (this.#register.activeCount < jobsOfPayerMax || this.#register.countOf(payer) < jobsOfPayerMax) return undefined
    return { code: 'TOO_MANY_JOBS', jobsMax: jobsOfPayerMax }
  }

  /** The job is durable before its hold is opened, so that a process that ends in between finds it again. */
  async #openHold(job: Job): Promise<JobAnswer> {
    const answer = await this.parts.ledger.submit({ type: 'OpenHold', order: job.order })
    if (answer.status === 'refused') {
      await this.#register.remove(job.id)
      return refused(answer.refusal)
    }
    const held = this.#register.apply(job.id, { type: 'held' }) ?? job
    void this.#dispatcher.dispatch(job.id)
    return { ok: true, job: held }
  }

  async #reopenHolds(): Promise<void> {
    const open = this.#register.active().filter(job => !job.isHeld && !this.#submitting.has(job.id))
    await Promise.all(open.map(job => this.#openHold(job)))
  }

  #jobChanged(job: Job, before: Job | undefined): void {
    if (hasEnded(job)) {
      this.#logs.end(job.id)
      this.#dispatcher.forget(job)
    }
    if (before !== undefined && isAssigned(before) && !isAssigned(job)) this.#dispatchSoon()
  }

  #dispatchSoon(): void {
    if (this.#isDispatchQueued) return
    this.#isDispatchQueued = true
    setImmediate(() => {
      this.#isDispatchQueued = false
      void this.#dispatcher.dispatchAll()
    })
  }

  /** Whose key signed the job's order: its payer's, or that of the payer's delegate. */
  #signerOf(job: Job): Address | undefined {
    return this.parts.crypto.recoverSigner(hexToBytes(job.id), job.order.signature)
  }

  #admission(): AdmissionContext {
    const { crypto, domain, clock, ledger } = this.parts
    const isDelegate = (wallet: Address, signer: Address) => ledger.permission(wallet, signer) !== undefined
    return { crypto, domain, nowMs: clock.nowMs(), isDelegate }
  }
}

function refused(refusal: MarketRefusal): { readonly ok: false; readonly refusal: MarketRefusal } {
  return { ok: false, refusal }
}

function dotted(parent: string, field: string): string {
  return field === '' ? parent : `${parent}.${field}`
}
