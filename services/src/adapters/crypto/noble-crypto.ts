import { type Address, bytesToHex, type Hex, hexToBytes, isHexOf, type LedgerCrypto } from '@deparrow/ledger'
import { secp256k1 } from '@noble/curves/secp256k1'
import { sha256 } from '@noble/hashes/sha2'
import { keccak_256 } from '@noble/hashes/sha3'

/** The ledger's cryptography in plain JavaScript (noble). Nothing in it throws, whatever the signature or digest is. */
export const nobleCrypto: LedgerCrypto = {
  keccak256: bytes => keccak_256(bytes),
  sha256: bytes => sha256(bytes),
  recoverSigner(digest, signature) {
    const parsed = parseSignature(signature)
    if (parsed === undefined || !(digest instanceof Uint8Array) || digest.length !== 32) return undefined
    return recoverAddress(digest, parsed.compact, parsed.recoveryBit)
  },
}

function parseSignature(signature: Hex): { compact: Uint8Array; recoveryBit: number } | undefined {
  if (!isHexOf(signature, 65)) return undefined
  const bytes = hexToBytes(signature)
  const v = bytes[64]
  if (v !== 27 && v !== 28) return undefined
  return { compact: bytes.subarray(0, 64), recoveryBit: v - 27 }
}

/** `undefined` when r or s is out of range, s is in the upper half (EIP-2), or r is the x of no point on the curve. */
function recoverAddress(digest: Uint8Array, compact: Uint8Array, recoveryBit: number): Address | undefined {
  try {
    const signature = secp256k1.Signature.fromCompact(compact)
    if (signature.hasHighS()) return undefined
    const publicKey = signature.addRecoveryBit(recoveryBit).recoverPublicKey(digest).toRawBytes(false)
    return bytesToHex(keccak_256(publicKey.subarray(1)).subarray(12))
  } catch {
    return undefined
  }
}
