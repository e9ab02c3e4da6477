import type { Hex } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Context, Query, Resolver } from '@nestjs/graphql'
import type { ReadQueries } from '../../read-model/read-queries.port.ts'
import { READ_MODEL } from '../../tokens.ts'
import { spend } from './answer-budget.ts'
import { type GatewayContext, requireWallet } from './session-context.ts'
import { holdView } from './statement-view.ts'

@Resolver('Hold')
export class EscrowResolver {
  constructor(@Inject(READ_MODEL) private readonly reads: ReadQueries) {}

  @Query('escrow')
  async escrow(@Args('id') id: Hex, @Context() context: GatewayContext) {
    spend(context, 'lookups', 1)
    const hold = await this.reads.hold(id)
    if (hold?.seller === undefined) return undefined
    requireWallet(context, [hold.payer, hold.seller], 'payer and seller of this escrow')
    return holdView(hold)
  }
}
