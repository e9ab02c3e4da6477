import type { Ledger } from '@deparrow/ledger'
import { Controller, Get, Header, HttpStatus, Inject, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { LedgerService } from '../../ledger/ledger.service.ts'
import type { Market } from '../../market/market.port.ts'
import { SettlementService } from '../../settlement/settlement.service.ts'
import { LEDGER, MARKET } from '../../tokens.ts'
import { Metrics } from './metrics.ts'

/** What whoever operates the process asks it. */
@Controller()
export class OperationsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(MARKET) private readonly market: Market,
    @Inject(SettlementService) private readonly settlement: SettlementService,
    @Inject(LedgerService) private readonly ledgerService: LedgerService,
    @Inject(Metrics) private readonly figures: Metrics,
  ) {}

  @Get('health/live')
  live() {
    return { status: 'ok' }
  }

  /**
   * Ready when the ledger is open and the market's database answers. Settlement and read model are told, but do not count: while
   * the chain is away, jobs run on.
   */
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const isLedgerOpen = this.ledger.config() !== undefined
    const isMarketReady = await this.market.countByStatus().then(
      () => true,
      () => false,
    )
    const isReady = isLedgerOpen && isMarketReady
    reply.status(isReady ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
    return {
      status: isReady ? 'ok' : 'error',
      ledger: isLedgerOpen,
      market: isMarketReady,
      settlement: this.settlement.health().isReady,
      readModel: this.ledgerService.readModelError() === undefined,
    }
  }

  @Get('metrics')
  @Header('cache-control', 'no-store')
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.type(this.figures.contentType)
    return this.figures.text()
  }
}
