import { Inject, Injectable } from '@nestjs/common'
import type { Registry } from 'prom-client'
import { gauge } from '../operations/gauge.ts'
import { METRICS } from '../tokens.ts'
import { SettlementService } from './settlement.service.ts'

/** Settlement's figures: how far epochs have come, and whether the chain is followed. */
@Injectable()
export class SettlementMetrics {
  constructor(@Inject(METRICS) registry: Registry, @Inject(SettlementService) settlement: SettlementService) {
    gauge(registry, 'deparrow_epoch_last', 'The last epoch that is closed in the journal.', () => {
      return settlement.health().lastEpoch
    })
    gauge(registry, 'deparrow_epoch_final', 'The last epoch that is final on chain.', () => {
      return settlement.health().lastFinalEpoch
    })
    gauge(
      registry,
      'deparrow_poster_bond_too_small',
      '1 while the poster’s bond does not suffice for an epoch.',
      () => {
        return settlement.health().posterAlarm?.code === 'BOND_TOO_SMALL' ? 1 : 0
      },
    )
    gauge(
      registry,
      'deparrow_poster_coin_low',
      '1 while the poster’s account cannot pay for the gas of an epoch and of answers.',
      () => {
        return settlement.health().posterAlarm?.code === 'POSTER_COIN_LOW' ? 1 : 0
      },
    )
    gauge(
      registry,
      'deparrow_epoch_unprovable',
      '1 while an epoch is not posted because the journal does not give what it says.',
      () => {
        return settlement.health().posterAlarm?.code === 'EPOCH_UNPROVABLE' ? 1 : 0
      },
    )
    gauge(registry, 'deparrow_poster_fee_too_high', '1 while gas costs more than the poster may pay.', () => {
      return settlement.health().posterPause === undefined ? 0 : 1
    })
    gauge(registry, 'deparrow_demands_open', 'Demands on the pending epoch that wait for an answer.', () => {
      return settlement.health().openDemands
    })
    gauge(
      registry,
      'deparrow_demands_unanswered',
      'Open demands that will cost the epoch unless somebody looks.',
      () => {
        return settlement.health().demandAlarms.length
      },
    )
    gauge(registry, 'deparrow_demand_deadline_timestamp_seconds', 'When the first open demand is due.', () => {
      return settlement.health().demandDeadlineSeconds
    })
    gauge(registry, 'deparrow_exit_started', '1 once the exit has started, after which no epoch is posted.', () => {
      return settlement.health().isExitStarted ? 1 : 0
    })
    gauge(registry, 'deparrow_settlement_ready', '1 while the chain is followed and nothing stands in its way.', () => {
      return settlement.health().isReady ? 1 : 0
    })
  }
}
