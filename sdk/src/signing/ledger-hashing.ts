import type { LedgerCrypto } from '@deparrow/ledger'
import { keccak256, sha256 } from 'viem'

/** The hash functions that `@deparrow/ledger` asks for. */
export const ledgerHashing: Pick<LedgerCrypto, 'keccak256' | 'sha256'> = {
  keccak256: bytes => keccak256(bytes, 'bytes'),
  sha256: bytes => sha256(bytes, 'bytes'),
}
