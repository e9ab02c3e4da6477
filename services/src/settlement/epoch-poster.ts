import type { Address, Clock, Ledger, LedgerRefusal } from '@deparrow/ledger'
import type { JournalIndex } from './journal-index.ts'
import { type PosterAlarm, type PosterStep, stepOfDue, stepOfPayees, stepOfPending } from './poster-step.ts'
import type { SettlementOptions } from './settlement-options.ts'
import type { PosterView, SendOutcome, SettlementCall, SettlementChain } from './token-chain.port.ts'

export type PosterParts = {
  readonly ledger: Ledger
  readonly chain: SettlementChain
  readonly index: JournalIndex
  readonly clock: Clock
  readonly options: Pick<SettlementOptions, 'gatherMs' | 'epochIntervalMs' | 'payeesPerCallMax'>
  /** Whether the chain follower holds an alarm: no epoch goes out while what is known of the chain is in doubt. */
  readonly isChainDoubtful: () => boolean
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
 * A cancelled or lapsed epoch is not resolved here: its payouts would have to be closed again under a new number, which the
 * journal cannot say yet. The poster raises {@link posterAlarm}, posts nothing more, and a person decides.
 */
export class EpochPoster {
  posterAlarm: PosterAlarm | undefined
  problem: PosterProblem | undefined
  /** Why the ledger did not close the books when asked last. */
  closeRefusal: LedgerRefusal | undefined

  constructor(private readonly parts: PosterParts) {}

  /**
   * Does the next thing, at most one transaction. Throws `ChainUnavailableError` or the ledger's error when one of them does not
   * answer; the next tick tries again.
   */
  async tick(): Promise<void> {
    if (this.parts.isChainDoubtful()) return
    await this.payByInstruction()
    if (!this.hasWork()) {
      this.problem = undefined
      return
    }
    const closedEpoch = await this.perform(await this.nextStep())
    if (closedEpoch) await this.perform(await this.nextStep())
  }

  /** Answers whether the books of an epoch were closed, so that there is more to do at once. */
  private async perform({ step, nonce }: BoundStep): Promise<boolean> {
    this.posterAlarm = step.type === 'alarm' ? step.alarm : undefined
    switch (step.type) {
      case 'close': {
        const answer = await this.parts.ledger.submit({ type: 'CloseEpoch', epoch: step.epoch })
        this.closeRefusal = answer.status === 'refused' ? answer.refusal : undefined
        return this.closeRefusal === undefined
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

  /** Whether the chain needs to be looked at; an idle network costs no request. */
  private hasWork(): boolean {
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
    const view = await chain.posterView(pending?.books.epoch ?? index.lastEpoch + 1, payees)
    const step = this.stepOn(view, payees)
    // While an epoch waits for its window, payees of the next one are registered.
    return { step: step.type === 'wait' ? stepOfPayees(view, payees) : step, nonce: view.nonce }
  }

  private stepOn(view: PosterView, payees: readonly Address[]): PosterStep {
    const { index } = this.parts
    if (index.pending !== undefined) return stepOfPending(index.pending, view)
    return this.isEpochDue() ? stepOfDue(index.lastEpoch + 1, view) : stepOfPayees(view, payees)
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

/** A step with the nonce of the view on which it was decided. */
type BoundStep = { readonly step: PosterStep; readonly nonce: number }
