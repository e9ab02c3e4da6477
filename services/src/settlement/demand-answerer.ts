import type { Hex } from '@deparrow/ledger'
import { type AnswerPlan, type DemandStatus, planAnswers, subjectOf } from './answer-plan.ts'
import { DemandReader, type EpochDemands } from './demand-reader.ts'
import type { JournalArchive } from './journal-archive.ts'
import type { JournalIndex } from './journal-index.ts'
import { RefusedAnswers } from './refused-answers.ts'
import type { SettlementOptions } from './settlement-options.ts'
import type { PosterView, SendOutcome, SettlementChain } from './token-chain.port.ts'

/**
 * Why somebody has to look before an epoch is lost. `DEMAND_UNANSWERED`: there is no answer, the contract refuses it, or it is late. `DEMANDS_DIFFER`: the
 * contract counts other demands than the provider's logs show.
 */
export type DemandAlarm =
  | {
      readonly code: 'DEMAND_UNANSWERED'
      readonly demand: Hex
      readonly reason: string
      readonly deadlineSeconds: number
    }
  | { readonly code: 'DEMANDS_DIFFER'; readonly epoch: number; readonly counted: number; readonly found: number }

export type DemandAnswererParts = {
  readonly chain: SettlementChain
  readonly index: JournalIndex
  readonly archive: JournalArchive
  readonly options: Pick<SettlementOptions, 'blocksPerRequestMax' | 'maxFeePerGasWei' | 'epochBondWorthWei'>
  /** Whether the chain was found to be the one of the journal. */
  readonly isChainKnown: () => boolean
}

/** Of several alarms those that are due first. */
const alarmsMax = 20

/** What the contract says of a demand that ended in a block which is not confirmed yet. */
const overtaken: ReadonlySet<string> = new Set(['DemandNotOpen', 'EpochNotPending', 'ExitStarted'])

/**
 * Answers what is demanded of the pending epoch, out of the journal. It remembers nothing that matters: what is open, stated and answered the chain
 * says each time, and an answer that is given twice the contract refuses. It goes on while the follower holds an alarm: an answer shows
 * what is under a root that is posted, whatever else is in doubt, and its time runs.
 */
export class DemandAnswerer {
  /** All open demands of the pending epoch as they were seen last, the one that is due first before the others. */
  demands: readonly DemandStatus[] = []
  alarms: readonly DemandAlarm[] = []
  private readonly reader: DemandReader
  /** What the contract said to calls that it did not take, by demand or account. */
  private readonly refusals = new RefusedAnswers()
  private readonly overtaken = new Set<Hex>()

  constructor(private readonly parts: DemandAnswererParts) {
    const { chain, options } = parts
    this.reader = new DemandReader({ chain, blocksPerRequestMax: options.blocksPerRequestMax })
  }

  /** Whether the chain, being the right one, can have demands. */
  get isAsked(): boolean {
    return this.parts.index.pending !== undefined && this.parts.isChainKnown()
  }

  /** Why what an epoch says could not be shown; such an epoch is not to be posted. */
  unprovable(epoch: number): string | undefined {
    return this.parts.archive.unprovable(epoch)
  }

  /**
   * Sends what answers the demands that a view of the pending epoch counts. Answers whether anything went out, so that nothing else may be
   * decided on this view. Throws `ChainUnavailableError`.
   */
  async answer(view: PosterView | undefined): Promise<boolean> {
    const { pending } = this.parts.index
    if (
      view === undefined ||
      pending === undefined ||
      view.epoch.status !== 'pending' ||
      view.epoch.openDemands === 0
    ) {
      this.demands = []
      this.alarms = []
      this.refusals.clear()
      this.overtaken.clear()
      return false
    }
    const { epoch, parent } = pending.books
    const demands = await this.reader.demandsAt(epoch, await this.postedAfter(parent), view.block)
    if (demands.open.length !== view.epoch.openDemands) this.reader.forget()
    const plan = this.plan(demands, view)
    this.tell(plan, view, new Set())
    if (plan.calls.length === 0) return false
    const outcomes = await this.parts.chain.sendAll(plan.calls, view.nonce)
    this.tell(plan, view, this.note(plan, outcomes, view))
    return outcomes.some(({ status }) => status !== 'reverted')
  }

