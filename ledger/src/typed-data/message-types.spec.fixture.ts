import fc from 'fast-check'
import { acceptanceRootType, acceptanceType } from '../acceptance/acceptance.ts'
import { purchaseType } from '../account/purchase.ts'
import { transferType } from '../account/transfer.ts'
import { escrowCaptureType, escrowOrderType, escrowReleaseType } from '../escrow/escrow-order.ts'
import { bytesToHex } from '../hex.ts'
import { assignmentReleaseType, holdCertificateType } from '../hold/hold-certificate.ts'
import { jobOrderType, jobOrderType010, orderCancellationType } from '../hold/job-order.ts'
import { iouDefaultType, iouRedemptionType, iouType } from '../iou/iou.ts'
import { nodeRegistrationType } from '../node/node-registration.ts'
import { payoutInstructionType, withdrawalType } from '../payout/withdrawal.ts'
import { usageReceiptType, usageReceiptType010 } from '../receipt/usage-receipt.ts'
import type { Field, FieldValue, Message, MessageType } from './types.ts'

/** Everything that DEparrow signs. */
export const messageTypes: readonly MessageType[] = [
  transferType,
  jobOrderType,
  jobOrderType010,
  orderCancellationType,
  holdCertificateType,
  assignmentReleaseType,
  usageReceiptType,
  usageReceiptType010,
  nodeRegistrationType,
  withdrawalType,
  payoutInstructionType,
  purchaseType,
  escrowOrderType,
  escrowCaptureType,
  escrowReleaseType,
  iouType,
  iouRedemptionType,
  iouDefaultType,
  acceptanceType,
  acceptanceRootType,
]

export const addressText = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytesToHex)

/** Any message of a type, with the edges of each field's range. */
export function messageOf(type: MessageType): fc.Arbitrary<Message> {
  return fc.record(Object.fromEntries(type.fields.map(field => [field.name, fieldValue(field)])), {
    noNullPrototype: true,
  })
}

function fieldValue({ type }: Field): fc.Arbitrary<FieldValue> {
  switch (type) {
    case 'address':
      return addressText
    case 'bytes32':
      return fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex)
    case 'bool':
      return fc.boolean()
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 20 })
    case 'uint8':
      return fc.nat(255)
    case 'uint32':
      return fc.nat(2 ** 32 - 1)
    case 'uint64':
      return fc.bigInt(0n, 2n ** 64n - 1n)
    case 'address[]':
      return fc.array(addressText, { maxLength: 32 })
    case 'string[]':
      return fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 32 })
  }
}
