import { type ClearingPlace, noClearing } from '../clearing/clearing.ts'
import type { CurrentConfig } from '../config/pending-change.ts'
import type { EpochInclusion, EpochTree } from '../epoch/epoch-tree.ts'
import type { LeafAccount } from '../epoch/leaves.ts'
import type { OpenEscrow } from '../escrow/escrow.ts'
import type { Address, Hex } from '../hex.ts'
import type { OpenIou } from '../iou/open-iou.ts'
import { dueByInstruction } from '../payout/decide.ts'
import { delegationOf } from '../permission/delegation.ts'
import { totalsAt } from '../permission/spend-usage.ts'
import type { Books, GrantedPermission, OpenHold, WalletBalance } from '../ports/ledger.ts'
import { type BonusCommand, dueBonuses } from '../rewards/pay-bonus.ts'
import { payableAccount, walletAccount } from './account-name.ts'
import { booksOf } from './books.ts'
import { balanceOf, type LedgerState, lastNonceOf } from './state.ts'

/** What the ledger says about itself out of a state in memory: the writer's own, or that of a replica that follows it. */
export abstract class LedgerReads {
  protected abstract get state(): Readonly<LedgerState>
  protected abstract nowMs(): number
  protected abstract get epochTree(): EpochTree

  inclusion(account: LeafAccount): EpochInclusion | undefined {
    return this.epochTree.prove(this.state, account)
  }

  /** An account's part in the epoch on which the pending one builds; `undefined` when there is none. */
  openingInclusion(account: LeafAccount): EpochInclusion | undefined {
    return this.epochTree.proveInParent(this.state, account)
  }

  dueInstructions(): readonly Address[] {
    const context = { state: this.state, nowMs: this.nowMs() }
    return [...this.state.instructions.keys()].filter(wallet => dueByInstruction(context, wallet) > 0n)
  }

  hold(orderDigest: Hex): OpenHold | undefined {
    return this.state.holds.get(orderDigest)
  }

  escrow(escrow: Hex): OpenEscrow | undefined {
    return this.state.escrows.get(escrow)
  }

  iou(iou: Hex): OpenIou | undefined {
    return this.state.ious.get(iou)
  }

  balance(wallet: Address): WalletBalance {
    return {
      availableMicrocredits: balanceOf(this.state, walletAccount(wallet)),
      heldMicrocredits: this.state.held.get(wallet) ?? 0n,
      payableMicrocredits: balanceOf(this.state, payableAccount(wallet)),
    }
  }

  lastNonce(wallet: Address, lane: number, signer: Address = wallet): bigint | undefined {
    return lastNonceOf(this.state, wallet, signer, lane)
  }

  permission(wallet: Address, delegate: Address): GrantedPermission | undefined {
    const delegation = delegationOf(this.state, wallet, delegate)
    if (delegation?.permission === undefined) return undefined
    const { permission, digest, endsAtMs, usage } = delegation
    return { permission, digest, endsAtMs, ...totalsAt(usage, Math.max(this.state.atMs, this.nowMs())) }
  }

  permissions(wallet: Address): readonly GrantedPermission[] {
    const delegates = this.state.delegates.get(wallet) ?? []
    return delegates.map(delegate => this.permission(wallet, delegate)).filter(granted => granted !== undefined)
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

  dueBonuses(): readonly BonusCommand[] {
    return dueBonuses({ state: this.state, nowMs: this.nowMs() })
  }

  config(): CurrentConfig | undefined {
    const { config, pendingChange } = this.state
    return config && { ...config, pending: pendingChange }
  }
}
