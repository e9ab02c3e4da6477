import { Controller, Get, Header, HttpStatus, Inject, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { Registry } from 'prom-client'
import { type HealthCheck, type Readiness, readinessOf } from '../../operations/health-check.ts'
import { HEALTH_CHECKS, METRICS } from '../../tokens.ts'

/** What whoever operates the process asks it. */
@Controller()
export class OperationsController {
  constructor(
    @Inject(HEALTH_CHECKS) private readonly checks: readonly HealthCheck[],
    @Inject(METRICS) private readonly figures: Registry,
  ) {}

  @Get('health/live')
  live() {
    return { status: 'ok' }
  }

  /**
   * Ready when the ledger is open and the market answers. Settlement and read model are told, but do not count: while the chain is
   * away, jobs run on.
   */
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await readinessOf(this.checks)
    reply.status(readiness.status === 'ok' ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
    return readiness
  }

  @Get('metrics')
  @Header('cache-control', 'no-store')
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.type(this.figures.contentType)
    return this.figures.metrics()
  }
}
