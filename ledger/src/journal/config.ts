import { type Address, type Hex, zeroAddress } from '../hex.ts'

/** Rates in µcr, each with the usage that it buys. Economy defaults are in {@link ratesDefault}. */
export type Rates = {
  /** µcr for 3 600 000 ms of one core. */
  readonly cpuCoreHourMicrocredits: bigint
  /** µcr for 2^30 bytes over 3 600 000 ms. */
  readonly memoryGibHourMicrocredits: bigint
  /** µcr for 3.6 × 10^12 WebAssembly fuel. */
  readonly fuelCoreHourMicrocredits: bigint
  /** µcr for 3 600 000 ms of one GPU. */
  readonly gpuHourMicrocredits: bigint
  /** µcr for 2^30 bytes stored over 3 600 000 ms. */
  readonly storageGibHourMicrocredits: bigint
  /** µcr for 2^30 bytes sent to the outside. */
  readonly egressGibMicrocredits: bigint
}

/** The economy's table: CPU 10 credits a core-hour (also as fuel), GPU 50 an hour, memory 1 and storage 0.01 a GiB-hour, egress 0.05 a GiB. */
export const ratesDefault: Rates = {
  cpuCoreHourMicrocredits: 10_000_000n,
  memoryGibHourMicrocredits: 1_000_000n,
  fuelCoreHourMicrocredits: 10_000_000n,
  gpuHourMicrocredits: 50_000_000n,
  storageGibHourMicrocredits: 10_000n,
  egressGibMicrocredits: 50_000n,
}

/** What a job costs: the rates of usage, and the network's share. */
export type Pricing = {
  readonly rates: Rates
  /** Fee on the captured amount in basis points (1/10 000), rounded up; 500 = 5 %. */
  readonly feeBasisPoints: number
  /** Share of the fee that is burnt, in basis points, rounded down; 8000 = 80 %. The rest goes to the treasury. */
  readonly burnBasisPoints: number
}

/** The most that may leave the rewards budget, in µcr. */
export type RewardLimits = {
  /** Grants within any calendar day (UTC), all wallets together. */
  readonly grantDayMicrocreditsMax: bigint
  /** Uptime bonus of one node for one calendar day (UTC). */
  readonly uptimeDayMicrocreditsMax: bigint
  /** Referral bonus for one node, over all time. */
  readonly referralMicrocreditsMax: bigint
  /** Share of the fees that a node's jobs caused which all bonuses for them may be, in basis points; each fee counts once. */
  readonly bonusShareBasisPoints: number
}

/** The parameters of a ledger. Its first event fixes them; pricing and rewards are changed by a journalled, delayed event alone. */
export type LedgerConfig = Pricing & {
  readonly chainId: number
  readonly settlement: Address
  /** Hash of the chain's block 0, so that a journal is never continued against another chain. */
  readonly genesisHash: Hex
  /** The key with which the ledger signs hold certificates and acceptances. */
  readonly ledgerSigner: Address
  /** The key that signs grants and changes of pricing and rewards; the zero address for none. */
  readonly treasurer: Address
  readonly rewards: RewardLimits
  /** How long a change of pricing or rewards is known before it counts. */
  readonly changeDelaySeconds: number
  /**
   * Version of the settlement protocol: 2 has the leaves that the contract judges, and takes only what can be shown there. Absent: the protocol of
   * 0.1.0 and 0.2.0, whose journals keep their leaves.
   */
  readonly protocol?: 2
  /** This journal's shard, from 0, of `shardCount`. A wallet's home is the shard that {@link homeShard} names. */
  readonly shard: number
  readonly shardCount: number
}

export const feeBasisPointsDefault = 500

export const burnBasisPointsDefault = 8_000

/** 10 000 credits of grants a day; uptime up to 100 credits a day, referral up to 500; bonuses at most 25 % of the fees. */
export const rewardLimitsDefault: RewardLimits = {
  grantDayMicrocreditsMax: 10_000_000_000n,
  uptimeDayMicrocreditsMax: 100_000_000n,
  referralMicrocreditsMax: 500_000_000n,
  bonusShareBasisPoints: 2_500,
}

/** A week, so that whoever disagrees can take its credits out first. */
export const changeDelaySecondsDefault = 7 * 24 * 3600

/** Everything of a {@link LedgerConfig} that does not name a chain, a contract or a key: one shard and the economy's defaults. */
export const ledgerConfigDefaults = {
  rates: ratesDefault,
  feeBasisPoints: feeBasisPointsDefault,
  burnBasisPoints: burnBasisPointsDefault,
  treasurer: zeroAddress,
  rewards: rewardLimitsDefault,
  changeDelaySeconds: changeDelaySecondsDefault,
  protocol: 2,
  shard: 0,
  shardCount: 1,
} as const

/** Whether a ledger's epochs are judged by the contract, see {@link LedgerConfig.protocol}. */
export function isJudgedOnChain(config: Pick<LedgerConfig, 'protocol'> | undefined): boolean {
  return config?.protocol === 2
}

/** The shard that keeps a wallet: the last four bytes of its address modulo the number of shards. */
export function homeShard(wallet: Address, shardCount: number): number {
  return shardCount === 1 ? 0 : Number.parseInt(wallet.slice(-8), 16) % shardCount
}
