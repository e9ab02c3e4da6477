import type { Clock } from '@deparrow/ledger'
import type { AuditAlarm, AuditLeg, AuditLegReport } from './ledger-audit.port.ts'

/** Where and how a leg differs from the journal. */
export type LegFinding = Pick<AuditAlarm, 'position' | 'account' | 'expected' | 'found'>

/** Hears of each alarm once when it is raised, and once when it is over. */
export type AlarmListener = {
  raised(alarm: AuditAlarm): void
  resolved(alarm: AuditAlarm): void
}

/** How one leg of one shard stands. An alarm that was raised stays until the leg agrees at its position or later. */
export class LegState {
  /** Last position at which the leg agreed, 0 for none. */
  position = 0
  alarm: AuditAlarm | undefined
  private lastOkAtMs: number | undefined

  constructor(
    readonly leg: AuditLeg,
    readonly shard: number,
    private readonly clock: Clock,
    private readonly listener: AlarmListener,
  ) {}

  /**
   * It was compared and agrees up to a position; the journal was audited up to another. To agree again where it agreed before, while the
   * journal goes on, is no news.
   */
  agrees(position: number, auditedPosition: number): void {
    const isNews = position > this.position || position >= auditedPosition
    this.position = position
    if (!isNews || (this.alarm !== undefined && position < this.alarm.position)) return
    this.lastOkAtMs = this.clock.nowMs()
    const resolved = this.alarm
    this.alarm = undefined
    if (resolved !== undefined) this.listener.resolved(resolved)
  }

  /** It was compared and differs. While an alarm stands another one adds nothing. */
  differs(finding: LegFinding): void {
    if (this.alarm !== undefined) return
    const { leg, shard } = this
    this.alarm = { leg, shard, ...finding, sinceMs: this.clock.nowMs() }
    this.listener.raised(this.alarm)
  }

  report(lagEvents: number, error: unknown): AuditLegReport {
    const { leg, shard, position, lastOkAtMs, alarm } = this
    return { leg, shard, isConfigured: true, position, lagEvents, lastOkAtMs, error: nameOf(error), alarm }
  }
}

function nameOf(error: unknown): string | undefined {
  if (error === undefined) return undefined
  return error instanceof Error ? error.name : String(error)
}
