import type { PermissionTotals } from '@deparrow/ledger'
import type { PermissionRecord, PermissionSpend } from '../../read-model/read-records.ts'

/** A permission as the type `Permission` of the schema; whether it stands, its use and its spends are fields with resolvers. */
export function permissionView({ digest, permission, ...record }: PermissionRecord) {
  return {
    id: digest,
    wallet: permission.wallet,
    delegate: permission.delegate,
    jobMax: permission.jobMicrocreditsMax,
    hourMax: permission.hourMicrocreditsMax,
    dayMax: permission.dayMicrocreditsMax,
    counterparties: permission.counterparties,
    engines: permission.engines,
    nonce: permission.nonce,
    grantedPosition: record.grantedPosition,
    grantedAt: record.grantedAtMs,
    endsAt: record.endsAtMs,
    spent: record.spentMicrocredits,
    spendCount: record.spendCount,
  }
}

export type PermissionView = ReturnType<typeof permissionView>

/** A spend as the type `PermissionSpend` of the schema. */
export function permissionSpendView({ position, atMs, event, counterparty, subject, ...spend }: PermissionSpend) {
  return {
    position,
    time: atMs,
    event,
    amount: String(spend.amountMicrocredits),
    counterparty,
    subject,
    hour: spend.hourMicrocredits,
    day: spend.dayMicrocredits,
    total: spend.totalMicrocredits,
    spent: spend.permissionMicrocredits,
  }
}

/** The journalled totals of an event as the type `PermissionTotals` of the schema. */
export function totalsView({ permission, delegate, ...totals }: PermissionTotals) {
  return {
    permission,
    delegate,
    hour: totals.hourMicrocredits,
    day: totals.dayMicrocredits,
    total: totals.totalMicrocredits,
  }
}
