import type { Address, Clock, Ledger, LedgerRefusal } from '@deparrow/ledger'
import type { DemandAnswerer } from './demand-answerer.ts'
import type { ClosedEpoch, JournalIndex } from './journal-index.ts'
import { coinAlarmOn } from './poster-coin.ts'
import {
  type PosterAlarm,
  type PosterPause,
  type PosterStep,
  pauseOn,
  stepOfDue,
  stepOfPayees,
  stepOfPending,
} from './poster-step.ts'
import type { SettlementOptions } from './settlement-options.ts'
import type { PosterView, SendOutcome, SettlementCall, SettlementChain } from './token-chain.port.ts'

export type PosterParts = {
  readonly ledger: Ledger
  readonly chain: SettlementChain
  readonly index: JournalIndex
  readonly clock: Clock
  readonly options: Pick<SettlementOptions, 'gatherMs' | 'epochIntervalMs' | 'payeesPerCallMax' | 'maxFeePerGasWei'>
  /** Whether the chain follower holds an alarm: no epoch goes out while what is known of the chain is in doubt. */
  readonly isChainDoubtful: () => boolean
  /** Whether the exit has started, so that the contract takes no epoch any more. */
  readonly isExitStarted?: () => boolean
  /** Answers demands before anything else goes out. */
  readonly answerer?: Pick<DemandAnswerer, 'isAsked' | 'answer' | 'unprovable'>
}

/** The last call whose outcome was not `confirmed`, until the chain has shown what became of it. */
export type PosterProblem = { readonly call: SettlementCall['type']; readonly outcome: SendOutcome }

/**
 * Brings the journal's payouts and burns on chain: pays by instruction what is due, registers payees, closes an epoch's books,
 * posts them part by part, and finalises the epoch when its window has passed. It remembers nothing that matters: each tick
 * reads journal and contract and does the next thing, so it may be killed anywhere and go on as another object.
 *
 * Payees are registered, those that have waited longest first, while payouts gather, while an epoch's window runs and while
 * nothing else is to be done. An epoch that is due never waits for them: a stream of new wallets delays itself, nobody else.
 *
 * An epoch that the chain cancelled is taken back in the journal by the follower, one that lapsed or that the chain will never take by the
 * poster; the next one has what it had. While gas costs more than it may the poster waits, with a {@link pause}, and closes no
 * books that could grow too old; an epoch that would only refresh leaves waits from half of that price on.
 *
 * Demands are answered before anything else is sent, also while what the follower knows is in doubt. After the exit has started nothing is sent any more.
 */
export class EpochPoster {
  posterAlarm: PosterAlarm | undefined
  problem: PosterProblem | undefined
  pause: PosterPause | undefined
  /** Why the ledger did not close the books when asked last. */
  closeRefusal: LedgerRefusal | undefined

  constructor(private readonly parts: PosterParts) {}

  /**
   * Does the next thing, at most one transaction. Throws `ChainUnavailableError` or the ledger's error when one of them does not
   * answer; the next tick tries again.
   */
  async tick(): Promise<void> {
    if (this.parts.isExitStarted?.()) return this.end()
    if (this.parts.isChainDoubtful()) return this.answerAlone()
    try {
      await this.payByInstruction()
    } catch (error) {
      // A ledger that is away keeps no answer back: its time runs.
      await this.answerAlone()
      throw error
    }
    if (!this.hasWork()) {
      this.problem = undefined
      this.pause = undefined
      await this.parts.answerer?.answer(undefined)
      return
    }
    const closedEpoch = await this.perform(await this.nextStep())
    if (closedEpoch) await this.perform(await this.nextStep())
  }

  private async end(): Promise<void> {
    this.posterAlarm = undefined
    this.problem = undefined
    this.pause = undefined
    this.closeRefusal = undefined
    await this.parts.answerer?.answer(undefined)
  }

  private async answerAlone(): Promise<void> {
    const { answerer, chain, index } = this.parts
    if (answerer?.isAsked) await answerer.answer(await chain.posterView(index.lastEpoch, []))
  }

  /** Answers whether the books of an epoch were closed, so that there is more to do at once. */
  private async perform({ step, nonce, coinAlarm }: BoundStep): Promise<boolean> {
    this.posterAlarm = step.type === 'alarm' ? step.alarm : coinAlarm
    this.pause = step.type === 'wait' ? step.pause : undefined
    switch (step.type) {
      case 'close': {
        const answer = await this.parts.ledger.submit({ type: 'CloseEpoch', epoch: step.epoch })
        this.closeRefusal = answer.status === 'refused' ? answer.refusal : undefined
        return this.closeRefusal === undefined
      }
      case 'takeBack': {
        await this.parts.ledger.submit({ type: 'RecordEpochCancelled', ...step.takeBack })
        this.problem = undefined
        return false
      }
      case 'call': {
        const outcome = await this.parts.chain.send(step.call, nonce)
        this.problem = outcome.status === 'confirmed' ? undefined : { call: step.call.type, outcome }
        return false
      }
      case 'alarm':
      case 'wait':
        this.problem = undefined
        return false
    }
  }

