import type { Clock, LedgerCrypto } from '@deparrow/ledger'
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { waitOnTimer } from '../poll-loop.ts'
import { AUDIT_OPTIONS, AUDIT_SOURCES, CLOCK, CRYPTO } from '../tokens.ts'
import type { AuditOptions } from './audit-options.ts'
import type { AuditAlarm, LedgerAuditReport, LedgerAuditView } from './ledger-audit.port.ts'
import { type AuditSources, LedgerAudit } from './ledger-audit.ts'

/** Runs the four-way audit from start to shutdown, and logs each alarm once. */
@Injectable()
export class AuditService implements LedgerAuditView, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('LedgerAudit')
  private readonly audit: LedgerAudit

  constructor(
    @Inject(AUDIT_SOURCES) sources: AuditSources,
    @Inject(AUDIT_OPTIONS) options: AuditOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(CRYPTO) crypto: LedgerCrypto,
  ) {
    const alarms = {
      raised: (alarm: AuditAlarm) =>
        this.logger.error(`${describe(alarm)}: expected ${alarm.expected}, found ${alarm.found}`),
      resolved: (alarm: AuditAlarm) => this.logger.warn(`${describe(alarm)}: they agree again`),
    }
    this.audit = new LedgerAudit({ sources, options, clock, crypto, wait: waitOnTimer, alarms })
  }

  onModuleInit(): void {
    this.audit.start()
  }

  onApplicationShutdown(): Promise<void> {
    return this.audit.stop()
  }

  report(): LedgerAuditReport {
    return this.audit.report()
  }
}

function describe({ leg, shard, position, account }: AuditAlarm): string {
  const of = account === undefined ? '' : `, ${account}`
  return `the audit finds ${leg} wrong at position ${position} of shard ${shard}${of}`
}
