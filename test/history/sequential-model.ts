import type { Hex } from '@deparrow/ledger'

/** What the model knows of a command: enough to say what it does, and nothing of how it is signed or written. */
export type ModelCommand =
  | { readonly type: 'deposit'; readonly wallet: string; readonly amount: bigint }
  | {
      readonly type: 'transfer'
      readonly from: string
      readonly to: string
      readonly amount: bigint
      readonly lane: number
      readonly nonce: bigint
    }
  | {
      readonly type: 'hold'
      readonly hold: Hex
      readonly payer: string
      readonly amount: bigint
      readonly lane: number
      readonly nonce: bigint
    }
  | { readonly type: 'release'; readonly hold: Hex }

/** `accepted`, or the code of the refusal. */
export type ModelOutcome = 'accepted' | 'NONCE_USED' | 'INSUFFICIENT_CREDITS' | 'UNKNOWN_JOB' | 'JOB_ENDED'

type Hold = { readonly payer: string; readonly amount: bigint; isOpen: boolean }

/**
 * The ledger as one would explain it to somebody: wallets, holds, and nonces that ascend, one command after another. It shares no line with
 * the ledger or its auditor.
 */
export class SequentialModel {
  private readonly available = new Map<string, bigint>()
  private readonly held = new Map<string, bigint>()
  private readonly holds = new Map<Hex, Hold>()
  private readonly nonces = new Map<string, bigint>()

  /** What becomes of a command if it is decided now; nothing changes. */
  outcomeOf(command: ModelCommand): ModelOutcome {
    switch (command.type) {
      case 'deposit':
        return 'accepted'
      case 'transfer':
        return this.spending(command.from, command)
      case 'hold':
        return this.spending(command.payer, command)
      case 'release': {
        const hold = this.holds.get(command.hold)
        if (hold === undefined) return 'UNKNOWN_JOB'
        return hold.isOpen ? 'accepted' : 'JOB_ENDED'
      }
    }
  }

  /** Does what an accepted command does. */
  apply(command: ModelCommand): void {
    switch (command.type) {
      case 'deposit':
        return this.give(command.wallet, command.amount)
      case 'transfer':
        this.use(command.from, command)
        this.give(command.from, -command.amount)
        return this.give(command.to, command.amount)
      case 'hold':
        this.use(command.payer, command)
        this.give(command.payer, -command.amount)
        this.set(command.payer, command.amount)
        this.holds.set(command.hold, { payer: command.payer, amount: command.amount, isOpen: true })
        return
      case 'release': {
        const hold = this.holds.get(command.hold)
        if (hold === undefined) throw new RangeError(`there is no hold ${command.hold}`)
        hold.isOpen = false
        this.give(hold.payer, hold.amount)
        return this.set(hold.payer, -hold.amount)
      }
    }
  }

  availableOf(wallet: string): bigint {
    return this.available.get(wallet) ?? 0n
  }

  heldOf(wallet: string): bigint {
    return this.held.get(wallet) ?? 0n
  }

  private spending(
    wallet: string,
    { lane, nonce, amount }: { lane: number; nonce: bigint; amount: bigint },
  ): ModelOutcome {
    if (nonce <= (this.nonces.get(`${wallet} ${lane}`) ?? -1n)) return 'NONCE_USED'
    return this.availableOf(wallet) < amount ? 'INSUFFICIENT_CREDITS' : 'accepted'
  }

  private use(wallet: string, { lane, nonce }: { readonly lane: number; readonly nonce: bigint }): void {
    this.nonces.set(`${wallet} ${lane}`, nonce)
  }

  private give(wallet: string, amount: bigint): void {
    this.available.set(wallet, this.availableOf(wallet) + amount)
  }

  private set(wallet: string, amount: bigint): void {
    this.held.set(wallet, this.heldOf(wallet) + amount)
  }
}
