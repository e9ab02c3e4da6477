import {
  type PermissionRevocation,
  permissionRevocationType,
  type SpendPermission,
  spendPermissionType,
} from '@deparrow/ledger'
import type { PermissionRequest, RevocationRequest } from '../permission/sign-permission.ts'
import { type Command, secondsFromNow } from './command.ts'

/** As {@link PermissionRequest}, with an end and a nonce unless they are named. */
export type GrantPermissionRequest = Omit<PermissionRequest, 'expires' | 'nonce'> & {
  /** Seconds until it is worth nothing, two years at most. Default 30 days. */
  readonly expiresInSeconds?: number
  /** A higher nonce replaces the permission; default: the time in milliseconds. */
  readonly nonce?: bigint
}

/** As {@link RevocationRequest}; the default nonce is the time in milliseconds, which ends all permissions that were given before. */
export type RevokePermissionRequest = Omit<RevocationRequest, 'nonce'> & { readonly nonce?: bigint }

const permissionSecondsDefault = 30 * 24 * 3600

export const permissionCommand: Command<GrantPermissionRequest, SpendPermission> = {
  name: 'grantPermission',
  type: spendPermissionType,
  build: (context, { expiresInSeconds = permissionSecondsDefault, ...request }) => ({
    wallet: context.address,
    delegate: request.delegate,
    jobMicrocreditsMax: request.jobMicrocreditsMax,
    hourMicrocreditsMax: request.hourMicrocreditsMax,
    dayMicrocreditsMax: request.dayMicrocreditsMax,
    counterparties: request.counterparties ?? [],
    engines: request.engines ?? [],
    expires: secondsFromNow(context, expiresInSeconds),
    nonce: request.nonce ?? BigInt(context.clock.nowMs()),
  }),
}

export const revocationCommand: Command<RevokePermissionRequest, PermissionRevocation> = {
  name: 'revokePermission',
  type: permissionRevocationType,
  build: ({ address, clock }, { delegate, wallet = address, nonce = BigInt(clock.nowMs()) }) => ({
    wallet,
    delegate,
    nonce,
  }),
}
