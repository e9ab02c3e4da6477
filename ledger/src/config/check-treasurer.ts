import { zeroAddress } from '../hex.ts'
import { checkSignature, type DecisionContext, LedgerNotOpenError } from '../journal/decision.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { Message, MessageType, Signed } from '../typed-data/types.ts'

/**
 * `MALFORMED`, or `INVALID_SIGNATURE` unless the message names the ledger's treasurer and the treasurer's key signed it. A ledger whose
 * treasurer is the zero address takes nobody's signature.
 */
export function checkTreasurer(
  context: DecisionContext,
  type: MessageType,
  signed: Signed<Message & { readonly treasurer: string }>,
): LedgerRefusal | undefined {
  const { config } = context.state
  if (config === undefined) throw new LedgerNotOpenError()
  const { treasurer } = config
  const refusal = checkSignature(context, type, signed, treasurer)
  if (refusal !== undefined) return refusal
  const isTreasurers = signed.message.treasurer === treasurer && treasurer !== zeroAddress
  return isTreasurers ? undefined : { code: 'INVALID_SIGNATURE', expectedSigner: treasurer }
}
