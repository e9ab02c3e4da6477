import { type Hex, zeroHash } from '../hex.ts'
import {
  type Iou,
  type IouDefault,
  type IouRedemption,
  iouDefaultType,
  iouRedemptionType,
  iouType,
} from '../iou/iou.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Signed } from '../typed-data/types.ts'
import { type Actor, testDomain, testStartMs } from './actors.ts'
import { ethersCrypto } from './ethers-crypto.ts'

/** A promise of 1 credit that is due in an hour. */
export function iou(actor: Actor, fields: Partial<Iou> & Pick<Iou, 'creditor' | 'nonce'>): Signed<Iou> {
  const start = BigInt(testStartMs / 1000)
  const own = { debtor: actor.address, amountMicrocredits: 1_000_000n, reference: zeroHash, lane: 0 }
  return actor.sign<Iou>(iouType, { ...own, dueAt: start + 3_600n, deadline: start + 600n, ...fields })
}

export function iouRedemption(
  actor: Actor,
  fields: Partial<IouRedemption> & Pick<IouRedemption, 'iou' | 'amountMicrocredits' | 'nonce'>,
): Signed<IouRedemption> {
  const deadline = BigInt(testStartMs / 1000 + 600)
  return actor.sign<IouRedemption>(iouRedemptionType, { debtor: actor.address, lane: 0, deadline, ...fields })
}

export function iouDefault(actor: Actor, digest: Hex, creditor = actor.address): Signed<IouDefault> {
  return actor.sign<IouDefault>(iouDefaultType, { iou: digest, creditor })
}

export function digestOfIou(signed: Signed<Iou>): Hex {
  return typedDataDigest(ethersCrypto, testDomain, iouType, signed.message)
}
