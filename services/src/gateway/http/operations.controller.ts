import type { Ledger } from '@deparrow/ledger'
import { Controller, Get, Header, HttpStatus, Inject, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { Market } from '../../market/market.port.ts'
import { LEDGER, MARKET } from '../../tokens.ts'
import { Metrics } from './metrics.ts'

/** What whoever operates the process asks it. */
@Controller()
export class OperationsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(MARKET) private readonly market: Market,
    @Inject(Metrics) private readonly figures: Metrics,
  ) {}

  @Get('health/live')
  live() {
    return { status: 'ok' }
  }

  /** Ready when the ledger is open and the market's database answers. */
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const isLedgerOpen = this.ledger.config() !== undefined
    const isMarketReady = await this.market.countByStatus().then(
      () => true,
      () => false,
    )
    const isReady = isLedgerOpen && isMarketReady
    reply.status(isReady ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
    return { status: isReady ? 'ok' : 'error', ledger: isLedgerOpen, market: isMarketReady }
  }

  @Get('metrics')
  @Header('cache-control', 'no-store')
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.type(this.figures.contentType)
    return this.figures.text()
  }
}
