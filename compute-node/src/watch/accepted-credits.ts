import {
  type Address,
  type Domain,
  type MessageType,
  type Purchase,
  parseMessage,
  purchaseType,
  type Transfer,
  transferType,
  typedDataDigest,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { type AcceptedCredit, purchaseMessage, transferMessage } from '@deparrow/sdk/watcher'

/**
 * What is credited to guarded wallets by the messages in a file of acceptances: an acceptance may have the message that it is of beside it, as `transfer` or
 * `purchase`. Throws {@link MessageUnrelatedError} for one that cannot be read, or that is not of its acceptance.
 */
export function acceptedCreditsIn(
  json: string,
  domain: Domain,
  guarded: ReadonlySet<Address>,
): readonly AcceptedCredit[] {
  const value: unknown = JSON.parse(json)
  const entries = (Array.isArray(value) ? value : [value]) as readonly Readonly<Record<string, unknown>>[]
  return entries.flatMap(entry => creditIn(entry, domain) ?? []).filter(({ wallet }) => guarded.has(wallet))
}

function creditIn(entry: Readonly<Record<string, unknown>>, domain: Domain): AcceptedCredit | undefined {
  if (entry['transfer'] !== undefined) {
    const { message, key } = read<Transfer>(transferType, entry['transfer'], entry, domain)
    const { to: wallet, amountMicrocredits } = message
    return { wallet, key, amountMicrocredits, message: transferMessage(message) }
  }
  if (entry['purchase'] === undefined) return undefined
  const { message, key } = read<Purchase>(purchaseType, entry['purchase'], entry, domain)
  const { seller: wallet, amountMicrocredits } = message
  return { wallet, key, amountMicrocredits, message: purchaseMessage(message) }
}

function read<M extends Transfer | Purchase>(
  type: MessageType,
  given: unknown,
  { digest }: Readonly<Record<string, unknown>>,
  domain: Domain,
) {
  const parsed = parseMessage<M>(type, given)
  if (!parsed.ok) throw new MessageUnrelatedError(type.name, `${parsed.field} ${parsed.problem}`)
  const key = typedDataDigest(ledgerCrypto, domain, type, parsed.message)
  if (key !== String(digest).toLowerCase()) throw new MessageUnrelatedError(type.name, 'is not what was accepted')
  return { message: parsed.message, key }
}

/** Thrown when a message beside an acceptance is not the one that was accepted. */
export class MessageUnrelatedError extends Error {
  override readonly name = 'MessageUnrelatedError'
  constructor(type: string, problem: string) {
    super(`a ${type} in the file of acceptances: ${problem}. Give the message as it was signed, or leave it out`)
  }
}
