import type { Address, Hex } from '../hex.ts'

/**
 * Everything that the ledger may answer instead of doing what was asked, in the order in which it is checked: the first
 * that applies is the answer. `MALFORMED` to `RECEIPT_FROM_FUTURE` depend on the command, the signer's standing and the time, the
 * others on the state; {@link isJournalled} tells which of them are kept so that a retry gets the same answer, the rest are found anew at each
 * try and cost the journal nothing.
 *
 * `COMMAND_CONFLICT` has two places: here when its id was decided with another body, and after all the others when an unsigned command
 * contradicts what the ledger knows. Who signed in its own name for what is another's learns `INVALID_SIGNATURE` as soon as that is known.
 */
export type LedgerRefusal =
  /** A field has no meaning here, or is not spelled as it must be. */
  | { readonly code: 'MALFORMED'; readonly field: string; readonly problem: string }
  /** The command belongs to `shard`, such as the home of the wallet that it spends from. */
  | { readonly code: 'WRONG_SHARD'; readonly shard: number }
  /** The signature is not by the key that may sign this, over this message, for this chain and contract. */
  | { readonly code: 'INVALID_SIGNATURE'; readonly expectedSigner: Address }
  /** The message’s time is over. */
  | { readonly code: 'DEADLINE_PASSED'; readonly deadlineMs: number; readonly nowMs: number }
  /** The message’s time lies too far ahead to be remembered that long. */
  | { readonly code: 'DEADLINE_TOO_FAR'; readonly deadlineMs: number; readonly latestMs: number }
  /** The receipt’s job ends later than the ledger’s clock says it is: hand it in again when that time has come. */
  | { readonly code: 'RECEIPT_FROM_FUTURE'; readonly endedAtMs: number; readonly nowMs: number }
  /** A change of the configuration counts from `earliestMs` on at the soonest, so that everybody knows of it before. */
  | {
      readonly code: 'CHANGE_TIME_OUT_OF_RANGE'
      readonly effectiveAtMs: number
      readonly earliestMs: number
      readonly latestMs: number
    }
  /** The id was decided with another value in this field. */
  | { readonly code: 'COMMAND_CONFLICT'; readonly commandId: string; readonly field: string }
  /** Nothing, or more than the token’s cap. */
  | { readonly code: 'AMOUNT_OUT_OF_RANGE'; readonly amountMicrocredits: bigint }
  /** No hold was opened by this order, or it is forgotten. */
  | { readonly code: 'UNKNOWN_JOB'; readonly orderDigest: Hex }
  /** The hold has ended. */
  | { readonly code: 'JOB_ENDED'; readonly orderDigest: Hex }
  /** A node has the job. */
  | { readonly code: 'HOLD_ASSIGNED'; readonly orderDigest: Hex; readonly node: Address }
  /** The node does not have the job in this attempt. */
  | { readonly code: 'NOT_ASSIGNED'; readonly orderDigest: Hex; readonly node: Address; readonly attempt: number }
  /** The job’s receipt is journalled: only its settlement ends the hold. To whoever closes an epoch also: it may still come from the inbox. */
  | { readonly code: 'RECEIPT_PENDING'; readonly orderDigest: Hex }
  /** Nothing was received that the job could be settled by. */
  | { readonly code: 'NO_RECEIPT'; readonly orderDigest: Hex }
  /** No escrow was opened by this order, or it is forgotten. */
  | { readonly code: 'UNKNOWN_ESCROW'; readonly escrow: Hex }
  /** The escrow has ended. */
  | { readonly code: 'ESCROW_ENDED'; readonly escrow: Hex }
  /** More is to be captured than the escrow holds. */
  | { readonly code: 'ESCROW_EXCEEDED'; readonly escrow: Hex; readonly heldMicrocredits: bigint }
  /** There is no such IOU, or it is forgotten. */
  | { readonly code: 'UNKNOWN_IOU'; readonly iou: Hex }
  /** The IOU is paid in full. */
  | { readonly code: 'IOU_PAID'; readonly iou: Hex }
  /** More is to be redeemed than the debtor owes. */
  | { readonly code: 'IOU_EXCEEDED'; readonly iou: Hex; readonly outstandingMicrocredits: bigint }
  /** The IOU is declared in default already. */
  | { readonly code: 'IOU_DEFAULTED'; readonly iou: Hex; readonly defaultedAtMs: number }
  /** The IOU is not due yet. `dueAt` in Unix seconds. */
  | { readonly code: 'IOU_NOT_DUE'; readonly iou: Hex; readonly dueAt: bigint }
  /** The node is not registered. */
  | { readonly code: 'UNKNOWN_NODE'; readonly node: Address }
  /** The permission has expired or was revoked. */
  | { readonly code: 'PERMISSION_EXPIRED'; readonly delegate: Address; readonly endedAtMs: number }
  /** The permission allows other engines only. */
  | { readonly code: 'ENGINE_NOT_ALLOWED'; readonly engine: string }
  /** The permission names others as recipients of credits, or as nodes that may run a job. */
  | { readonly code: 'COUNTERPARTY_NOT_ALLOWED'; readonly counterparty: Address }
  /** The receipt’s sequence is not above the node’s last one; asked before protocol 2 alone. */
  | { readonly code: 'SEQUENCE_USED'; readonly sequence: bigint; readonly lastSequence: bigint }
  /** The nonce is not above the last one of the signer’s lane. */
  | { readonly code: 'NONCE_USED'; readonly nonce: bigint; readonly lastNonce: bigint }
  /** The wallet and its delegates have used as many lanes as can be shown on chain. */
  | { readonly code: 'TOO_MANY_LANES'; readonly wallet: Address; readonly lanesMax: number }
  /** The wallet has as many delegates as it may. */
  | { readonly code: 'TOO_MANY_DELEGATES'; readonly wallet: Address; readonly delegatesMax: number }
  /** The delegate’s permission does not reach so far, within a job, an hour or a day. */
  | {
      readonly code: 'CAP_EXCEEDED'
      readonly cap: 'job' | 'hour' | 'day'
      readonly limitMicrocredits: bigint
      readonly usedMicrocredits: bigint
      readonly requestedMicrocredits: bigint
    }
  /**
   * More has left the wallet since the newest final epoch than a statement can show on chain, where all of its movements are added up: try again when the
   * next epoch is final.
   */
  | {
      readonly code: 'TURNOVER_EXCEEDED'
      readonly wallet: Address
      readonly limitMicrocredits: bigint
      readonly usedMicrocredits: bigint
    }
  /** Less is available than required. */
  | {
      readonly code: 'INSUFFICIENT_CREDITS'
      readonly requiredMicrocredits: bigint
      readonly availableMicrocredits: bigint
    }
  /** The node has named its referrer. */
  | { readonly code: 'REFERRAL_EXISTS'; readonly node: Address; readonly referrer: Address }
  /** A node names its referrer early or not at all. */
  | { readonly code: 'REFERRAL_TOO_LATE'; readonly node: Address; readonly untilMs: number }
  /** `day` is a calendar day (UTC) counted from 1 January 1970. */
  | {
      readonly code: 'GRANT_CAP_REACHED'
      readonly day: number
      readonly limitMicrocredits: bigint
      readonly grantedMicrocredits: bigint
      readonly amountMicrocredits: bigint
    }
  /** The rewards budget holds less than that. */
  | {
      readonly code: 'REWARDS_EXHAUSTED'
      readonly requiredMicrocredits: bigint
      readonly availableMicrocredits: bigint
    }
  /** Nothing is due by the journal’s own account. */
  | {
      readonly code: 'BONUS_NOT_DUE'
      readonly node: Address
      readonly reason: 'dayNotOver' | 'nothingToPay' | 'noReferrer' | 'paidToday' | 'uptimeFirst'
    }
  /** No instruction stands, or its minimum or interval is not reached. */
  | { readonly code: 'PAYOUT_NOT_DUE'; readonly wallet: Address }
  /** The item is not the next one of the contract’s inbox. */
  | { readonly code: 'INBOX_OUT_OF_ORDER'; readonly expectedIndex: number; readonly index: number }
  /** The reserve would be larger than the token's cap: what is to be counted was not seen on the ledger's own chain. */
  | {
      readonly code: 'SUPPLY_EXCEEDED'
      readonly amountMicrocredits: bigint
      readonly reserveMicrocredits: bigint
    }
  /** The sending is not the next one of that shard. */
  | {
      readonly code: 'CLEARING_OUT_OF_ORDER'
      readonly fromShard: number
      readonly expectedSequence: number
      readonly sequence: number
    }
  /** The wallet has another payee id. */
  | { readonly code: 'PAYEE_ID_CONFLICT'; readonly wallet: Address; readonly id: number }
  /** The epoch is not the next one. */
  | { readonly code: 'EPOCH_OUT_OF_ORDER'; readonly expectedEpoch: number; readonly epoch: number }
  /** The epoch before is not final yet. */
  | { readonly code: 'EPOCH_PENDING'; readonly epoch: number }
  /** The contract paid what no epoch owes. */
  | { readonly code: 'CLAIM_NOT_OWED'; readonly wallet: Address; readonly owedMicrocredits: bigint }
  /** One of the linked commands, counted from 0, was refused, and so none of them happened. */
  | { readonly code: 'LINK_FAILED'; readonly index: number; readonly refusal: LedgerRefusal }

export type RefusalCode = LedgerRefusal['code']

const journalled: ReadonlySet<RefusalCode> = new Set([
  'INSUFFICIENT_CREDITS',
  'CAP_EXCEEDED',
  'GRANT_CAP_REACHED',
  'REWARDS_EXHAUSTED',
])

/** Whether a refusal of a signed command is written to the journal, so that the same signature is answered the same for ever. */
export function isJournalled(refusal: LedgerRefusal): boolean {
  if (refusal.code === 'LINK_FAILED') return isJournalled(refusal.refusal)
  return journalled.has(refusal.code)
}
