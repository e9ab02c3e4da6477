import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  feeOf,
  type JobOrder,
  jobOrderType,
  type Pricing,
  priceOfJob,
  pricingDigest,
  type UsageReceipt,
  usageReceiptType,
} from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import fc from 'fast-check'
import { anyMessageOf } from '../support/any-message.fixture.ts'
import { viem } from '../support/judges-chain.ts'
import { asStruct } from '../support/messages.ts'

const harness = await viem.deployContract('MessagesHarness')

type Args = Parameters<typeof harness.read.priceOf>[0]

/** Numbers of every magnitude, so that each limit is the one that counts in some of the cases. */
const anyUint = (bits: number): fc.Arbitrary<bigint> =>
  fc.nat({ max: bits }).chain(size => fc.bigInt({ min: 0n, max: 2n ** BigInt(size) - (size === 0 ? 0n : 1n) }))

const uintFields = (type: typeof jobOrderType) =>
  type.fields
    .filter(field => field.type === 'uint64' || field.type === 'uint32')
    .map(field => [field.name, field.type === 'uint64' ? anyUint(64) : anyUint(31).map(Number)])

const anyOrder = fc
  .tuple(
    anyMessageOf(jobOrderType),
    fc.record(Object.fromEntries(uintFields(jobOrderType)), { noNullPrototype: true }),
    fc.constantFrom('wasm', 'docker', 'quantum'),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([message, numbers, engine, hasBid, isDear]) => ({
    ...message,
    ...numbers,
    engine,
    ...(hasBid ? {} : { bidMicrocredits: 0n }),
    ...(isDear ? { maxPriceMicrocredits: 2n ** 64n - 1n } : {}),
  })) as unknown as fc.Arbitrary<JobOrder>

const anyReceipt = fc
  .tuple(
    anyMessageOf(usageReceiptType),
    fc.record(Object.fromEntries(uintFields(usageReceiptType)), { noNullPrototype: true }),
    fc.nat({ max: 5 }),
    anyUint(40),
  )
  .map(([message, numbers, outcome, lasted]) => ({
    ...message,
    ...numbers,
    outcome,
    endedAtMs: (numbers as { startedAtMs: bigint }).startedAtMs / 2n + lasted,
  })) as unknown as fc.Arbitrary<UsageReceipt>

const anyPricing: fc.Arbitrary<Pricing> = fc.record(
  {
    rates: fc.record(
      {
        cpuCoreHourMicrocredits: anyUint(64),
        memoryGibHourMicrocredits: anyUint(64),
        fuelCoreHourMicrocredits: anyUint(64),
        gpuHourMicrocredits: anyUint(64),
        storageGibHourMicrocredits: anyUint(64),
        egressGibMicrocredits: anyUint(64),
      },
      { noNullPrototype: true },
    ),
    feeBasisPoints: fc.nat({ max: 10_000 }),
    burnBasisPoints: fc.nat({ max: 10_000 }),
  },
  { noNullPrototype: true },
)

const asPricing = ({ rates, ...shares }: Pricing) => ({ ...rates, ...shares })

const most = 2n ** 64n - 1n
const mostRates = {
  cpuCoreHourMicrocredits: most,
  memoryGibHourMicrocredits: most,
  fuelCoreHourMicrocredits: most,
  gpuHourMicrocredits: most,
  storageGibHourMicrocredits: most,
  egressGibMicrocredits: most,
}

function argsOf(order: JobOrder, receipt: UsageReceipt, wallBoundMs: number, pricing: Pricing): Args {
  const structs = [asStruct(jobOrderType, order), asStruct(usageReceiptType, receipt)]
  return [...structs, BigInt(wallBoundMs), asPricing(pricing)] as unknown as Args
}