  private async payByInstruction(): Promise<void> {
    const { ledger } = this.parts
    for (const wallet of ledger.dueInstructions()) await ledger.submit({ type: 'PayByInstruction', wallet })
  }

  /** Whether the chain needs to be looked at; an idle network costs no request, but while an alarm may have ended. */
  private hasWork(): boolean {
    if (this.posterAlarm !== undefined) return true
    return this.parts.index.pending !== undefined || this.isEpochDue() || this.wantedPayees().length > 0
  }

  /** Once what waits had its time to gather: when there is something to pay or to burn, or when the leaves are no longer fresh. */
  private isEpochDue(): boolean {
    const { index, clock, options } = this.parts
    const nowMs = clock.nowMs()
    const { unpostedSinceMs } = index
    if (unpostedSinceMs !== undefined && nowMs < unpostedSinceMs + options.gatherMs) return false
    if (index.hasRowOrBurn) return true
    const lastClosedAtMs = index.epochs.get(index.lastEpoch)?.closedAtMs ?? index.openedAtMs
    return index.hasChangedLeaves && nowMs >= lastClosedAtMs + options.epochIntervalMs
  }

  private async nextStep(): Promise<BoundStep> {
    const { index, chain } = this.parts
    const pending = index.pending
    const payees = this.wantedPayees()
    const view = await chain.posterView(pending?.books.epoch ?? index.lastNumber + 1, payees)
    const { nonce } = view
    const coinAlarm = coinAlarmOn(view)
    if (await this.parts.answerer?.answer(view)) return { step: { type: 'wait' }, nonce, coinAlarm }
    const step = withCoin(this.stepOn(view, payees), coinAlarm)
    // While an epoch waits for its window, or for better times, payees of the next one are registered.
    const isIdle = step.type === 'wait' && step.pause === undefined
    const useful = isIdle ? withCoin(stepOfPayees(view, payees), coinAlarm) : step
    const isPaid = useful.type === 'call' || useful.type === 'close'
    const pause = isPaid ? pauseOn(view, this.feePerGasMaxWei(useful)) : undefined
    return { step: pause === undefined ? useful : { type: 'wait', pause }, nonce, coinAlarm }
  }

  /** What a gas may cost for a step; an epoch that only refreshes leaves is in no hurry. */
  private feePerGasMaxWei(step: PosterStep): bigint | undefined {
    const { index, options } = this.parts
    const isRefresh = step.type === 'close' && !index.hasRowOrBurn
    return options.maxFeePerGasWei !== undefined && isRefresh ? options.maxFeePerGasWei / 2n : options.maxFeePerGasWei
  }

  private stepOn(view: PosterView, payees: readonly Address[]): PosterStep {
    const { index } = this.parts
    if (index.pending !== undefined)
      return this.provable(index.pending.books.epoch, this.stepOfPending(index.pending, view))
    return this.isEpochDue() ? stepOfDue(index.lastNumber + 1, view) : stepOfPayees(view, payees)
  }

  private stepOfPending(pending: ClosedEpoch, view: PosterView): PosterStep {
    return stepOfPending(pending, view, this.isLeftOut(pending))
  }

  /** What nobody could show on demand would cost its bond. */
  private provable(epoch: number, step: PosterStep): PosterStep {
    const problem = this.parts.answerer?.unprovable(epoch)
    const isPosting = step.type === 'call' && step.call.type === 'postEpoch'
    return isPosting && problem !== undefined
      ? { type: 'alarm', alarm: { code: 'EPOCH_UNPROVABLE', epoch, problem } }
      : step
  }

  /** The contract's answer may come from a block that goes again; the item that the journal has by now does not. */
  private isLeftOut({ books }: ClosedEpoch): boolean {
    const { problem, parts } = this
    const isRefused = problem?.outcome.status === 'reverted' && problem.outcome.code === 'InboxItemLeftOut'
    return isRefused && parts.index.inboxCount > books.inboxCut
  }

  /** Wallets that need a payee id: those that have payouts, then those whose nodes are at work and will have some. */
  private wantedPayees(): readonly Address[] {
    const { index, ledger, options } = this.parts
    const wanted = new Set(ledger.payeesToRegister())
    for (const node of index.engagedNodes) {
      const wallet = ledger.payoutWallet(node)
      if (wallet === undefined || index.payees.has(wallet)) index.engagedNodes.delete(node)
      else wanted.add(wallet)
    }
    return [...wanted].slice(0, options.payeesPerCallMax)
  }
}

/** A step with the nonce of the view on which it was decided, and what that says of the poster's coin. */
type BoundStep = {
  readonly step: PosterStep
  readonly nonce: number
  readonly coinAlarm: PosterAlarm | undefined
}

/** Calls that no epoch on chain needs. */
const beginning: ReadonlySet<SettlementCall['type']> = new Set(['postEpoch', 'registerPayees'])

/** No epoch begins that could not be answered for, and no payees are registered with the coin for answers; an epoch that is on chain goes on. */
function withCoin(step: PosterStep, alarm: PosterAlarm | undefined): PosterStep {
  const begins = step.type === 'close' || (step.type === 'call' && beginning.has(step.call.type))
  return begins && alarm !== undefined ? { type: 'alarm', alarm } : step
}
