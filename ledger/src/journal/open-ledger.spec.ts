import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { decideBatch } from './batch.ts'
import type { LedgerConfig } from './config.ts'
import { initialState } from './state.ts'

function open(changes: object) {
  const config = { ...testConfig, ...changes } as LedgerConfig
  return decideBatch(initialState(), [{ type: 'OpenLedger', config }], testStartMs, ethersCrypto)
}

/** Each would make signatures, fees or prices meaningless for the whole life of the journal. */
const refusals: readonly (readonly [object, string])[] = [
  [{ chainId: 0 }, 'chainId'],
  [{ chainId: 1.5 }, 'chainId'],
  [{ settlement: '0x' }, 'settlement'],
  [{ settlement: `0x${'AB'.repeat(20)}` }, 'settlement'],
  [{ genesisHash: `0x${'00'.repeat(20)}` }, 'genesisHash'],
  [{ ledgerSigner: 'nobody' }, 'ledgerSigner'],
  [{ rates: { ...testConfig.rates, fuelCoreHourMicrocredits: -1n } }, 'rates.fuelCoreHourMicrocredits'],
  [{ feeBasisPoints: 10_001 }, 'feeBasisPoints'],
  [{ feeBasisPoints: -1 }, 'feeBasisPoints'],
  [{ burnBasisPoints: 0.5 }, 'burnBasisPoints'],
]

describe('opening the ledger', () => {
  for (const [changes, field] of refusals) {
    it(`is refused for ${field}: ${JSON.stringify(changes, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`, () => {
      const { answers, events } = open(changes)
      const answer = answers?.[0]
      assert.ok(answer?.status === 'refused' && answer.refusal.code === 'MALFORMED')
      assert.deepEqual([answer.refusal.field, events.length], [field, 0])
    })
  }

  it('is accepted up to a fee of everything', () => {
    assert.equal(open({ feeBasisPoints: 10_000, burnBasisPoints: 0 }).events.length, 1)
  })
})
