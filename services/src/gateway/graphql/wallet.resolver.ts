import type { Address, Ledger } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Context, Parent, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql'
import { LEDGER, SETTLEMENT_VIEW } from '../../tokens.ts'
import type { SettlementView } from '../settlement-view.port.ts'
import { spend } from './answer-budget.ts'
import { inclusionView } from './inclusion-view.ts'
import { mapped } from './iterators.ts'
import { type GatewayContext, requireBetween } from './session-context.ts'
import { inSlot, type SubscriptionContext } from './subscription-slots.ts'
import { VisibleJournal } from './visible-journal.ts'
import { WalletFeed } from './wallet-feed.ts'

export type WalletView = { readonly address: Address }

/** A wallet as the ledger has it now: for everybody. */
@Resolver('Wallet')
export class WalletResolver {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(SETTLEMENT_VIEW) private readonly settlement: SettlementView,
    @Inject(WalletFeed) private readonly feed: WalletFeed,
    @Inject(VisibleJournal) private readonly visible: VisibleJournal,
  ) {}

  @Query('wallet')
  async wallet(
    @Args('address') address: Address,
    @Args('atLeastPosition') atLeastPosition: bigint | null | undefined,
  ): Promise<WalletView> {
    await this.visible.whenAt(address, atLeastPosition ?? undefined)
    return { address }
  }

  @ResolveField('available')
  available(@Parent() wallet: WalletView): bigint {
    return this.ledger.balance(wallet.address).availableMicrocredits
  }

  @ResolveField('held')
  held(@Parent() wallet: WalletView): bigint {
    return this.ledger.balance(wallet.address).heldMicrocredits
  }

  @ResolveField('payable')
  payable(@Parent() wallet: WalletView): bigint {
    return this.ledger.balance(wallet.address).payableMicrocredits
  }

  @ResolveField('lastNonce')
  lastNonce(
    @Parent() { address }: WalletView,
    @Args('lane') lane: number,
    @Args('signer') signer: Address | null | undefined,
  ): bigint | undefined {
    return this.ledger.lastNonce(address, requireBetween('lane', lane, 0, 2 ** 31 - 1), signer ?? address)
  }

  @ResolveField('claim')
  async claim(@Parent() wallet: WalletView) {
    const claim = await this.settlement.claimFor(wallet.address)
    if (claim === undefined) return undefined
    const { incrementMicrocredits: increment, cumulativeMicrocredits: cumulative } = claim
    return { ...claim, increment, cumulative, unclaimed: claim.unclaimedMicrocredits }
  }

  @ResolveField('inclusion')
  inclusion(@Parent() wallet: WalletView, @Context() context: GatewayContext) {
    spend(context, 'lookups', 1)
    const inclusion = this.ledger.inclusion(wallet.address)
    return inclusion && inclusionView(inclusion)
  }

  @Subscription('walletChanged', { resolve: (value: unknown) => value })
  walletChanged(@Args('address') address: Address, @Context() context: SubscriptionContext) {
    return inSlot(context, async () => mapped(this.feed.follow(address), () => ({ address })))
  }
}
