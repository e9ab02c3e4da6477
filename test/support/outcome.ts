export type SignedTypedData = {
  readonly typedData: Readonly<Record<string, unknown>>
  readonly signature: string
  readonly signer: string
}

/** The JSON object of `npm start -- --json` as its readers know it. */
export type Outcome = {
  readonly jobs: readonly {
    readonly id: string
    readonly engine: string
    readonly status: string
    readonly node: { readonly address: string; readonly peerId: string; readonly payoutWallet: string }
    readonly inputCid: string | null
    readonly outputCid: string
    readonly outputPath: string
    readonly order: SignedTypedData
    readonly receipt: SignedTypedData & { readonly outcome: string }
    readonly capturedMicrocredits: string
    readonly earnedMicrocredits: string
    readonly feeMicrocredits: string
    readonly timingsMs: { readonly submitToRunning: string; readonly running: string; readonly receiptToMinted: string }
  }[]
  readonly balances: Readonly<Record<string, { readonly creditsMicro: string; readonly dpcWei: string }>>
  readonly chain: {
    readonly chainId: string
    readonly token: string
    readonly settlement: string
    readonly depositTx: string
    readonly epochTx: string
    readonly claimTx: string
    readonly claimedWei: string
    readonly rpcUrl: string
  }
  readonly journal: { readonly position: string; readonly hash: string; readonly events: string }
  readonly invariants: {
    readonly conservation: boolean
    readonly fullReserve: boolean
    readonly journalVerified: boolean
  }
  readonly timingsMs: { readonly start: string; readonly total: string }
}
