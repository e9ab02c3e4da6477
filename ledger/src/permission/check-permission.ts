import type { Address } from '../hex.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { Delegation } from './delegation.ts'
import type { SpendPermission } from './spend-permission.ts'
import type { UsageTotals } from './spend-usage.ts'

/** What a permission is asked about a spend. */
export type SpendDetails = {
  readonly amountMicrocredits: bigint
  /** Who is paid; `undefined` for a job, whose node is not chosen yet. */
  readonly counterparty: Address | undefined
  /** `undefined` for what is no job. */
  readonly engine: string | undefined
}

/** Refusals in order: `PERMISSION_EXPIRED` (revoked too), `ENGINE_NOT_ALLOWED`, `COUNTERPARTY_NOT_ALLOWED`. */
export function checkPermission(
  { endsAtMs }: Pick<Delegation, 'endsAtMs'>,
  { delegate, engines, counterparties }: SpendPermission,
  { counterparty, engine }: SpendDetails,
  nowMs: number,
): LedgerRefusal | undefined {
  if (endsAtMs <= nowMs) return { code: 'PERMISSION_EXPIRED', delegate, endedAtMs: endsAtMs }
  if (engine !== undefined && engines.length > 0 && !engines.includes(engine)) {
    return { code: 'ENGINE_NOT_ALLOWED', engine }
  }
  if (counterparty === undefined || isCounterpartyAllowed({ counterparties }, counterparty)) return undefined
  return { code: 'COUNTERPARTY_NOT_ALLOWED', counterparty }
}

/** Whether somebody may be paid, or run a job: without a permission, and with one that names nobody, everybody may. */
export function isCounterpartyAllowed(
  permission: Pick<SpendPermission, 'counterparties'> | undefined,
  counterparty: Address,
): boolean {
  const named = permission?.counterparties ?? []
  return named.length === 0 || named.includes(counterparty)
}

/** `CAP_EXCEEDED` with the first cap that a spend breaks, in the order job, hour, day. `used` is what counts before it. */
export function checkCaps(
  permission: SpendPermission,
  used: UsageTotals,
  requestedMicrocredits: bigint,
): LedgerRefusal | undefined {
  const caps = [
    ['job', permission.jobMicrocreditsMax, 0n],
    ['hour', permission.hourMicrocreditsMax, used.hourMicrocredits],
    ['day', permission.dayMicrocreditsMax, used.dayMicrocredits],
  ] as const
  const exceeded = caps.find(([, limit, usedMicrocredits]) => usedMicrocredits + requestedMicrocredits > limit)
  if (exceeded === undefined) return undefined
  const [cap, limitMicrocredits, usedMicrocredits] = exceeded
  return { code: 'CAP_EXCEEDED', cap, limitMicrocredits, usedMicrocredits, requestedMicrocredits }
}
