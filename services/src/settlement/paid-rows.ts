import type { Address, EpochBooks, EventOf, Hex, LedgerEvent, PayoutRow } from '@deparrow/ledger'

/** A payout row of a wallet. */
export type PaidRow = {
  readonly epoch: number
  /** In its epoch, over all parts, from 0. */
  readonly index: number
  readonly row: PayoutRow
}

/** What a final epoch says, and what has left the contract of what it paid. Amounts in µcr. */
export type FinalReserve = {
  readonly epoch: number
  readonly leavesMicrocredits: bigint
  readonly payoutsMicrocredits: bigint
  readonly claimedMicrocredits: bigint
  readonly burntMicrocredits: bigint
}

/** What the contract owes after the last final epoch, and has paid so far. Amounts in µcr. */
export type Owed = {
  readonly leavesMicrocredits: bigint
  /** Payouts of final epochs that nobody has claimed. */
  readonly unclaimedMicrocredits: bigint
  /** What arrived and no final epoch covers. */
  readonly uncoveredMicrocredits: bigint
  readonly claimedMicrocredits: bigint
}

type Claim = { readonly cumulativeMicrocredits: bigint; readonly transactionHash: Hex }

type OfWallet = { readonly rows: PaidRow[]; readonly claims: Claim[]; collected: number }

/** The rows of each wallet, the claims that collected them, and what final epochs owe: a fold over the journal. */
export class PaidRows {
  private readonly wallets = new Map<Address, OfWallet>()
  private readonly finals = new Map<number, FinalReserve>()
  /** Of inbox items from the last final cut on, by their indexes. */
  private readonly uncovered = new Map<number, bigint>()
  private pending: EpochBooks | undefined
  private lastFinal: EpochBooks | undefined
  private readonly totals = { payouts: 0n, claimed: 0n, uncovered: 0n }

  /** Takes the next event of the journal. */
  apply(event: LedgerEvent): void {
    switch (event.type) {
      case 'InboxItemRecorded':
        this.uncovered.set(event.data.index, event.data.amountMicrocredits)
        this.totals.uncovered += event.data.amountMicrocredits
        break
      case 'EpochClosed':
        this.pending = event.data
        for (const [index, row] of event.data.rows.entries())
          this.of(row.wallet).rows.push({ epoch: event.data.epoch, index, row })
        break
      case 'EpochCancelled':
        this.cancel(event.data.headEpoch)
        break
      case 'EpochFinalised':
        this.finalise(event.data.epoch)
        break
      case 'PayoutClaimed':
        this.claim(event.data)
        break
    }
  }

  /** Of a wallet, the newest first; rows of cancelled epochs are none. */
  rowsOf(wallet: Address): readonly PaidRow[] {
    return this.wallets.get(wallet)?.rows.toReversed() ?? []
  }

  /** The claim that collected a row; `undefined` while none has. */
  claimOf({ row }: PaidRow): Hex | undefined {
    return this.wallets
      .get(row.wallet)
      ?.claims.find(({ cumulativeMicrocredits }) => cumulativeMicrocredits >= row.cumulativeMicrocredits)
      ?.transactionHash
  }

  /** The newest first. */
  finalEpochs(): readonly FinalReserve[] {
    return [...this.finals.values()].reverse()
  }

  owed(): Owed {
    const { payouts, claimed, uncovered } = this.totals
    return {
      leavesMicrocredits: this.lastFinal?.leavesTotalMicrocredits ?? 0n,
      unclaimedMicrocredits: payouts - claimed,
      uncoveredMicrocredits: uncovered,
      claimedMicrocredits: claimed,
    }
  }

  private of(wallet: Address): OfWallet {
    const known = this.wallets.get(wallet)
    if (known !== undefined) return known
    const fresh: OfWallet = { rows: [], claims: [], collected: 0 }
    this.wallets.set(wallet, fresh)
    return fresh
  }

  private cancel(headEpoch: number): void {
    const { pending } = this
    if (pending === undefined || headEpoch >= pending.epoch) return
    for (const { wallet } of pending.rows) this.of(wallet).rows.pop()
    this.pending = undefined
  }

  private finalise(epoch: number): void {
    const { pending } = this
    if (pending?.epoch !== epoch) return
    this.pending = undefined
    this.lastFinal = pending
    const payoutsMicrocredits = pending.rows.reduce((sum, row) => sum + row.incrementMicrocredits, 0n)
    const { leavesTotalMicrocredits: leavesMicrocredits, burnMicrocredits: burntMicrocredits } = pending
    const reserve = { epoch, leavesMicrocredits, payoutsMicrocredits, claimedMicrocredits: 0n, burntMicrocredits }
    this.finals.set(epoch, reserve)
    this.totals.payouts += payoutsMicrocredits
    for (const [index, amount] of this.uncovered) {
      if (index >= pending.inboxCut) break
      this.uncovered.delete(index)
      this.totals.uncovered -= amount
    }
  }

  private claim({ wallet, paidMicrocredits, cumulativeMicrocredits, place }: EventOf<'PayoutClaimed'>['data']): void {
    const of = this.of(wallet)
    of.claims.push({ cumulativeMicrocredits, transactionHash: place.transactionHash })
    this.totals.claimed += paidMicrocredits
    for (; of.collected < of.rows.length; of.collected++) {
      const { epoch, row } = of.rows[of.collected] as PaidRow
      if (row.cumulativeMicrocredits > cumulativeMicrocredits) return
      const final = this.finals.get(epoch)
      if (final === undefined) return
      const claimedMicrocredits = final.claimedMicrocredits + row.incrementMicrocredits
      this.finals.set(epoch, { ...final, claimedMicrocredits })
    }
  }
}
