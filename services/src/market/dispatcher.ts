import type { Address, Hex } from '@deparrow/ledger'
import { chooseNode } from './choose-node.ts'
import { hasEnded, isAssigned, type Job } from './job.ts'
import type { JobRegister } from './job-register.ts'
import type { NodeLoad } from './market.port.ts'
import type { MarketParts } from './market-parts.ts'

/** Nodes asked one after another before a job waits. */
const attemptsPerRoundMax = 3

/** A job that was refused all round waits 1 s, then twice as long each time, up to this. */
const backoffMsMax = 30_000

/** A connected node answers an assignment within this, or it is sent again later. */
const assignTimeoutMs = 10_000

/** `nodes` have refused in this round, `everyNode` in any: one that joins again and again does not end the wait that it caused. */
type Refusals = {
  readonly nodes: Set<Address>
  readonly everyNode: Set<Address>
  roundCount: number
  retryAtMs: number
}

/** Brings jobs to nodes: chooses, binds by the ledger, delivers, and delivers again until the node has answered. */
export class Dispatcher {
  readonly #busy = new Set<Hex>()
  readonly #delivered = new Set<string>()
  readonly #cancelSent = new Set<string>()
  readonly #refusals = new Map<Hex, Refusals>()
  readonly #reserved = new Map<Address, number>()

  constructor(
    private readonly parts: MarketParts,
    private readonly register: JobRegister,
  ) {}

