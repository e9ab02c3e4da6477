import { graceSecondsDefault, type Hex, type JobOrder, type UsageReceipt, zeroHash } from '@deparrow/ledger'

/** An order of a small WebAssembly job as benchmarks and load give it, but for the fields that say otherwise. */
export function benchOrder(fields: Pick<JobOrder, 'payer' | 'deadline' | 'nonce'> & Partial<JobOrder>): JobOrder {
  return {
    engine: 'wasm',
    specDigest: zeroHash,
    maxPriceMicrocredits: 100_000n,
    bidMicrocredits: 0n,
    priority: 1,
    fuelMax: 10n ** 12n,
    cpuMillicoresMax: 0,
    memoryBytesMax: 1n << 28n,
    gpuCountMax: 0,
    storageBytesMax: 0n,
    egressBytesMax: 0n,
    wallMsMax: 60_000n,
    graceSeconds: graceSecondsDefault,
    lane: 0,
    ...fields,
  }
}

/** The receipt of such a job: completed at the first attempt, after a second, with what the smallest sample job uses. */
export function benchReceipt(orderDigest: Hex, node: Hex, sequence: bigint, startedAtMs: bigint): UsageReceipt {
  return {
    orderDigest,
    node,
    attempt: 1,
    sequence,
    outcome: 0,
    inputDigest: zeroHash,
    outputDigest: zeroHash,
    startedAtMs,
    endedAtMs: startedAtMs + 1_000n,
    fuel: 1_762_008n,
    cpuMs: 0n,
    memoryBytesPeak: 1_114_112n,
    gpuMs: 0n,
    storageByteSeconds: 0n,
    egressBytes: 0n,
  }
}
