import type { Address, Hex } from '../hex.ts'

/** Rates in µcr, each with the usage that it buys. Economy defaults are in {@link ratesDefault}. */
export type Rates = {
  /** µcr for 3 600 000 ms of one core. */
  readonly cpuCoreHourMicrocredits: bigint
  /** µcr for 2^30 bytes over 3 600 000 ms. */
  readonly memoryGibHourMicrocredits: bigint
  /** µcr for 3.6 × 10^12 WebAssembly fuel. */
  readonly fuelCoreHourMicrocredits: bigint
}

/** 10 credits a core-hour, 1 credit a GiB-hour, 10 credits for the fuel of a core-hour. */
export const ratesDefault: Rates = {
  cpuCoreHourMicrocredits: 10_000_000n,
  memoryGibHourMicrocredits: 1_000_000n,
  fuelCoreHourMicrocredits: 10_000_000n,
}

/** The parameters of a ledger, fixed by its first event. */
export type LedgerConfig = {
  readonly chainId: number
  readonly settlement: Address
  /** Hash of the chain's block 0, so that a journal is never continued against another chain. */
  readonly genesisHash: Hex
  /** The key with which the ledger signs hold certificates. */
  readonly ledgerSigner: Address
  readonly rates: Rates
  /** Fee on the captured amount in basis points (1/10 000), rounded up; 500 = 5 %. */
  readonly feeBasisPoints: number
  /** Share of the fee that is burnt, in basis points, rounded down; 8000 = 80 %. The rest goes to the treasury. */
  readonly burnBasisPoints: number
}

export const feeBasisPointsDefault = 500

export const burnBasisPointsDefault = 8_000
