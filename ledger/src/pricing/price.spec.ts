import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { auditedPrice } from '../audit/audited-price.ts'
import type { JobOrder } from '../hold/job-order.ts'
import { type Rates, ratesDefault } from '../journal/config.ts'
import { type JobOutcome, jobOutcomes, type UsageReceipt } from '../receipt/usage-receipt.ts'
import { Actor, testConfig } from '../testing/actors.ts'
import { feeOf, priceOfJob } from './price.ts'

const hourMs = 3_600_000n
const gib = 1n << 30n

const baseOrder: JobOrder = {
  ...new Actor(1).order({ nonce: 1n }).message,
  maxPriceMicrocredits: 10n ** 12n,
  fuelMax: 10n ** 15n,
  memoryBytesMax: 64n * gib,
  wallMsMax: 24n * hourMs,
}

/** Limits of an order that buys GPU, storage and egress. */
const added = { gpuCountMax: 2, storageBytesMax: gib, egressBytesMax: 4n * gib } as const

const most = 2n ** 64n - 1n

const baseReceipt: UsageReceipt = {
  ...new Actor(2).receipt(`0x${'00'.repeat(32)}`, {}).message,
  startedAtMs: 0n,
  endedAtMs: hourMs,
  fuel: 0n,
}

type Case = {
  readonly order?: Partial<JobOrder>
  readonly receipt?: Partial<UsageReceipt>
  readonly outcome?: JobOutcome
  readonly wallMs?: number
  readonly price: bigint
}

const coreHour = { engine: 'docker', cpuMillicoresMax: 1_000 } as const
const usedCoreHour = { cpuMs: hourMs }
const bid = { bidMicrocredits: 500n }
const usedTen = { fuel: 3_600_000n }

