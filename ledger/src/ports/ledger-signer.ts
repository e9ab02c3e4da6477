import type { Address, Hex } from '../hex.ts'

/** The ledger's own key: signs what the ledger has journalled. */
export type LedgerSigner = {
  readonly address: Address
  /** A 65-byte signature over the 32-byte digest. */
  sign(digest: Hex): Promise<Hex>
}
