import { type Address, type Hex, hexToBytes, isHexOf } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import { parseMessage } from '../typed-data/json.ts'
import type { Domain } from '../typed-data/types.ts'
import {
  type Acceptance,
  type AcceptanceRoot,
  acceptanceRootType,
  acceptanceType,
  type SignedAcceptance,
} from './acceptance.ts'
import { rootAbove } from './acceptance-tree.ts'

/**
 * Whether the ledger with this key has journalled its decision on `signed.acceptance.digest`. Takes integers also as decimal strings, as
 * they travel. Whatever else is given is `false`; nothing throws. Which command the digest is of, is for the caller to compare.
 */
export function verifyAcceptance(
  crypto: LedgerCrypto,
  domain: Domain,
  ledgerSigner: Address,
  signed: SignedAcceptance,
): boolean {
  const root = acceptedUnder(crypto, signed)
  if (root === undefined) return false
  const digest = typedDataDigest(crypto, domain, acceptanceRootType, root)
  return crypto.recoverSigner(hexToBytes(digest), signed.root.signature) === ledgerSigner
}

/**
 * The root that an acceptance is proven to lie under, read out of anything that was given; `undefined` when it is not. Whether the ledger
 * signed that root is not looked at.
 */
export function acceptedUnder(
  crypto: Pick<LedgerCrypto, 'keccak256'>,
  signed: SignedAcceptance,
): AcceptanceRoot | undefined {
  if (!isObject(signed) || !isObject(signed.root) || !isHexOf(signed.root.signature, 65)) return undefined
  const { siblings, index, count } = signed
  if (!Array.isArray(siblings) || siblings.length > siblingsMax || !siblings.every(isHash)) return undefined
  const acceptance = parseMessage<Acceptance>(acceptanceType, signed.acceptance)
  const root = parseMessage<AcceptanceRoot>(acceptanceRootType, signed.root.message)
  if (!acceptance.ok || !root.ok || acceptance.message.position > root.message.position) return undefined
  const above = rootAbove(crypto, acceptance.message, { index, count, siblings })
  return above === root.message.root ? root.message : undefined
}

/** More than any batch's tree is high. */
const siblingsMax = 32

function isHash(value: unknown): value is Hex {
  return isHexOf(value, 32)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
