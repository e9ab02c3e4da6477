import {
  type Address,
  type Domain,
  type Hex,
  hexToBytes,
  type Message,
  type MessageType,
  type Signed,
  typedDataDigest,
} from '@deparrow/ledger'
import { addressOfPrivateKey, ledgerCrypto, signDigest } from '@deparrow/sdk/crypto'

export const benchDomain: Domain = { chainId: 31_337, verifyingContract: `0x${'5e'.repeat(20)}` }

/** A key made of a number, with its nonces. */
export class BenchWallet {
  readonly address: Address
  private readonly key: Uint8Array
  private nonce = 0n

  constructor(number: number) {
    this.key = hexToBytes(`0x${(number + 1).toString(16).padStart(64, '0')}`)
    const address = addressOfPrivateKey(this.key)
    if (address === undefined) throw new RangeError(`${number} makes no key`)
    this.address = address
  }

  nextNonce(): bigint {
    this.nonce += 1n
    return this.nonce
  }

  privateKey(): Uint8Array {
    return this.key
  }

  /** A message with its digest and this wallet's signature. */
  sign<M extends Message>(type: MessageType, message: M): { readonly digest: Hex; readonly signed: Signed<M> } {
    const digest = typedDataDigest(ledgerCrypto, benchDomain, type, message)
    return { digest, signed: { message, signature: signDigest(this.key, hexToBytes(digest)) } }
  }
}
