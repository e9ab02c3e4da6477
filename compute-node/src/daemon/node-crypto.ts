import { createHash } from 'node:crypto'
import {
  type Address,
  bytesToHex,
  type Domain,
  type Hex,
  hexToBytes,
  isHexOf,
  type LedgerCrypto,
  type Message,
  type MessageType,
  type Signed,
  typedDataDigest,
} from '@deparrow/ledger'
import { secp256k1 } from '@noble/curves/secp256k1'
import { keccak_256 } from '@noble/hashes/sha3'
import { PrivateKeyError } from '../../protocol/index.ts'

/** The cryptography of the ledger's encodings as a node has it. Nothing in it throws on hostile input. */
export const nodeCrypto: LedgerCrypto = {
  keccak256: bytes => keccak_256(bytes),
  sha256: bytes => createHash('sha256').update(bytes).digest(),
  recoverSigner(digest, signature) {
    if (!isHexOf(signature, 65)) return undefined
    const bytes = hexToBytes(signature)
    const recoveryBit = (bytes[64] ?? 0) - 27
    return recoveryBit === 0 || recoveryBit === 1 ? recover(digest, bytes.subarray(0, 64), recoveryBit) : undefined
  },
}

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
    if (!secp256k1.utils.isValidPrivateKey(this.#privateKey)) throw new PrivateKeyError()
    this.address = addressOfPoint(secp256k1.getPublicKey(this.#privateKey, false))
  }

  sign<M extends Message>(type: MessageType, message: M): Signed<M> {
    const digest = hexToBytes(this.digest(type, message))
    const signature = secp256k1.sign(digest, this.#privateKey, { lowS: true })
    const v = Uint8Array.of(27 + signature.recovery)
    return { message, signature: `${bytesToHex(signature.toCompactRawBytes())}${bytesToHex(v).slice(2)}` }
  }

  digest(type: MessageType, message: Message): Hex {
    return typedDataDigest(nodeCrypto, this.domain, type, message)
  }
}

/** Whether `signer` signed this message under the domain. */
export function isSignedBy(domain: Domain, type: MessageType, signed: Signed<Message>, signer: Address): boolean {
  const digest = hexToBytes(typedDataDigest(nodeCrypto, domain, type, signed.message))
  return nodeCrypto.recoverSigner(digest, signed.signature) === signer
}

/** `undefined` when r or s is out of range, s is in the upper half (EIP-2), or r is the x of no point on the curve. */
function recover(digest: Uint8Array, compact: Uint8Array, recoveryBit: number): Address | undefined {
  try {
    const signature = secp256k1.Signature.fromCompact(compact)
    if (signature.hasHighS()) return undefined
    return addressOfPoint(signature.addRecoveryBit(recoveryBit).recoverPublicKey(digest).toRawBytes(false))
  } catch {
    return undefined
  }
}

function addressOfPoint(uncompressed: Uint8Array): Address {
  return bytesToHex(keccak_256(uncompressed.subarray(1)).subarray(12))
}
