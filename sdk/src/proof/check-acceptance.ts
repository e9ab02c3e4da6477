import {
  type Address,
  acceptanceRootType,
  acceptedUnder,
  type Domain,
  type Hex,
  lowerHex,
  type SignedAcceptance,
} from '@deparrow/ledger'
import { ledgerHashing } from '../signing/ledger-hashing.ts'
import { recoverSigner } from '../signing/typed-data.ts'

/** The ledger whose word is checked: its network, and the key that its journal's first event names. */
export type AcceptingLedger = { readonly domain: Domain; readonly ledgerSigner: Address }

/** What a ledger has said under its signature about one command. A journal that does not agree with it is a proof against the operator. */
export type AcceptedCommand = {
  /** The digest that the command's signer signed. */
  readonly digest: Hex
  /** Of the last event that the command caused. */
  readonly position: bigint
  /** When it happened, in Unix milliseconds on the journal's clock. */
  readonly atMs: bigint
  readonly shard: number
  /** A later place of the same journal, and the chain hash that the journal must have there. */
  readonly journalPosition: bigint
  readonly journalHash: Hex
}

/**
 * Checks that the ledger has journalled its decision on the command with this digest, trusting nobody but whoever named the ledger's key.
 * Returns what was accepted and where, or `undefined` when the acceptance does not hold, is of another command or is of another ledger,
 * whatever is wrong with it. Takes it as it came from a gateway, also with integers as text. Never throws on what was shown.
 *
 * @example
 * const accepted = await checkAcceptance({ domain, ledgerSigner }, messageDigest(domain, transferType, transfer), shown)
 * if (accepted === undefined) throw new Error('the ledger has not signed for this transfer')
 */
export async function checkAcceptance(
  { domain, ledgerSigner }: AcceptingLedger,
  digest: Hex,
  shown: SignedAcceptance,
): Promise<AcceptedCommand | undefined> {
  const message = acceptedUnder(ledgerHashing, shown)
  if (message === undefined || !shown.acceptance.isAccepted) return undefined
  if (lowerHex(shown.acceptance.digest) !== lowerHex(digest)) return undefined
  const signer = await recoverSigner(domain, acceptanceRootType, { message, signature: shown.root.signature })
  if (signer !== lowerHex(ledgerSigner)) return undefined
  return {
    digest: lowerHex(digest),
    position: BigInt(shown.acceptance.position),
    atMs: BigInt(shown.acceptance.atMs),
    shard: message.shard,
    journalPosition: message.position,
    journalHash: message.journalHash,
  }
}
