import type { AuditReporter, LedgerAuditReport } from '../audit/ledger-audit.port.ts'
import type { RpcClient } from './rpc-client.ts'

/** The audit of another process. Throws `ServiceUnavailableError` and `AnswerLostError` while that is away. */
export class RemoteAudit implements AuditReporter {
  constructor(private readonly client: RpcClient) {}

  async report(): Promise<LedgerAuditReport> {
    return (await this.client.call('report', {}, { isRepeatable: true })) as LedgerAuditReport
  }
}
