/** Who allowed a movement, as judges take it. */
import { type SpendPermission, spendPermissionType } from '@deparrow/ledger'
import { type Hex, zeroAddress } from 'viem'
import { asStruct } from './messages.ts'

/** Where a wallet's own signature stands, a permission of nobody for nobody. */
export const nobody: SpendPermission = {
  wallet: zeroAddress,
  delegate: zeroAddress,
  jobMicrocreditsMax: 0n,
  hourMicrocreditsMax: 0n,
  dayMicrocreditsMax: 0n,
  counterparties: [],
  engines: [],
  expires: 0n,
  nonce: 0n,
}

/** The authority of a wallet's own signature, beside it a permission that nobody signed. */
export const own = (signature: Hex, unsigned: SpendPermission = nobody) => ({
  signature,
  permission: asStruct(spendPermissionType, unsigned),
  permissionSignature: '0x' as Hex,
})
