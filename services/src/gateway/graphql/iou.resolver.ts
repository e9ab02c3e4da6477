import type { Hex } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Context, Query, Resolver } from '@nestjs/graphql'
import type { ReadQueries } from '../../read-model/read-queries.port.ts'
import { READ_MODEL } from '../../tokens.ts'
import { spend } from './answer-budget.ts'
import { iouView } from './iou-view.ts'
import { type GatewayContext, requireWallet } from './session-context.ts'

@Resolver('Iou')
export class IouResolver {
  constructor(@Inject(READ_MODEL) private readonly reads: ReadQueries) {}

  @Query('iou')
  async iou(@Args('id') id: Hex, @Context() context: GatewayContext) {
    spend(context, 'lookups', 1)
    const record = await this.reads.iou(id)
    if (record === undefined) return undefined
    requireWallet(context, [record.iou.debtor, record.iou.creditor], 'debtor and creditor of this IOU')
    return iouView(record)
  }
}
