import type { Address, LedgerConfig } from '@deparrow/ledger'

/** What clients need to know of a network. Rates and shares are those of its first event; the ledger's configuration says what they are now. */
export type NetworkInfo = {
  readonly chainId: number
  readonly settlement: Address
  readonly token: Address
  readonly ledgerSigner: Address
  /** JSON-RPC address of the chain, for clients. */
  readonly rpcUrl: string
} & Pick<LedgerConfig, 'rates' | 'feeBasisPoints' | 'burnBasisPoints'>
