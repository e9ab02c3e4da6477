import { keccak256, recoverAddress, Signature, sha256 } from 'ethers'
import { bytesToHex, type Hex, hexToBytes, lowerHex } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'

/** The ledger's cryptography by ethers: in tests it stands beside what the product uses. */
export const ethersCrypto: LedgerCrypto = {
  keccak256: bytes => hexToBytes(keccak256(bytes)),
  sha256: bytes => hexToBytes(sha256(bytes)),
  recoverSigner: (digest, signature) => {
    try {
      return lowerHex(recoverAddress(bytesToHex(digest), Signature.from(signature))) as Hex
    } catch {
      return undefined
    }
  },
}
