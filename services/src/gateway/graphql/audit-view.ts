import type { AuditLegReport, LedgerAuditReport } from '../../audit/ledger-audit.port.ts'

/** The report of the audit as the type `Audit` of the schema. */
export function auditView({ isOk, legs }: LedgerAuditReport) {
  return { ok: isOk, legs: legs.map(legView) }
}

function legView({ leg, shard, isConfigured, position, lagEvents, lastOkAtMs, error, alarm }: AuditLegReport) {
  return {
    ...{ leg, shard, configured: isConfigured, position, lagEvents, lastOkAt: lastOkAtMs, error },
    alarm: alarm && {
      position: alarm.position,
      account: alarm.account,
      expected: alarm.expected,
      found: alarm.found,
      since: alarm.sinceMs,
    },
  }
}
