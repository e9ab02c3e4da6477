import type { LedgerEventType } from '@deparrow/ledger'
import type {
  AccountKind,
  HoldRecord,
  RewardRecord,
  StatementEntry,
  StatementQuery,
} from '../../read-model/read-records.ts'
import { badInput } from './read-errors.ts'

/** The input `StatementFilter` of the schema; names and times are as they came. */
export type StatementFilter = {
  readonly events?: readonly string[] | null
  readonly accounts?: readonly AccountKind[] | null
  readonly from?: number | null
  readonly until?: number | null
  readonly counterparty?: StatementQuery['counterparty'] | null
  readonly subject?: StatementQuery['subject'] | null
}

/** More names than there are event types make no sense. */
const eventNamesMax = 32

/** Reads a filter; what is null or left out does not narrow. Throws `BAD_USER_INPUT` for a list that is too long. */
export function filterOf(filter: StatementFilter): Omit<StatementQuery, 'first' | 'cursor' | 'beforePosition'> {
  const { events, accounts, from, until, counterparty, subject } = filter
  if ((events?.length ?? 0) > eventNamesMax) throw badInput(`a filter may name ${eventNamesMax} events`)
  return {
    // A name that no event has matches nothing.
    ...(events != null && { events: [...new Set(events)] as readonly LedgerEventType[] }),
    ...(accounts != null && { accountKinds: [...new Set(accounts)] }),
    ...(from != null && { fromMs: Math.max(0, from) }),
    ...(until != null && { untilMs: Math.max(0, until) }),
    ...(counterparty != null && { counterparty }),
    ...(subject != null && { subject }),
  }
}

/** An entry as the type `StatementEntry` of the schema. */
export function entryView(entry: StatementEntry) {
  const { shard, position, entryIndex, atMs, event, account, counterparty, subject, walletAfter } = entry
  return {
    shard,
    position,
    entryIndex,
    time: atMs,
    event,
    account,
    amount: String(entry.amountMicrocredits),
    balanceAfter: entry.balanceAfterMicrocredits,
    availableAfter: walletAfter.availableMicrocredits,
    heldAfter: walletAfter.heldMicrocredits,
    payableAfter: walletAfter.payableMicrocredits,
    jobId: entry.orderDigest,
    counterparty,
    subject,
  }
}

/** A hold or escrow as the type `Hold` of the schema. */
export function holdView(hold: HoldRecord) {
  const { id, kind, payer, seller, permission, openedPosition, end } = hold
  return {
    id,
    kind,
    payer,
    seller,
    permission,
    amount: hold.amountMicrocredits,
    openedPosition,
    openedAt: hold.openedAtMs,
    expiresAt: hold.expiresAtMs,
    end: end && {
      position: end.position,
      time: end.atMs,
      event: end.event,
      released: end.releasedMicrocredits,
    },
  }
}

/** A grant or bonus as the type `Reward` of the schema. */
export function rewardView({ position, atMs, event, amountMicrocredits, reason }: RewardRecord) {
  return { position, time: atMs, event, amount: amountMicrocredits, reason }
}
