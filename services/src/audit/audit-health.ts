import type { HealthCheck } from '../operations/health-check.ts'
import type { AuditReporter } from './ledger-audit.port.ts'

/** Tells in `health/ready` whether an alarm stands; the process goes on serving either way, because people have to look, not a probe. */
export function auditHealth(audit: AuditReporter): HealthCheck {
  return { name: 'audit', isRequired: false, isHealthy: async () => (await audit.report()).isOk }
}
