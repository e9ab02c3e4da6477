import { bytesToHex, contentIdOf } from '@deparrow/ledger'
import { ledgerHashing } from '../signing/ledger-hashing.ts'

/** The CID under which the network keeps these bytes: CIDv1, raw, sha2-256. */
export function contentIdOfBytes(bytes: Uint8Array): string {
  return contentIdOf(bytesToHex(ledgerHashing.sha256(bytes)))
}
