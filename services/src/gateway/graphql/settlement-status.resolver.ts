import { Inject } from '@nestjs/common'
import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { DemandStatus } from '../../settlement/answer-plan.ts'
import type { FinalReserve } from '../../settlement/paid-rows.ts'
import { demandCursor, epochCursor, type SettlementStatus } from '../../settlement/public-settlement.ts'
import { SETTLEMENT_VIEW } from '../../tokens.ts'
import type { SettlementView } from '../settlement-view.port.ts'
import { pageOf, requireCursor } from './page-request.ts'
import type { GatewayContext } from './session-context.ts'

const demandsMax = 200

const epochsMax = 100

/** How settlement stands, for everybody. */
@Resolver('Settlement')
export class SettlementStatusResolver {
  constructor(@Inject(SETTLEMENT_VIEW) private readonly settlement: SettlementView) {}

  @Query('settlement')
  async query() {
    const status = await this.settlement.status()
    const { isReady: ready, isExitStarted: exitStarted, problem, lastEpoch, lastFinalEpoch: finalEpoch, owed } = status
    return { ready, exitStarted, problem, lastEpoch, finalEpoch, owed }
  }

  @ResolveField('reserve')
  async reserve(@Parent() { owed }: Pick<SettlementStatus, 'owed'>) {
    const { leavesMicrocredits, unclaimedMicrocredits, uncoveredMicrocredits, claimedMicrocredits } = owed
    const heldWei = await this.settlement.contractWei().catch(() => undefined)
    return {
      leaves: leavesMicrocredits,
      unclaimed: unclaimedMicrocredits,
      uncovered: uncoveredMicrocredits,
      owed: leavesMicrocredits + unclaimedMicrocredits + uncoveredMicrocredits,
      claimed: claimedMicrocredits,
      heldWei,
    }
  }

  @ResolveField('finalEpochs')
  async finalEpochs(
    @Args('first') first: number,
    @Args('cursor') cursor: string | null | undefined,
    @Context() context: GatewayContext,
  ) {
    requireCursor(cursor, epochCursor)
    const page = await pageOf(context, { first, cursor, max: epochsMax }, async request =>
      this.settlement.finalEpochs(request),
    )
    return { epochs: page.items.map(reserveView), nextCursor: page.nextCursor }
  }

  @ResolveField('demands')
  async demands(
    @Args('first') first: number,
    @Args('cursor') cursor: string | null | undefined,
    @Context() context: GatewayContext,
  ) {
    requireCursor(cursor, demandCursor)
    const page = await pageOf(context, { first, cursor, max: demandsMax }, async request =>
      this.settlement.demands(request),
    )
    return { demands: page.items.map(demandView), nextCursor: page.nextCursor }
  }
}

function reserveView(final: FinalReserve) {
  const { epoch, leavesMicrocredits, payoutsMicrocredits, claimedMicrocredits, burntMicrocredits } = final
  const payouts = { payouts: payoutsMicrocredits, claimed: claimedMicrocredits }
  return { epoch, leaves: leavesMicrocredits, ...payouts, burnt: burntMicrocredits }
}

function demandView({ id, kind, asker, question, round, deadlineSeconds, state, reason }: DemandStatus) {
  const { epoch, place, key, value } = question
  const hex = `0x${value.toString(16).padStart(64, '0')}`
  return { id, kind, asker, epoch, place, key, value: hex, round, deadline: deadlineSeconds * 1_000, state, reason }
}
