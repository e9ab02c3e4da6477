import { keccak256, recoverAddress, Signature, sha256 } from 'ethers'
import { bytesToHex, type Hex, hexToBytes, isHexOf, lowerHex } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'

/** The ledger's cryptography by ethers: in tests it stands beside what the product uses. */
export const ethersCrypto: LedgerCrypto = {
  keccak256: bytes => hexToBytes(keccak256(bytes)),
  sha256: bytes => hexToBytes(sha256(bytes)),
  recoverSigner: (digest, signature) => {
    // Ethers takes other forms of a signature too, which the port has not.
    if (!isHexOf(signature, 65) || !/1[bc]$/i.test(signature)) return undefined
    try {
      return lowerHex(recoverAddress(bytesToHex(digest), Signature.from(signature))) as Hex
    } catch {
      return undefined
    }
  },
}