/** By the table of the economy; default rates, one hour between assignment and receipt. */
const cases: Readonly<Record<string, Case>> = {
  'a core-hour of WebAssembly fuel is 10 credits': { receipt: { fuel: 3_600n * 10n ** 9n }, price: 10_000_000n },
  'a core-hour in Docker is 10 credits': { order: coreHour, receipt: usedCoreHour, price: 10_000_000n },
  'a GiB-hour of memory is 1 credit': { receipt: { memoryBytesPeak: gib }, price: 1_000_000n },
  'a GPU-hour is 50 credits': { order: added, receipt: { gpuMs: hourMs }, price: 50_000_000n },
  'GPUs count up to the order’s number of them over the running time': {
    order: added,
    receipt: { gpuMs: most },
    price: 100_000_000n,
  },
  'a GiB-hour of storage is a hundredth of a credit': {
    order: added,
    receipt: { storageByteSeconds: gib * 3_600n },
    price: 10_000n,
  },
  'storage counts up to the order’s limit over the running time': {
    order: { ...added, wallMsMax: hourMs / 2n },
    receipt: { storageByteSeconds: most },
    price: 5_000n,
  },
  'a GiB of egress is a twentieth of a credit, whatever the time': {
    order: added,
    receipt: { egressBytes: gib, endedAtMs: 0n },
    price: 50_000n,
  },
  'egress counts up to the order’s limit': { order: added, receipt: { egressBytes: most }, price: 200_000n },
  'GPU, storage and egress that were not ordered cost nothing': {
    receipt: { gpuMs: most, storageByteSeconds: most, egressBytes: most },
    price: 0n,
  },
  'no running time is no GPU and no storage': {
    order: added,
    receipt: { gpuMs: most, storageByteSeconds: most },
    wallMs: 0,
    price: 0n,
  },
  'fractions of every usage add up before rounding': {
    order: { ...coreHour, ...added },
    // 13.888 µcr of GPU, 25 of storage, 24.99996 of egress: 62 if each were rounded.
    receipt: { gpuMs: 1n, storageByteSeconds: gib * 9n, egressBytes: gib / 2_000n },
    price: 63n,
  },
  'both add up': { order: coreHour, receipt: { ...usedCoreHour, memoryBytesPeak: gib }, price: 11_000_000n },
  'Docker does not pay for fuel': { order: coreHour, receipt: { fuel: 10n ** 15n }, price: 0n },
  'WebAssembly does not pay for CPU': { receipt: usedCoreHour, price: 0n },
  'high priority is twice the price': { order: { priority: 2 }, receipt: { memoryBytesPeak: gib }, price: 2_000_000n },
  'less than a microcredit is nothing': { receipt: { fuel: 359_999n }, price: 0n },
  'fractions add up before rounding': {
    order: coreHour,
    receipt: { cpuMs: 1n, memoryBytesPeak: gib / 3_600_000n },
    price: 3n,
  },
  'fractions are doubled before rounding': { order: { priority: 2 }, receipt: { fuel: 180_000n }, price: 1n },
  'fuel counts up to the order’s limit': { order: { fuelMax: 3_600_000n }, receipt: { fuel: 10n ** 15n }, price: 10n },
  'memory counts up to the order’s limit': {
    order: { memoryBytesMax: gib },
    receipt: { memoryBytesPeak: 2n ** 64n - 1n },
    price: 1_000_000n,
  },
  'CPU counts up to the order’s share of the running time': {
    order: { ...coreHour, cpuMillicoresMax: 500 },
    receipt: { cpuMs: 2n ** 64n - 1n },
    price: 5_000_000n,
  },
  'time counts up to the order’s limit': {
    order: { wallMsMax: hourMs / 2n },
    receipt: { memoryBytesPeak: gib },
    price: 500_000n,
  },
  'time counts up to what the ledger’s clock saw, whatever the node’s clock says': {
    receipt: { memoryBytesPeak: gib, endedAtMs: 2n ** 64n - 1n },
    wallMs: 1_800_000,
    price: 500_000n,
  },
  'time that runs backwards is no time': {
    receipt: { memoryBytesPeak: gib, startedAtMs: hourMs, endedAtMs: 0n },
    price: 0n,
  },
  'an assignment in the ledger’s future is no time': { receipt: { memoryBytesPeak: gib }, wallMs: -5, price: 0n },
  'nothing costs more than the order allows': {
    order: { maxPriceMicrocredits: 7n, priority: 2 },
    receipt: { fuel: 10n ** 15n },
    price: 7n,
  },
  'a bid is the price of a completed job': { order: bid, receipt: usedTen, price: 500n },
  'a bid is the price also when usage costs more': { order: bid, receipt: { fuel: 10n ** 15n }, price: 500n },
  'a bid is doubled by priority': { order: { ...bid, priority: 2 }, receipt: usedTen, price: 1_000n },
  'a bid above the highest price is cut': { order: { ...bid, maxPriceMicrocredits: 499n }, price: 499n },
  'a job that failed by itself pays what it used': { outcome: 'failedByJob', receipt: usedTen, price: 10n },
  'a job that failed by itself pays usage below its bid': {
    outcome: 'failedByJob',
    order: bid,
    receipt: usedTen,
    price: 10n,
  },
  'a job that failed by itself pays at most its bid': {
    outcome: 'failedByJob',
    order: bid,
    receipt: { fuel: 10n ** 15n },
    price: 500n,
  },
  'a job that ran out of time pays what it used': { outcome: 'timedOut', receipt: usedTen, price: 10n },
  'a job that ran out of time pays at most its bid': {
    outcome: 'timedOut',
    order: bid,
    receipt: { fuel: 10n ** 15n },
    price: 500n,
  },
  'a cancelled job pays what it used': { outcome: 'cancelled', order: bid, receipt: usedTen, price: 10n },
  'a job that failed by its node pays nothing': { outcome: 'failedByNode', order: bid, receipt: usedTen, price: 0n },
  'an idle job pays nothing': { outcome: 'idle', order: bid, receipt: usedTen, price: 0n },
}

