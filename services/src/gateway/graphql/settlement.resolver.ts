import { Inject } from '@nestjs/common'
import { Args, Query, Resolver } from '@nestjs/graphql'
import type { EpochView } from '../../settlement/settlement-view.ts'
import { SETTLEMENT_VIEW } from '../../tokens.ts'
import type { SettlementView } from '../settlement-view.port.ts'
import { spend } from './answer-budget.ts'
import { requireBetween } from './session-context.ts'

/** An epoch lists all its rows, up to a thousand of them. */
const epochsPerPageMax = 100

@Resolver('Epoch')
export class SettlementResolver {
  constructor(@Inject(SETTLEMENT_VIEW) private readonly settlement: SettlementView) {}

  @Query('epochs')
  async epochs(@Args('first') first: number) {
    const epochs = await this.settlement.epochs(requireBetween('first', first, 1, epochsPerPageMax))
    return epochs.map(epochView)
  }
}

function epochView({ books, status, postedTx, finalTx, cancelReason, finalAtSeconds, openDemands }: EpochView) {
  return {
    epoch: books.epoch,
    status,
    inboxCut: books.inboxCut,
    journalPosition: books.journalPosition,
    burn: books.burnMicrocredits,
    payouts: books.rows.reduce((sum, row) => sum + row.incrementMicrocredits, 0n),
    leavesRoot: books.leavesRoot,
    leavesTotal: books.leavesTotalMicrocredits,
    postedTx,
    finalTx,
    cancelReason,
    finalAt: finalAtSeconds === undefined ? undefined : finalAtSeconds * 1_000,
    openDemands,
    rows: (_args: unknown, context: object) => {
      spend(context, 'rows', books.rows.length)
      return books.rows.map(rowView)
    },
  }
}

function rowView(row: EpochView['books']['rows'][number]) {
  return {
    payeeId: row.id,
    wallet: row.wallet,
    increment: row.incrementMicrocredits,
    cumulative: row.cumulativeMicrocredits,
    previousEpoch: row.previousEpoch,
  }
}
