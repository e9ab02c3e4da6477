import {
  type Address,
  type DebitEvidence,
  type Hex,
  type LeafAccount,
  lowerHex,
  type Purchase,
  type StatementAccount,
  type StatementEntry,
  type Transfer,
} from '@deparrow/ledger'
import { type AbiParameter, encodeAbiParameters } from 'viem'
import type { EpochArchive } from '../disputes/epoch-archive.ts'
import { type DebitEvidenceOf, decodeDebitEvidence } from '../disputes/evidence.ts'
import { type MessageName, type MessageStruct, messageParameter, messageStruct } from '../disputes/structs.ts'
import type { MovementMessage } from './wants.ts'

/** The contracts' `MovementKind`, by its numbers. */
const movementKinds = [
  'transfer',
  'purchase',
  'redemption',
  'escrow',
  'capture',
  'withdrawal',
  'instruction',
  'forced',
] as const

/** A movement that debits one account and credits another under the same key, as the journal has it. */
export type OwnMovement = {
  readonly key: Hex
  readonly debtor: StatementAccount
  readonly creditor: LeafAccount
  readonly debitMicrocredits: bigint
  readonly message: MovementMessage
}

/** The movement behind a debit; `undefined` for those whose credit no message shows: jobs and rows. */
export function movementOf(
  archive: EpochArchive,
  debtor: StatementAccount,
  { key, debitMicrocredits, evidence }: StatementEntry,
): OwnMovement | undefined {
  const said = evidence === undefined || debitMicrocredits === 0n ? undefined : readEvidence(archive, key, evidence)
  return said && { key, debtor, debitMicrocredits, ...said }
}

/** All movements of an archive's pending epoch by their keys. It takes the statements of all accounts that moved, so it is made once it is needed. */
export function movementsByKey(archive: EpochArchive): ReadonlyMap<Hex, OwnMovement> {
  const movements = archive.movedAccounts().flatMap(account => {
    return (archive.statement(account)?.entries ?? []).flatMap(entry => movementOf(archive, account, entry) ?? [])
  })
  return new Map(movements.map(movement => [movement.key, movement]))
}

function readEvidence(
  archive: EpochArchive,
  key: Hex,
  evidence: DebitEvidence,
): Pick<OwnMovement, 'creditor' | 'message'> | undefined {
  switch (evidence.kind) {
    case 'transfer':
      return {
        creditor: evidence.transfer.message.to,
        message: transferMessage(evidence.transfer.message),
      }
    case 'purchase':
      return {
        creditor: evidence.purchase.message.seller,
        message: purchaseMessage(evidence.purchase.message),
      }
    case 'redemption': {
      const iou = archive.redeemedIou(key)
      if (iou === undefined) return undefined
      const paid = [messageParameter('Iou', 'iou')]
      const { message } = evidence.redemption
      const values = [messageStruct('Iou', iou)]
      return { creditor: iou.creditor, message: encoded('redemption', 'IouRedemption', message, paid, values) }
    }
    case 'escrow':
      return {
        creditor: evidence.order.message.seller,
        message: encoded('escrow', 'EscrowOrder', evidence.order.message),
      }
    case 'withdrawal': {
      const { message } = evidence.withdrawal
      return { creditor: `payable:${message.wallet}`, message: encoded('withdrawal', 'Withdrawal', message) }
    }
    case 'instruction': {
      const { message } = evidence.instruction
      return {
        creditor: `payable:${message.wallet}`,
        message: ofPlaced(messageStruct('PayoutInstruction', message), BigInt(evidence.position)),
      }
    }
    default:
      return undefined
  }
}

/** Whom a debit credits under the same key, by the evidence that the contracts took for it; `undefined` where that is not one account by one message. */
function shownMovement({ kind, fields }: DebitEvidenceOf): Pick<OwnMovement, 'creditor' | 'message'> | undefined {
  switch (kind) {
    case 'transfer':
      return { creditor: addressIn(fields.message, 'to'), message: ofStruct('transfer', 'Transfer', fields.message) }
    case 'purchase':
      return {
        creditor: addressIn(fields.message, 'seller'),
        message: ofStruct('purchase', 'Purchase', fields.message),
      }
    case 'escrow':
      return {
        creditor: addressIn(fields.hold.order, 'seller'),
        message: ofStruct('escrow', 'EscrowOrder', fields.hold.order),
      }
    case 'withdrawal':
      return {
        creditor: `payable:${addressIn(fields.message, 'wallet')}`,
        message: ofStruct('withdrawal', 'Withdrawal', fields.message),
      }
    case 'instruction': {
      const { message, journalPosition } = fields
      return { creditor: `payable:${addressIn(message, 'wallet')}`, message: ofPlaced(message, journalPosition) }
    }
    default:
      return undefined
  }
}

/** The same by the encoded evidence. The contract has taken it, but what was read of the chain may be of anybody. */
export function movementShownBy(evidence: Hex): ReturnType<typeof shownMovement> {
  try {
    return shownMovement(decodeDebitEvidence(evidence))
  } catch {
    return undefined
  }
}

/** A transfer by its message. */
export function transferMessage(message: Transfer): MovementMessage {
  return encoded('transfer', 'Transfer', message)
}

/** A purchase by its message. */
export function purchaseMessage(message: Purchase): MovementMessage {
  return encoded('purchase', 'Purchase', message)
}

/** A forced withdrawal by its number in the inbox. */
export function forcedMessage(index: number): MovementMessage {
  return ofKind('forced', encodeAbiParameters([uint64], [BigInt(index)]))
}

const uint64 = { name: 'number', type: 'uint64' } as const

function addressIn(struct: MessageStruct, field: string): Address {
  return lowerHex(struct[field] as Address)
}

/** A payout by instruction, made at a position of the journal. */
function ofPlaced(instruction: MessageStruct, position: bigint): MovementMessage {
  return ofStruct('instruction', 'PayoutInstruction', instruction, [uint64], [position])
}

function ofStruct(
  kind: (typeof movementKinds)[number],
  name: MessageName,
  struct: MessageStruct,
  moreTypes: readonly AbiParameter[] = [],
  more: readonly unknown[] = [],
): MovementMessage {
  return ofKind(kind, encodeAbiParameters([messageParameter(name, 'message'), ...moreTypes], [struct, ...more]))
}

function ofKind(kind: (typeof movementKinds)[number], message: Hex): MovementMessage {
  return { kind: movementKinds.indexOf(kind), message }
}

function encoded(
  kind: (typeof movementKinds)[number],
  name: MessageName,
  message: object,
  moreTypes: readonly AbiParameter[] = [],
  more: readonly unknown[] = [],
): MovementMessage {
  const struct = messageStruct(name, message as Parameters<typeof messageStruct>[1])
  return ofStruct(kind, name, struct, moreTypes, more)
}
