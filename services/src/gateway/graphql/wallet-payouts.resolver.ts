import { Inject } from '@nestjs/common'
import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql'
import { epochCursor, type PayoutView } from '../../settlement/public-settlement.ts'
import { SETTLEMENT_VIEW } from '../../tokens.ts'
import type { SettlementView } from '../settlement-view.port.ts'
import { spend } from './answer-budget.ts'
import { pageOf, requireCursor } from './page-request.ts'
import type { GatewayContext } from './session-context.ts'
import type { WalletView } from './wallet.resolver.ts'

const payoutsMax = 200

/** A proof takes up to a thousand hashes when it is asked for first; so an answer has twenty at most. */
const lookupsOfProof = 25

/** A wallet as the settlement contract has it: for everybody, as the contract's calldata is. */
@Resolver('Wallet')
export class WalletPayoutsResolver {
  constructor(@Inject(SETTLEMENT_VIEW) private readonly settlement: SettlementView) {}

  @ResolveField('payouts')
  async payouts(
    @Parent() { address }: WalletView,
    @Args('first') first: number,
    @Args('cursor') cursor: string | null | undefined,
    @Context() context: GatewayContext,
  ) {
    requireCursor(cursor, epochCursor)
    const page = await pageOf(context, { first, cursor, max: payoutsMax }, async request =>
      this.settlement.payouts(address, request),
    )
    const proof = (epoch: number) => (_args: unknown, inner: object) => {
      spend(inner, 'lookups', lookupsOfProof)
      return this.settlement.rowProof(address, epoch)
    }
    const payouts = page.items.map(payout => ({ ...payoutView(payout), proof: proof(payout.epoch) }))
    return { payouts, nextCursor: page.nextCursor }
  }

  @ResolveField('exitLeaf')
  async exitLeaf(
    @Parent() { address }: WalletView,
    @Args('epoch') epoch: 'final' | 'pending',
    @Args('payable') isPayable: boolean,
    @Context() context: GatewayContext,
  ) {
    spend(context, 'lookups', 1)
    const leaf = await this.settlement.exitLeaf(address, isPayable, epoch)
    if (leaf === undefined) return undefined
    const { availableMicrocredits: available, heldMicrocredits: held, ...shown } = leaf
    return { ...shown, available, held }
  }
}

function payoutView({ incrementMicrocredits, cumulativeMicrocredits, unclaimedMicrocredits, ...payout }: PayoutView) {
  const amounts = { increment: incrementMicrocredits, cumulative: cumulativeMicrocredits }
  return { ...payout, ...amounts, unclaimed: unclaimedMicrocredits, final: payout.isFinal }
}
