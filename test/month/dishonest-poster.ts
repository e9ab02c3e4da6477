import assert from 'node:assert/strict'
import type { EpochBooks, Hex, LedgerEvent } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { type ClosedHeader, EpochArchive } from '@deparrow/sdk/disputes'
import { DemandReader, planAnswers, stepOfPending, type ViemSettlementChain } from '@deparrow/services/testing'
import type { Forgery } from './forgeries.ts'

/** An epoch in the journal that the poster's key does not post as it is. */
export type HonestEpoch = { readonly books: EpochBooks; readonly closedAtMs: number }

/** The poster's key in dishonest hands: it posts forged books, and answers whatever they can answer. */
export class DishonestPoster {
  /** Why the contract refused answers, and why there were none. */
  readonly failures = new Set<string>()
  answered = 0
  private readonly archive = new EpochArchive(ledgerCrypto)
  private readonly forged: HonestEpoch
  private readonly reader: DemandReader
  private readonly refusals = new Map<Hex, { code: string; count: number; retryAtSeconds: number }>()
  private postedFrom = 0n

  /** `events` are all of the journal up to the position of the honest books. */
  constructor(
    private readonly chain: ViemSettlementChain,
    events: readonly LedgerEvent[],
    honest: HonestEpoch,
    forgery: Forgery,
    private readonly isSilent = false,
  ) {
    const header = this.fold(events, honest, forgery)
    this.forged = { books: this.archive.closeHere(header, honest.closedAtMs), closedAtMs: honest.closedAtMs }
    this.reader = new DemandReader({ chain, blocksPerRequestMax: 10_000 })
  }

  /** The books on chain. */
  get books(): EpochBooks {
    return this.forged.books
  }

  /** Posts the forged epoch; the contract takes it, because its sums fit. */
  async post(): Promise<void> {
    const { epoch } = this.forged.books
    this.postedFrom = (await this.chain.posterView(epoch, [])).block.number
    for (;;) {
      const view = await this.chain.posterView(epoch, [])
      if (view.epoch.status === 'pending') return
      const step = stepOfPending(this.forged, view)
      assert.ok(step.type === 'call', `the forged epoch is not to be posted: ${step.type}`)
      const outcome = await this.chain.send(step.call, view.nonce)
      assert.equal(outcome.status, 'confirmed', outcome.status === 'reverted' ? outcome.code : '')
    }
  }

  /** Answers what is asked, as far as it goes; does nothing when it is silent. */
  async answer(): Promise<void> {
    if (this.isSilent) return
    const { epoch } = this.forged.books
    const view = await this.chain.posterView(epoch, [])
    if (view.epoch.status !== 'pending') return
    const demands = await this.reader.demandsAt(epoch, this.postedFrom, view.block)
    const plan = await planAnswers(demands, {
      archive: this.archive,
      archiveProblem: undefined,
      nowSeconds: Number(view.block.timeSeconds),
      answerSeconds: view.answerSeconds,
      feePerGasWei: view.feePerGasWei,
      maxFeePerGasWei: undefined,
      epochBondWorthWei: undefined,
      refusals: this.refusals,
      before: new Map(),
      overtaken: new Set(),
    })
    for (const { reason } of plan.statuses) if (reason !== undefined) this.failures.add(reason)
    const outcomes = await this.chain.sendAll(plan.calls, view.nonce)
    for (const [index, outcome] of outcomes.entries()) {
      const call = plan.calls[index]?.call
      if (call?.type !== 'answer') continue
      if (outcome.status === 'confirmed') this.answered += 1
      if (outcome.status === 'reverted')
        this.refusals.set(call.demand, { code: outcome.code, count: 1, retryAtSeconds: 0 })
    }
  }

  /** Answers the header of the forged books. */
  private fold(events: readonly LedgerEvent[], { books, closedAtMs }: HonestEpoch, forgery: Forgery): ClosedHeader {
    let burnMicrocredits = books.burnMicrocredits
    for (const event of events) {
      const draft = forgery.replaced.get(event.position)
      const { position, atMs } = event
      if (draft !== undefined) burnMicrocredits -= burntBy(event)
      this.archive.apply(draft === undefined ? event : { ...draft, position, atMs })
    }
    for (const [index, draft] of forgery.added.entries()) {
      this.archive.apply({ ...draft, position: books.journalPosition + 1 + index, atMs: closedAtMs })
    }
    return { ...books, burnMicrocredits }
  }
}

function burntBy({ entries }: LedgerEvent): bigint {
  return entries.reduce(
    (sum, { account, amountMicrocredits }) => sum + (account === 'burn' ? amountMicrocredits : 0n),
    0n,
  )
}
