import {
  type EscrowCapture,
  type EscrowOrder,
  type EscrowRelease,
  escrowCaptureType,
  escrowOrderType,
  escrowReleaseType,
} from '../escrow/escrow-order.ts'
import { type Hex, zeroHash } from '../hex.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Signed } from '../typed-data/types.ts'
import { type Actor, testDomain, testStartMs } from './actors.ts'
import { ethersCrypto } from './ethers-crypto.ts'

/** An escrow of 1 credit out of the actor's wallet, good for ten minutes; a delegate names another wallet. */
export function escrowOrder(
  actor: Actor,
  fields: Partial<EscrowOrder> & Pick<EscrowOrder, 'seller' | 'nonce'>,
): Signed<EscrowOrder> {
  const soon = BigInt(testStartMs / 1000 + 600)
  const own = { wallet: actor.address, amountMicrocredits: 1_000_000n, reference: zeroHash, lane: 0 }
  return actor.sign<EscrowOrder>(escrowOrderType, { ...own, expires: soon, deadline: soon, ...fields })
}

export function escrowCapture(
  actor: Actor,
  escrow: Hex,
  amountMicrocredits: bigint,
  wallet = actor.address,
): Signed<EscrowCapture> {
  return actor.sign<EscrowCapture>(escrowCaptureType, { escrow, wallet, amountMicrocredits })
}

export function escrowRelease(actor: Actor, escrow: Hex, seller = actor.address): Signed<EscrowRelease> {
  return actor.sign<EscrowRelease>(escrowReleaseType, { escrow, seller })
}

export function digestOfEscrow(order: Signed<EscrowOrder>): Hex {
  return typedDataDigest(ethersCrypto, testDomain, escrowOrderType, order.message)
}
