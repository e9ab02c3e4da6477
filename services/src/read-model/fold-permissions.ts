import type { Address, EventOf, Hex, LedgerEvent } from '@deparrow/ledger'
import { formatMessage, spendPermissionType } from '@deparrow/ledger'
import { type EventMovement, otherParty } from './event-movement.ts'
import { delegationKey, type FoldState, type PermissionState } from './fold-state.ts'
import type { ProjectionRows } from './projection-rows.ts'
import { UnknownRecordError } from './unknown-record-error.ts'

/** Keeps a permission from its grant to its end: by its expiry, a revocation, or a permission that takes its place. */
export function foldPermission(event: LedgerEvent, state: FoldState, rows: ProjectionRows): void {
  if (event.type === 'PermissionGranted') grant(event, state, rows)
  if (event.type === 'PermissionRevoked') {
    const { wallet, delegate } = event.data.revocation.message
    endNewest(state, rows, wallet, delegate, event.atMs)
  }
}

/** Counts a spend under a permission, or what came back of one. */
export function foldSpend(
  event: LedgerEvent,
  { subject, parties, end }: EventMovement,
  state: FoldState,
  rows: ProjectionRows,
): void {
  const spend = 'spend' in event.data ? event.data.spend : undefined
  if (spend === undefined) return
  const permission = knownPermission(state, spend.permission)
  const wallet = permission.row.wallet as Address
  const amount = end === undefined ? leftWallet(event, wallet) : -end.releasedMicrocredits
  permission.spentMicrocredits += amount
  if (end === undefined) permission.spendCount += 1
  rows.changed.permissions.add(spend.permission)
  rows.spends.push({
    permission: spend.permission,
    shard: state.shard,
    position: event.position,
    at_ms: event.atMs,
    event: event.type,
    wallet,
    delegate: spend.delegate,
    amount_microcredits: amount,
    subject: subject ?? null,
    counterparty: otherParty(parties, wallet) ?? null,
    hour_microcredits: spend.hourMicrocredits,
    day_microcredits: spend.dayMicrocredits,
    total_microcredits: spend.totalMicrocredits,
    permission_microcredits: permission.spentMicrocredits,
  })
}

function grant({ data, position, atMs }: EventOf<'PermissionGranted'>, state: FoldState, rows: ProjectionRows): void {
  const { message } = data.permission
  const { wallet, delegate, expires } = message
  endNewest(state, rows, wallet, delegate, atMs)
  state.newestPermissions.set(delegationKey(wallet, delegate), data.digest)
  state.permissions.set(data.digest, {
    row: {
      digest: data.digest,
      shard: state.shard,
      wallet,
      delegate,
      message: JSON.stringify(formatMessage(spendPermissionType, message)),
      granted_position: position,
      granted_at_ms: atMs,
    },
    endsAtMs: Number(expires) * 1_000,
    spentMicrocredits: 0n,
    spendCount: 0,
  })
  rows.changed.permissions.add(data.digest)
}

function endNewest(state: FoldState, rows: ProjectionRows, wallet: Address, delegate: Address, atMs: number): void {
  const digest = state.newestPermissions.get(delegationKey(wallet, delegate))
  if (digest === undefined) return
  const permission = knownPermission(state, digest)
  permission.endsAtMs = Math.min(permission.endsAtMs, atMs)
  rows.changed.permissions.add(digest)
}

function knownPermission(state: FoldState, digest: Hex): PermissionState {
  const permission = state.permissions.get(digest)
  if (permission === undefined) throw new UnknownRecordError({ kind: 'permission', digest })
  return permission
}

/** What a spend takes from the wallet's own account, in µcr. */
function leftWallet(event: LedgerEvent, wallet: Address): bigint {
  return -(event.entries.find(entry => entry.account === `wallet:${wallet}`)?.amountMicrocredits ?? 0n)
}
