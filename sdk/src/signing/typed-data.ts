import {
  type Address,
  type Domain,
  domainFields,
  domainName,
  domainVersion,
  type Hex,
  isHexOf,
  lowerHex,
  type Message,
  type MessageType,
  type Signed,
  typedDataDigest,
} from '@deparrow/ledger'
import { type LocalAccount, parseSignature, recoverAddress, type TypedDataDomain } from 'viem'
import { ledgerHashing } from './ledger-hashing.ts'

/** Half of the order of secp256k1; a larger `s` is the second form of a signature and is refused (EIP-2). */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** What viem and every wallet take to hash or sign a message of the ledger. */
export type ViemTypedData = {
  readonly domain: TypedDataDomain
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>
  readonly primaryType: string
  readonly message: Record<string, unknown>
}

/** Writes a message as EIP-712 data for viem; hashing it gives the ledger's own digest. */
export function viemTypedData(domain: Domain, type: MessageType, message: Message): ViemTypedData {
  return {
    domain: {
      name: domainName,
      version: domainVersion,
      chainId: domain.chainId,
      verifyingContract: domain.verifyingContract,
    },
    types: { EIP712Domain: [...domainFields], [type.name]: [...type.fields] },
    primaryType: type.name,
    message: { ...message },
  }
}

/** The digest of a message: the id of the order, transfer, … that it is. */
export function messageDigest(domain: Domain, type: MessageType, message: Message): Hex {
  return typedDataDigest(ledgerHashing, domain, type, message)
}

/** Signs a message with the wallet's key, as `r ‖ s ‖ v`. */
export async function signMessage<M extends Message>(
  account: LocalAccount,
  domain: Domain,
  type: MessageType,
  message: M,
): Promise<Signed<M>> {
  const data = viemTypedData(domain, type, message)
  return { message, signature: lowerHex(await account.signTypedData(data)) }
}

/**
 * The address, in lower case, whose key signed a message; `undefined` for anything that is no signature in its one form
 * (65 bytes, low `s`, `v` 27 or 28).
 */
export async function recoverSigner(
  domain: Domain,
  type: MessageType,
  signed: Signed<Message>,
): Promise<Address | undefined> {
  if (!isHexOf(signed.signature, 65)) return undefined
  const v = Number.parseInt(signed.signature.slice(-2), 16)
  if (v !== 27 && v !== 28) return undefined
  try {
    if (BigInt(parseSignature(signed.signature).s) > halfOrder) return undefined
    const hash = messageDigest(domain, type, signed.message)
    return lowerHex(await recoverAddress({ hash, signature: signed.signature }))
  } catch {
    return undefined
  }
}
