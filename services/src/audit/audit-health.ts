import type { HealthCheck } from '../operations/health-check.ts'
import type { LedgerAuditView } from './ledger-audit.port.ts'

/** Tells in `health/ready` whether an alarm stands; the process goes on serving either way, because people have to look, not a probe. */
export function auditHealth(audit: LedgerAuditView): HealthCheck {
  return { name: 'audit', isRequired: false, isHealthy: () => audit.report().isOk }
}