describe('the price of a job', () => {
  for (const [name, { order, receipt, outcome = 'completed', wallMs = Number(hourMs), price }] of Object.entries(
    cases,
  )) {
    it(`by the table: ${name}`, () => {
      const used = { ...baseReceipt, ...receipt, outcome: jobOutcomes.indexOf(outcome) }
      const ordered = { ...baseOrder, ...order }
      assert.equal(priceOfJob(ordered, used, wallMs, ratesDefault), price)
      assert.equal(auditedPrice(ordered, used, wallMs, ratesDefault), price)
    })
  }

  const uint64 = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 10n ** 7n))
  const amount = fc.oneof(fc.bigInt(0n, 10n ** 15n), fc.bigInt(0n, 100n))
  const anyOrder = fc.record({
    engine: fc.constantFrom('wasm' as const, 'docker' as const),
    maxPriceMicrocredits: amount,
    bidMicrocredits: fc.oneof(fc.constant(0n), amount),
    priority: fc.constantFrom(1, 2),
    fuelMax: uint64,
    cpuMillicoresMax: fc.nat(256_000),
    memoryBytesMax: uint64,
    wallMsMax: uint64,
    gpuCountMax: fc.nat(2 ** 32 - 1),
    storageBytesMax: uint64,
    egressBytesMax: uint64,
  })
  const anyReceipt = fc.record({
    outcome: fc.nat(jobOutcomes.length - 1),
    startedAtMs: uint64,
    endedAtMs: uint64,
    fuel: uint64,
    cpuMs: uint64,
    memoryBytesPeak: uint64,
    gpuMs: uint64,
    storageByteSeconds: uint64,
    egressBytes: uint64,
  })
  const anyRates: fc.Arbitrary<Rates> = fc.record({
    cpuCoreHourMicrocredits: amount,
    memoryGibHourMicrocredits: amount,
    fuelCoreHourMicrocredits: amount,
    gpuHourMicrocredits: amount,
    storageGibHourMicrocredits: amount,
    egressGibMicrocredits: amount,
  })
  const wallMs = fc.integer({ min: -10, max: 2_592_000_000 })

  it('is never negative, never above the order’s, and the auditor reckons the same', () => {
    fc.assert(
      fc.property(anyOrder, anyReceipt, wallMs, anyRates, (order, receipt, elapsedMs, rates) => {
        const ordered = { ...baseOrder, ...order }
        const used = { ...baseReceipt, ...receipt }
        const price = priceOfJob(ordered, used, elapsedMs, rates)
        assert.ok(price >= 0n && price <= order.maxPriceMicrocredits)
        assert.equal(auditedPrice(ordered, used, elapsedMs, rates), price)
      }),
      { numRuns: 2_000, seed: 20_261_129 },
    )
  })

  it('is what it was for an order or a receipt of 0.1.0: as if of what came later nothing was bought or used', () => {
    fc.assert(
      fc.property(anyOrder, anyReceipt, wallMs, anyRates, (order, receipt, elapsedMs, rates) => {
        const today = { ...baseOrder, ...order }
        const { gpuCountMax: _, storageBytesMax: __, egressBytesMax: ___, ...ordered010 } = today
        const used = { ...baseReceipt, ...receipt }
        const { gpuMs: ____, storageByteSeconds: _____, egressBytes: ______, ...used010 } = used
        const nothing = { ...today, gpuCountMax: 0, storageBytesMax: 0n, egressBytesMax: 0n }
        const price = priceOfJob(nothing, used, elapsedMs, rates)
        for (const [signed, claimed] of [
          [ordered010, used],
          [today, used010],
          [ordered010, used010],
        ] as const) {
          assert.equal(priceOfJob(signed, claimed, elapsedMs, rates), price)
          assert.equal(auditedPrice(signed, claimed, elapsedMs, rates), price)
        }
      }),
      { numRuns: 300, seed: 20_261_132 },
    )
  })

  it('never falls when a receipt claims more', () => {
    fc.assert(
      fc.property(anyOrder, anyReceipt, wallMs, uint64, (order, receipt, elapsedMs, more) => {
        const ordered = { ...baseOrder, ...order }
        const used = { ...baseReceipt, ...receipt }
        const claimed = {
          ...used,
          fuel: used.fuel + more,
          cpuMs: used.cpuMs + more,
          gpuMs: used.gpuMs + more,
          storageByteSeconds: used.storageByteSeconds + more,
          egressBytes: used.egressBytes + more,
          endedAtMs: used.endedAtMs + more,
        }
        const price = priceOfJob(ordered, used, elapsedMs, ratesDefault)
        assert.ok(priceOfJob(ordered, claimed, elapsedMs, ratesDefault) >= price)
      }),
      { numRuns: 500, seed: 20_261_130 },
    )
  })
})

describe('the fee', () => {
  it('is rounded up, its burnt part down', () => {
    const rows = [
      [0n, 0n, 0n, 0n],
      [1n, 1n, 0n, 1n],
      [20n, 1n, 0n, 1n],
      [21n, 2n, 1n, 1n],
      [100_000n, 5_000n, 4_000n, 1_000n],
    ] as const
    for (const [captured, feeMicrocredits, burnMicrocredits, treasuryMicrocredits] of rows) {
      assert.deepEqual(feeOf(captured, testConfig), { feeMicrocredits, burnMicrocredits, treasuryMicrocredits })
    }
  })

  it('never exceeds what was captured, and its parts add up to it', () => {
    const share = fc.nat(10_000)
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), share, share, (captured, feeBasisPoints, burnBasisPoints) => {
        const fee = feeOf(captured, { ...testConfig, feeBasisPoints, burnBasisPoints })
        assert.ok(fee.feeMicrocredits <= captured && fee.burnMicrocredits >= 0n && fee.treasuryMicrocredits >= 0n)
        assert.equal(fee.burnMicrocredits + fee.treasuryMicrocredits, fee.feeMicrocredits)
      }),
      { seed: 20_261_131 },
    )
  })
})