  private plan(demands: EpochDemands, view: PosterView): AnswerPlan {
    const { archive, options } = this.parts
    const { maxFeePerGasWei, epochBondWorthWei } = options
    return planAnswers(demands, {
      archive: archive.archive,
      archiveProblem: archive.problem,
      nowSeconds: Number(view.block.timeSeconds),
      answerSeconds: view.answerSeconds,
      feePerGasWei: view.feePerGasWei,
      maxFeePerGasWei,
      epochBondWorthWei,
      refusals: this.refusals,
      overtaken: this.overtaken,
      before: new Map(this.demands.map(status => [status.id, status])),
    })
  }

  /** The last final epoch's block: the one that builds on it was posted later. */
  private async postedAfter(parent: number): Promise<bigint> {
    const { index, chain } = this.parts
    return index.epochs.get(parent)?.final?.blockNumber ?? (await chain.deploymentBlock())
  }

  /** Keeps what the contract refused, and answers what is on its way, by demand or account. */
  private note({ calls }: AnswerPlan, outcomes: readonly SendOutcome[], view: PosterView): ReadonlySet<Hex> {
    const sent = new Set<Hex>()
    const nowSeconds = Number(view.block.timeSeconds)
    const [first] = this.demands
    const { answerSeconds } = view
    const deadlineSeconds = (subject: Hex) =>
      (this.demands.find(({ id }) => id === subject) ?? first)?.deadlineSeconds ?? nowSeconds
    for (const [index, outcome] of outcomes.entries()) {
      const subject = subjectOf(calls[index]?.call)
      // The nonce of another call says nothing of this one.
      if (subject === undefined || (outcome.status === 'reverted' && outcome.code === 'NONCE_USED')) continue
      this.overtaken.delete(subject)
      if (outcome.status === 'reverted' && !overtaken.has(outcome.code)) {
        this.refusals.add(subject, outcome.code, {
          nowSeconds,
          deadlineSeconds: deadlineSeconds(subject),
          answerSeconds,
        })
        continue
      }
      this.refusals.delete(subject)
      if (outcome.status === 'reverted') this.overtaken.add(subject)
      else sent.add(subject)
    }
    return sent
  }

  private tell({ statuses }: AnswerPlan, view: PosterView, sent: ReadonlySet<Hex>): void {
    this.demands = statuses.map(status => {
      if (sent.has(status.id) || this.overtaken.has(status.id)) return { ...status, state: 'sent', reason: undefined }
      const refusal = this.refusals.get(status.id)
      return refusal === undefined ? status : { ...status, state: 'refused', reason: refusal.code }
    })
    const [counted, found] = [view.epoch.openDemands, statuses.length]
    const epoch = this.parts.index.lastEpoch
    const differ: readonly DemandAlarm[] = counted === found ? [] : [{ code: 'DEMANDS_DIFFER', epoch, counted, found }]
    this.alarms = [...differ, ...this.demands.flatMap(status => unanswered(status, view))].slice(0, alarmsMax)
  }
}

/** Whatever keeps an answer back, the last quarter of A is no time to be silent. */
function unanswered(status: DemandStatus, { block, answerSeconds }: PosterView): readonly DemandAlarm[] {
  const { id: demand, state, deadlineSeconds } = status
  const isLate = state === 'late' || (deadlineSeconds - Number(block.timeSeconds)) * 4 <= answerSeconds
  const reason = status.reason ?? (isLate ? state.toUpperCase() : undefined)
  return reason === undefined ? [] : [{ code: 'DEMAND_UNANSWERED', demand, reason, deadlineSeconds }]
}