  /** Connected nodes with the jobs that they hold or are about to get. */
  nodes(): readonly NodeLoad[] {
    return this.parts.mesh.nodes().map(node => ({
      ...node,
      jobsRunning: this.register.jobCountOf(node.address) + (this.#reserved.get(node.address) ?? 0),
    }))
  }

  /** Takes a job as far as it can go now; never rejects. */
  async dispatch(id: Hex): Promise<void> {
    if (this.#busy.has(id)) return
    this.#busy.add(id)
    try {
      await this.#advance(id)
    } catch (error) {
      this.parts.report(`job ${id} could not be dispatched`, error)
    } finally {
      this.#busy.delete(id)
    }
  }

  /** Gives waiting jobs, oldest first, to nodes with free slots, and tells nodes again what they have not answered. */
  async dispatchAll(): Promise<void> {
    const nowMs = this.parts.clock.nowMs()
    const nodes = this.nodes()
    const isConnected = new Set(nodes.map(node => node.address))
    const jobs = this.register.active().filter(job => job.isHeld && !hasEnded(job) && !this.#busy.has(job.id))
    const due = jobs.filter(job =>
      isAssigned(job) ? isConnected.has(job.node) && this.#hasNews(job) : isOver(job, nowMs),
    )
    const waiting = jobs.filter(job => !isAssigned(job) && !isOver(job, nowMs) && this.#mayRetry(job, nowMs))
    await Promise.all([...due, ...this.#firstThatFit(waiting, nodes)].map(job => this.dispatch(job.id)))
  }

  /** A node has joined with these jobs in hand; the others that are bound to it are delivered again. */
  nodeJoined(node: Address, running: readonly Hex[]): void {
    for (const refusals of this.#refusals.values()) if (!refusals.everyNode.has(node)) refusals.retryAtMs = 0
    const inHand = new Set(running)
    for (const job of this.register.jobsOf(node)) {
      this.#cancelSent.delete(attemptKey(job))
      if (inHand.has(job.id)) this.#delivered.add(attemptKey(job))
      else this.#delivered.delete(attemptKey(job))
    }
  }

  /** Frees what is remembered of a job that has ended. */
  forget(job: Job): void {
    this.#delivered.delete(attemptKey(job))
    this.#cancelSent.delete(attemptKey(job))
    this.#refusals.delete(job.id)
  }

  /** As many waiting jobs as there are free slots, high priority first, then the oldest. */
  #firstThatFit(waiting: readonly Job[], nodes: readonly NodeLoad[]): readonly Job[] {
    const freeSlots = nodes.reduce((sum, node) => sum + Math.max(0, node.slotsMax - node.jobsRunning), 0)
    if (freeSlots === 0) return []
    return waiting
      .filter(job => this.#choose(nodes, job) !== undefined)
      .toSorted((a, b) => b.order.message.priority - a.order.message.priority)
      .slice(0, freeSlots)
  }

  #choose(nodes: readonly NodeLoad[], job: Job): NodeLoad | undefined {
    const permission = this.parts.ledger.hold(job.id)?.permission?.message
    return chooseNode(nodes, job, this.#refusals.get(job.id)?.nodes ?? new Set(), permission)
  }

  #mayRetry(job: Job, nowMs: number): boolean {
    return (this.#refusals.get(job.id)?.retryAtMs ?? 0) <= nowMs
  }

  #hasNews(job: Job): boolean {
    return !this.#isDelivered(job) || this.#mustCancel(job)
  }

  async #advance(id: Hex): Promise<void> {
    for (let attempt = 0; attempt < attemptsPerRoundMax; attempt++) {
      const job = this.register.activeJob(id)
      if (job === undefined || hasEnded(job) || !job.isHeld) return
      if (isAssigned(job)) return this.#tellNode(job)
      if (await this.#endUnassigned(job)) return
      if (!(await this.#assign(job))) return
    }
    this.#backOff(id)
  }

  /** Answers whether the job went back to waiting, so that another node can be tried. */
  async #assign(job: Job): Promise<boolean> {
    const node = this.#choose(this.nodes(), job)
    if (node === undefined) {
      if (this.#refusals.get(job.id)?.nodes.size) this.#backOff(job.id)
      return false
    }
    this.#reserve(node.address, 1)
    const attempt = job.attempt + 1
    const answer = await this.parts.ledger
      .submit({ type: 'AssignHold', orderDigest: job.id, node: node.address, attempt })
      .finally(() => this.#reserve(node.address, -1))
    if (answer.status === 'refused') return this.#notBound(job, node.address, answer.refusal.code)
    const assigned = this.register.apply(job.id, { type: 'assigned', node: node.address, attempt })
    if (assigned === undefined || !isAssigned(assigned)) return false
    await this.#tellNode(assigned)
    return this.register.activeJob(job.id)?.node === undefined
  }

  #notBound(job: Job, node: Address, code: string): boolean {
    this.#refusedBy(job.id, node)
    this.parts.report(`the ledger did not bind job ${job.id} to node ${node}`, code)
    const hold = this.parts.ledger.hold(job.id)
    if (hold?.assignment === undefined) return hold !== undefined
    this.register.apply(job.id, { type: 'assigned', ...hold.assignment })
    return true
  }

  async #tellNode(job: Job & { readonly node: Address }): Promise<void> {
    if (!this.#isDelivered(job)) await this.#deliver(job)
    const current = this.register.activeJob(job.id)
    if (current !== undefined && isAssigned(current) && this.#mustCancel(current)) await this.#sendCancel(current)
  }

  async #deliver(job: Job & { readonly node: Address }): Promise<void> {
    const { ledger, mesh, report } = this.parts
    const certificate = await ledger.holdCertificate(job.id)
    if (certificate === undefined || certificate.message.attempt !== job.attempt) return
    const { permission } = ledger.hold(job.id) ?? {}
    const assignment = { orderDigest: job.id, order: job.order, spec: job.spec, certificate, permission }
    const reply = await mesh.assign(job.node, assignment, AbortSignal.timeout(assignTimeoutMs)).catch(error => {
      report(`node ${job.node} did not answer the assignment of job ${job.id}; it will be sent again`, error)
      return undefined
    })
    if (reply === undefined) return
    if (reply.accepted) {
      this.#delivered.add(attemptKey(job))
      return
    }
    this.#refusedBy(job.id, job.node)
    const answer = await ledger.submit({ type: 'ReleaseAssignment', release: reply.release })
    if (answer.status === 'accepted') this.register.apply(job.id, { type: 'unassigned', attempt: job.attempt })
    else report(`node ${job.node} refused job ${job.id} without a valid release`, answer.refusal.code)
  }

  async #sendCancel(job: Job & { readonly node: Address }): Promise<void> {
    try {
      await this.parts.mesh.cancel(job.node, job.id, AbortSignal.timeout(assignTimeoutMs))
      this.#cancelSent.add(attemptKey(job))
    } catch (error) {
      this.parts.report(`node ${job.node} did not hear that job ${job.id} is cancelled; it will be told again`, error)
    }
  }

  /** Ends a job that no node has when its payer or its deadline says so. Answers whether it did. */
  async #endUnassigned(job: Job): Promise<boolean> {
    const { ledger, clock } = this.parts
    if (!isOver(job, clock.nowMs())) return false
    if (job.cancellation !== undefined) {
      const answer = await ledger.submit({ type: 'CancelOrder', cancellation: job.cancellation })
      if (answer.status === 'accepted') return true
    }
    const answer = await ledger.submit({ type: 'ReleaseHold', orderDigest: job.id })
    return answer.status === 'accepted'
  }

  #isDelivered(job: Job): boolean {
    return this.#delivered.has(attemptKey(job))
  }

  #mustCancel(job: Job): boolean {
    return job.cancellation !== undefined && !this.#cancelSent.has(attemptKey(job))
  }

  #reserve(node: Address, count: number): void {
    const reserved = (this.#reserved.get(node) ?? 0) + count
    if (reserved === 0) this.#reserved.delete(node)
    else this.#reserved.set(node, reserved)
  }

  #refusedBy(id: Hex, node: Address): void {
    const none: Refusals = { nodes: new Set(), everyNode: new Set(), roundCount: 0, retryAtMs: 0 }
    const refusals = this.#refusals.get(id) ?? none
    refusals.nodes.add(node)
    refusals.everyNode.add(node)
    this.#refusals.set(id, refusals)
  }

  #backOff(id: Hex): void {
    const refusals = this.#refusals.get(id)
    if (refusals === undefined) return
    refusals.nodes.clear()
    refusals.retryAtMs = this.parts.clock.nowMs() + Math.min(backoffMsMax, 1_000 * 2 ** refusals.roundCount)
    refusals.roundCount++
  }
}

function attemptKey(job: Job): string {
  return `${job.id}:${job.attempt}`
}

/** Whether a job that no node has must end: its payer or its deadline says so. */
function isOver(job: Job, nowMs: number): boolean {
  return job.cancellation !== undefined || Number(job.order.message.deadline) * 1000 <= nowMs
}
