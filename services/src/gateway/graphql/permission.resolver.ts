import type { Clock, Hex, Ledger } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { ReadQueries } from '../../read-model/read-queries.port.ts'
import { CLOCK, LEDGER, READ_MODEL } from '../../tokens.ts'
import { spend } from './answer-budget.ts'
import { pageOf } from './page-request.ts'
import { type PermissionView, permissionSpendView, permissionView } from './permission-view.ts'
import { type GatewayContext, requireWallet } from './session-context.ts'

const spendsMax = 200

@Resolver('Permission')
export class PermissionResolver {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(READ_MODEL) private readonly reads: ReadQueries,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Query('permission')
  async permission(@Args('id') id: Hex, @Context() context: GatewayContext) {
    spend(context, 'lookups', 1)
    const record = await this.reads.permission(id)
    if (record === undefined) return undefined
    const { wallet, delegate } = record.permission
    requireWallet(context, [wallet, delegate], 'the wallet and its delegate')
    return permissionView(record)
  }

  @ResolveField('stands')
  stands(@Parent() { endsAt }: PermissionView): boolean {
    return endsAt > this.clock.nowMs()
  }

  @ResolveField('used')
  used(@Parent() { id, wallet, delegate }: PermissionView) {
    const newest = this.ledger.permission(wallet, delegate)
    if (newest?.digest !== id) return undefined
    return { hour: newest.hourMicrocredits, day: newest.dayMicrocredits, total: newest.totalMicrocredits }
  }

  @ResolveField('spends')
  async spends(
    @Parent() { id }: PermissionView,
    @Args('first') first: number,
    @Args('cursor') cursor: string | null | undefined,
    @Context() context: GatewayContext,
  ) {
    const page = await pageOf(context, { first, cursor, max: spendsMax }, request =>
      this.reads.permissionSpends(id, request),
    )
    return { spends: page.items.map(permissionSpendView), nextCursor: page.nextCursor }
  }
}
