import { measureVerify } from '../verify.ts'
import type { Figure } from './figure.ts'

const eventCount = 1_000_000

const signatureCount = 60_000

/** What `deparrow ledger verify` replays in a second, without signatures and with all of them. */
export async function verifyFigures(): Promise<readonly Figure[]> {
  const rates = await measureVerify({ events: eventCount, signatures: signatureCount })
  return [
    {
      name: 'verify_plain',
      value: rates.eventsPerSecondPlain,
      unit: 'events/s',
      target: '≥ 200 000',
      isMet: rates.eventsPerSecondPlain >= 200_000,
    },
    {
      name: 'verify_signed',
      value: rates.signaturesPerSecond,
      unit: 'signatures/s',
      target: '≥ 15 000',
      isMet: rates.signaturesPerSecond >= 15_000,
    },
  ]
}
