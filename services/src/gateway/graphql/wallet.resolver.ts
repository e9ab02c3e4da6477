import type { Address, Ledger } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Context, Mutation, Parent, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql'
import type { ReadModel, StatementEntry } from '../../read-model/read-model.port.ts'
import { LEDGER, READ_MODEL, SETTLEMENT_VIEW } from '../../tokens.ts'
import type { SettlementView } from '../settlement-view.port.ts'
import { spend } from './answer-budget.ts'
import { mapped } from './iterators.ts'
import { Movements } from './movements.ts'
import { type GatewayContext, requireBetween } from './session-context.ts'
import { inSlot, type SubscriptionContext } from './subscription-slots.ts'
import { WalletFeed } from './wallet-feed.ts'

const statementEntriesMax = 500

type WalletView = { readonly address: Address }

@Resolver('Wallet')
export class WalletResolver {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(READ_MODEL) private readonly readModel: ReadModel,
    @Inject(SETTLEMENT_VIEW) private readonly settlement: SettlementView,
    @Inject(Movements) private readonly movements: Movements,
    @Inject(WalletFeed) private readonly feed: WalletFeed,
  ) {}

  @Query('wallet')
  wallet(@Args('address') address: Address): WalletView {
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
  lastNonce(@Parent() wallet: WalletView, @Args('lane') lane: number): bigint | undefined {
    return this.ledger.lastNonce(wallet.address, requireBetween('lane', lane, 0, 2 ** 31 - 1))
  }

  @ResolveField('statement')
  async statement(
    @Parent() wallet: WalletView,
    @Args('first') first: number,
    @Args('before') before: bigint | undefined,
    @Context() context: GatewayContext,
  ) {
    const count = requireBetween('first', first, 1, statementEntriesMax)
    const page = await this.readModel.statement(wallet.address, {
      first: count,
      ...(before != null && { beforePosition: Number(before) }),
    })
    spend(context, 'rows', page.entries.length)
    return { entries: page.entries.map(entryView), next: page.nextPosition }
  }

  @ResolveField('claim')
  async claim(@Parent() wallet: WalletView) {
    const claim = await this.settlement.claimFor(wallet.address)
    if (claim === undefined) return undefined
    const { incrementMicrocredits: increment, cumulativeMicrocredits: cumulative } = claim
    return { ...claim, increment, cumulative, unclaimed: claim.unclaimedMicrocredits }
  }

  @Mutation('transfer')
  transfer(@Args('transfer') transfer: unknown, @Args('signature') signature: string) {
    return this.movements.transfer(transfer, signature)
  }

  @Mutation('withdraw')
  withdraw(@Args('withdrawal') withdrawal: unknown, @Args('signature') signature: string) {
    return this.movements.withdraw(withdrawal, signature)
  }

  @Mutation('instructPayouts')
  instructPayouts(@Args('instruction') instruction: unknown, @Args('signature') signature: string) {
    return this.movements.instructPayouts(instruction, signature)
  }

  @Subscription('walletChanged', { resolve: (value: unknown) => value })
  walletChanged(@Args('address') address: Address, @Context() context: SubscriptionContext) {
    return inSlot(context, async () => mapped(this.feed.follow(address), () => ({ address })))
  }
}

function entryView(entry: StatementEntry) {
  const { position, atMs, event, account, amountMicrocredits, balanceAfterMicrocredits, orderDigest } = entry
  return {
    position,
    time: atMs,
    event,
    account,
    amount: String(amountMicrocredits),
    balanceAfter: balanceAfterMicrocredits,
    jobId: orderDigest,
  }
}
