import type { TreeHashing } from '../epoch/sum-node.ts'
import { type Address, bytesToHex, concatBytes, type Hex, hexToBytes, uintToBytes } from '../hex.ts'
import type { DayNumber } from '../rewards/node-rewards.ts'

const text = new TextEncoder()

/** Key of what an inbox item brought, or forced. */
export function inboxKey(crypto: TreeHashing, index: number): Hex {
  return keyOf(crypto, 'inbox', uintToBytes(BigInt(index), 8))
}

/** Key of a payout that a standing instruction allowed, by the journal position of its event. */
export function instructionKey(crypto: TreeHashing, instructionDigest: Hex, position: number): Hex {
  return keyOf(crypto, 'instruction', hexToBytes(instructionDigest), uintToBytes(BigInt(position), 8))
}

/** Key of a payee's row in an epoch. */
export function rowKey(crypto: TreeHashing, epoch: number): Hex {
  return keyOf(crypto, 'row', uintToBytes(BigInt(epoch), 8))
}

/** Key of a bonus for a node's work on a day. */
export function bonusKey(crypto: TreeHashing, kind: 'uptime' | 'referral', node: Address, day: DayNumber): Hex {
  return keyOf(crypto, kind, hexToBytes(node), uintToBytes(BigInt(day), 8))
}

function keyOf(crypto: TreeHashing, kind: string, ...parts: readonly Uint8Array[]): Hex {
  return bytesToHex(crypto.keccak256(concatBytes(text.encode(kind), ...parts)))
}
