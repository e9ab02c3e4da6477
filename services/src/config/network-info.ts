import type { Address, LedgerConfig } from '@deparrow/ledger'

/** What does not change while a network runs, and what clients need to know of it. */
export type NetworkInfo = {
  readonly chainId: number
  readonly settlement: Address
  readonly token: Address
  readonly ledgerSigner: Address
  /** JSON-RPC address of the chain, for clients. */
  readonly rpcUrl: string
} & Pick<LedgerConfig, 'rates' | 'feeBasisPoints' | 'burnBasisPoints'>
