import type { Hex } from '../hex.ts'
import {
  type PermissionRevocation,
  permissionRevocationType,
  type SpendPermission,
  spendPermissionType,
} from '../permission/spend-permission.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Signed } from '../typed-data/types.ts'
import { type Actor, testDomain, testStartMs } from './actors.ts'
import { ethersCrypto } from './ethers-crypto.ts'

/** What a wallet signs to let a delegate spend: up to 1 credit at once, 2 an hour, 3 a day, for a day, unless `fields` say otherwise. */
export function permissionOf(
  wallet: Actor,
  delegate: Actor,
  fields: Partial<SpendPermission> = {},
): Signed<SpendPermission> {
  return wallet.sign<SpendPermission>(spendPermissionType, {
    wallet: wallet.address,
    delegate: delegate.address,
    jobMicrocreditsMax: 1_000_000n,
    hourMicrocreditsMax: 2_000_000n,
    dayMicrocreditsMax: 3_000_000n,
    counterparties: [],
    engines: [],
    expires: BigInt(testStartMs / 1000 + 86_400),
    nonce: 1n,
    ...fields,
  })
}

export function revocationOf(
  wallet: Actor,
  delegate: Actor,
  nonce: bigint,
  signer: Actor = wallet,
): Signed<PermissionRevocation> {
  const message = { wallet: wallet.address, delegate: delegate.address, nonce }
  return signer.sign<PermissionRevocation>(permissionRevocationType, message)
}

export function digestOfPermission(permission: Signed<SpendPermission>): Hex {
  return typedDataDigest(ethersCrypto, testDomain, spendPermissionType, permission.message)
}
