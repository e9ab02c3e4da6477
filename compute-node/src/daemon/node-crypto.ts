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
import { PrivateKeyError } from '../../protocol/index.ts'

/** Signs as one node under one network's EIP-712 domain. */
export class NodeSigner {
  readonly address: Address
  readonly #privateKey: Uint8Array

  /** Throws {@link PrivateKeyError}. */
  constructor(
    privateKey: Hex,
    readonly domain: Domain,
  ) {
    this.#privateKey = hexToBytes(privateKey)
    const address = addressOfPrivateKey(this.#privateKey)
    if (address === undefined) throw new PrivateKeyError()
    this.address = address
  }

  sign<M extends Message>(type: MessageType, message: M): Signed<M> {
    return { message, signature: signDigest(this.#privateKey, hexToBytes(this.digest(type, message))) }
  }

  digest(type: MessageType, message: Message): Hex {
    return typedDataDigest(ledgerCrypto, this.domain, type, message)
  }
}

/** Whether `signer` signed this message under the domain. */
export function isSignedBy(domain: Domain, type: MessageType, signed: Signed<Message>, signer: Address): boolean {
  const digest = hexToBytes(typedDataDigest(ledgerCrypto, domain, type, signed.message))
  return ledgerCrypto.recoverSigner(digest, signed.signature) === signer
}
