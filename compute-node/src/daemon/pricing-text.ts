import type { Pricing } from '@deparrow/ledger'
import * as z from 'zod'

const uint64Max = 2n ** 64n - 1n

const rateSchema = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/)
  .transform(BigInt)
  .refine(rate => rate <= uint64Max)

const basisPointsSchema = z.int().min(0).max(10_000)

const pricingSchema = z.strictObject({
  rates: z.strictObject({
    cpuCoreHourMicrocredits: rateSchema,
    gpuHourMicrocredits: rateSchema,
    memoryGibHourMicrocredits: rateSchema,
    storageGibHourMicrocredits: rateSchema,
    egressGibMicrocredits: rateSchema,
    fuelCoreHourMicrocredits: rateSchema,
  }),
  feeBasisPoints: basisPointsSchema,
  burnBasisPoints: basisPointsSchema,
})

/** A pricing as JSON; rates are decimal texts. */
export function encodePricing({ rates, feeBasisPoints, burnBasisPoints }: Pricing): string {
  const texts = Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, String(rate)]))
  return JSON.stringify({ rates: texts, feeBasisPoints, burnBasisPoints })
}

/** The pricing of such a text; `undefined` for any other. */
export function decodePricing(text: string): Pricing | undefined {
  try {
    return pricingSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
