import { disputedReceiptsAbi } from '@deparrow/contracts'
import {
  type Hex,
  type JobOrder,
  ledgerConfigDefaults,
  type Signed,
  type SignedAcceptance,
  type SignedHoldCertificate,
  type UsageReceipt,
  zeroAddress,
  zeroHash,
} from '@deparrow/ledger'
import { encodeFunctionData, keccak256, stringToHex } from 'viem'

/** What a node keeps of a job that it has done until it is paid. */
export type NodePapers = {
  readonly order: Signed<JobOrder>
  readonly certificate: SignedHoldCertificate
  readonly receipt: Signed<UsageReceipt>
  /** The ledger's signature that it has taken the receipt. */
  readonly acceptance: SignedAcceptance
}

const nobody = {
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

/** The call that asks an epoch for a node's pay, for an order that the payer itself has signed. */
export function receiptDemand(epoch: number, { order, certificate, receipt, acceptance }: NodePapers): Hex {
  const { rates, feeBasisPoints, burnBasisPoints } = ledgerConfigDefaults
  const evidence = {
    certified: {
      order: { ...order.message, engine: keccak256(stringToHex(order.message.engine)) },
      authority: { signature: order.signature, permission: nobody, permissionSignature: '0x' },
      certificate: certificate.message,
      certificateSignature: certificate.signature,
    },
    receipt: receipt.message,
    receiptSignature: receipt.signature,
    pricing: { ...rates, feeBasisPoints, burnBasisPoints },
  } as const
  const { root, ...proof } = acceptance
  const signed = { ...proof, root: root.message, signature: root.signature }
  const args = [BigInt(epoch), evidence, signed, zeroHash] as const
  return encodeFunctionData({ abi: disputedReceiptsAbi, functionName: 'demandAcceptedReceipt', args })
}
