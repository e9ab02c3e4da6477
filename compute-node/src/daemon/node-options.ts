import type { Address, Clock, Domain, Hex, PayoutInstruction, Pricing, Signed } from '@deparrow/ledger'
import type { DockerJobRequest, Engine, WasmJobRequest } from '../execution/engine.ts'
import type { PricingSource } from './known-pricings.ts'
import type { NodeLog } from './node-log.ts'

/** What an operator decides about a node. */
export type NodeOptions = {
  /** Everything that the node keeps lies here; one process at a time uses it. */
  readonly dataFolder: string
  /** The secp256k1 key that is the node: its address, its receipts' signature and its libp2p peer id. */
  readonly privateKey: Hex
  /** The network's EIP-712 domain: chain id and settlement contract. */
  readonly domain: Domain
  /** The key under which the network's ledger signs hold certificates. */
  readonly ledgerSigner: Address
  /** Multiaddresses of the market, each with its peer id (`/ip4/…/tcp/…/p2p/…`); tried in turn. */
  readonly marketAddresses: readonly string[]
  /** At least one. The node closes them when it stops. */
  readonly engines: EngineSet
  /** Jobs side by side at most. */
  readonly slotsMax?: number
  /** Memory in bytes that all jobs together may be promised. */
  readonly memoryBytesMax?: number
  /** Orders with a shorter grace are not taken: the node would have too little time to hand its receipt in. */
  readonly graceSecondsMin?: number
  readonly payout?: PayoutOptions
  /** What the node knows of prices from the start; the economy's unless given. */
  readonly pricings?: readonly Pricing[]
  /** Where it asks for others when a certificate names one; without it jobs at other pricings are given back. */
  readonly pricingSource?: PricingSource
  readonly clock?: Clock
  readonly log?: NodeLog
}

/** Names that are absent are not offered. */
export type EngineSet = { readonly wasm?: Engine<WasmJobRequest>; readonly docker?: Engine<DockerJobRequest> }

/** Who gets what the node earns, and when it is paid out. */
export type PayoutOptions = {
  /** Where the earnings go; the node's own address unless given. */
  readonly wallet?: Address
  /** Paid out as soon as this many µcr are there. */
  readonly minimumMicrocredits?: bigint
  /** But not more often than this. */
  readonly intervalSeconds?: number
  /** The wallet's own signature, needed when the wallet is not the node. */
  readonly instruction?: Signed<PayoutInstruction>
}

/** One job a core of the smallest machines that are worth joining. */
export const slotsMaxDefault = 2

/** 2 GiB: half of the memory of such a machine. */
export const memoryBytesMaxDefault = 2 * 2 ** 30

/** Five minutes: enough to start again after a crash and to hand in, well under the usual grace of fifteen. */
export const graceSecondsMinDefault = 300

/** One µcr: everything is paid out with the next epoch. On chain a payee costs the poster, not the node. */
export const payoutMinimumMicrocreditsDefault = 1n

/** Epochs already bound how often anything is paid. */
export const payoutIntervalSecondsDefault = 0

/** An instruction lasts a year, so that one forgotten machine does not pay for ever, and is renewed after half of it. */
export const payoutInstructionSeconds = 365 * 24 * 3600

/** The ledger takes signatures up to 30 days ahead; a week is enough for a market that is down, */
export const registrationSeconds = 7 * 24 * 3600

/** and a registration is signed anew when less than a day is left of it. */
export const registrationRenewalSeconds = 24 * 3600

/** A job is started twice at most: a job that takes its node down with it must not do so for ever. */
export const runsMax = 2

/** Bytes of modules and inputs that are kept on disk for the next job. */
export const cacheBytesMax = 2 ** 30

/** Bytes of modules that are kept in memory, so that a warm job reads no file. */
export const moduleMemoryBytesMax = 16 * 2 ** 20