describe('the price of a job on chain', () => {
  it('is the ledger’s for thousands of orders and receipts', async () => {
    let priced = 0
    await fc.assert(
      fc.asyncProperty(anyOrder, anyReceipt, anyUint(50), anyPricing, async (order, receipt, bound, pricing) => {
        const price = await harness.read.priceOf(argsOf(order, receipt, Number(bound), pricing))
        assert.equal(price, priceOfJob(order, receipt, Number(bound), pricing.rates))
        if (price > 0n && price < order.maxPriceMicrocredits) priced += 1
      }),
      { numRuns: 3_000, seed: 20_260_704 },
    )
    // Not all of them were free or cut off at the highest price.
    assert.ok(priced > 300, `only ${priced} prices say something`)
  })

  it('does not overflow with every number as large as it can be', async () => {
    const [order] = fc.sample(anyMessageOf(jobOrderType), { numRuns: 1, seed: 1 }) as unknown as [JobOrder]
    const [receipt] = fc.sample(anyMessageOf(usageReceiptType), { numRuns: 1, seed: 1 }) as unknown as [UsageReceipt]
    const largest = <T extends object>(message: T): T =>
      Object.fromEntries(
        Object.entries(message).map(([name, value]) => [name, typeof value === 'bigint' ? most : value]),
      ) as T
    for (const engine of ['wasm', 'docker'] as const)
      for (const outcome of [0, 1, 3, 4]) {
        const large = {
          ...largest(order),
          engine,
          priority: 255,
          cpuMillicoresMax: 2 ** 32 - 1,
          gpuCountMax: 2 ** 32 - 1,
        }
        const used = { ...largest(receipt), startedAtMs: 0n, outcome }
        const pricing = { rates: mostRates, feeBasisPoints: 2 ** 32 - 1, burnBasisPoints: 2 ** 32 - 1 }
        assert.equal(await harness.read.priceOf(argsOf(large, used, Number.MAX_SAFE_INTEGER, pricing)), most)
        const free = { ...large, bidMicrocredits: 0n }
        assert.equal(await harness.read.priceOf(argsOf(free, used, Number.MAX_SAFE_INTEGER, pricing)), most)
      }
  })

  it('is nothing where the node is at fault or the job was idle', async () => {
    const [order] = fc.sample(anyOrder, { numRuns: 1, seed: 2 }) as [JobOrder]
    const [receipt] = fc.sample(anyReceipt, { numRuns: 1, seed: 2 }) as [UsageReceipt]
    const pricing = { rates: mostRates, feeBasisPoints: 0, burnBasisPoints: 0 }
    for (const outcome of [2, 5]) {
      const dear = { ...order, bidMicrocredits: 1_000n, maxPriceMicrocredits: 1_000n }
      assert.equal(await harness.read.priceOf(argsOf(dear, { ...receipt, outcome }, 3_600_000, pricing)), 0n)
    }
  })
})

describe('the digest of a pricing', () => {
  it('is the one that the ledger’s certificates name', async () => {
    await fc.assert(
      fc.asyncProperty(anyPricing, async pricing => {
        const digest = await harness.read.hashPricing([asPricing(pricing)])
        assert.equal(digest, pricingDigest(ethersCrypto, pricing))
      }),
      { numRuns: 50, seed: 20_260_707 },
    )
  })
})

describe('the fee on chain', () => {
  it('is the ledger’s, with its burnt part, and leaves the node the rest', async () => {
    await fc.assert(
      fc.asyncProperty(anyUint(64), anyPricing, async (captured, pricing) => {
        const { feeMicrocredits, burnMicrocredits } = feeOf(captured, pricing)
        const args = [captured, asPricing(pricing)] as const
        assert.deepEqual(await harness.read.feeOf(args), [feeMicrocredits, burnMicrocredits])
        assert.equal(await harness.read.earnedOf(args), captured - feeMicrocredits)
      }),
      { numRuns: 300, seed: 20_260_705 },
    )
  })

  it('is rounded up by however little, and its burnt part down', async () => {
    for (const [captured, feeBasisPoints, fee] of [
      [1n, 1, 1n],
      [9_999n, 1, 1n],
      [10_000n, 1, 1n],
      [10_001n, 1, 2n],
      [3_333n, 7, 3n],
    ] as const)
      assert.deepEqual(await harness.read.feeOf([captured, { ...mostRates, feeBasisPoints, burnBasisPoints: 9_999 }]), [
        fee,
        fee - 1n,
      ])
  })

  it('leaves the node nothing when it is more than what was captured', async () => {
    const pricing = { ...mostRates, feeBasisPoints: 20_000, burnBasisPoints: 0 }
    assert.equal(await harness.read.earnedOf([5n, pricing]), 0n)
  })
})
