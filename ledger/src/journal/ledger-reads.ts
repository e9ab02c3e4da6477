import { type ClearingPlace, noClearing } from '../clearing/clearing.ts'
import type { Address, Hex } from '../hex.ts'
import { dueByInstruction } from '../payout/decide.ts'
import type { Books, OpenHold, WalletBalance } from '../ports/ledger.ts'
import { payableAccount, walletAccount } from './account-name.ts'
import { booksOf } from './books.ts'
import type { LedgerConfig } from './config.ts'
import { balanceOf, type LedgerState, lastNonceOf } from './state.ts'

/** What the ledger says about itself out of a state in memory: the writer's own, or that of a replica that follows it. */
export abstract class LedgerReads {
  protected abstract get state(): Readonly<LedgerState>
  protected abstract nowMs(): number

  dueInstructions(): readonly Address[] {
    const context = { state: this.state, nowMs: this.nowMs() }
    return [...this.state.instructions.keys()].filter(wallet => dueByInstruction(context, wallet) > 0n)
  }

  hold(orderDigest: Hex): OpenHold | undefined {
    return this.state.holds.get(orderDigest)
  }

  balance(wallet: Address): WalletBalance {
    return {
      availableMicrocredits: balanceOf(this.state, walletAccount(wallet)),
      heldMicrocredits: this.state.held.get(wallet) ?? 0n,
      payableMicrocredits: balanceOf(this.state, payableAccount(wallet)),
    }
  }

  lastNonce(wallet: Address, lane: number): bigint | undefined {
    return lastNonceOf(this.state, wallet, wallet, lane)
  }

  pendingSettlements(): readonly Hex[] {
    return [...this.state.unsettled]
  }

  payoutWallet(node: Address): Address | undefined {
    return this.state.nodes.get(node)?.payoutWallet
  }

  payeesToRegister(): readonly Address[] {
    return [...this.state.payouts].filter(([, account]) => account.payeeId === undefined).map(([wallet]) => wallet)
  }

  books(): Books {
    return booksOf(this.state)
  }

  /** The newest sending of another shard that was taken here: where to go on in that shard's journal. */
  clearingReceived(fromShard: number): ClearingPlace {
    return this.state.clearingReceived.get(fromShard) ?? noClearing
  }

  config(): LedgerConfig | undefined {
    return this.state.config
  }
}
