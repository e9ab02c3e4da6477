import { z } from 'zod'
import type { AuditReporter } from '../audit/ledger-audit.port.ts'
import { type RpcService, rpcCall } from './rpc-service.ts'

/** What a process that audits tells the gateway. */
export function auditRpc(audit: AuditReporter): RpcService {
  return { name: 'audit', methods: { report: rpcCall(z.strictObject({}), () => audit.report()) } }
}
