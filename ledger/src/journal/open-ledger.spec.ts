import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { microcreditsMax } from '../credits.ts'
import { zeroAddress } from '../hex.ts'
import { testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { decideBatch } from './batch.ts'
import type { LedgerConfig } from './config.ts'
import { initialState } from './state.ts'

function open(changes: object) {
  const config = { ...testConfig, ...changes } as LedgerConfig
  return decideBatch(initialState(), [{ type: 'OpenLedger', config }], testStartMs, ethersCrypto)
}

const rates = (changes: object) => ({ rates: { ...testConfig.rates, ...changes } })
const rewards = (changes: object) => ({ rewards: { ...testConfig.rewards, ...changes } })

const rateNames = Object.keys(testConfig.rates)
const limitNames = ['grantDayMicrocreditsMax', 'uptimeDayMicrocreditsMax', 'referralMicrocreditsMax'] as const

const lowerAddress = 'expected a lower-case address'
const fromZero = 'expected an integer from 0'
const share = 'expected 0 to 10000'
const quarter = 'expected 0 to 2500'
const cap = 'expected 0 to 1000000000000000'
const bonusShare = 'rewards.bonusShareBasisPoints'

/** Each would make signatures, fees or prices meaningless for the whole life of the journal. */
const refusals: readonly (readonly [object, string, string])[] = [
  [{ chainId: 0 }, 'chainId', 'expected an integer from 1'],
  [{ chainId: 1.5 }, 'chainId', 'expected an integer from 1'],
  [{ chainId: 2 ** 53 }, 'chainId', 'expected an integer from 1'],
  [{ settlement: '0x' }, 'settlement', lowerAddress],
  [{ settlement: `0x${'AB'.repeat(20)}` }, 'settlement', lowerAddress],
  [{ genesisHash: `0x${'00'.repeat(20)}` }, 'genesisHash', 'expected 32 bytes in lower case'],
  [{ genesisHash: `0x${'AB'.repeat(32)}` }, 'genesisHash', 'expected 32 bytes in lower case'],
  [{ ledgerSigner: 'nobody' }, 'ledgerSigner', lowerAddress],
  [{ ledgerSigner: `0x${'AB'.repeat(20)}` }, 'ledgerSigner', lowerAddress],
  [{ treasurer: 'nobody' }, 'treasurer', lowerAddress],
  [{ treasurer: `0x${'AB'.repeat(20)}` }, 'treasurer', lowerAddress],
  [{ changeDelaySeconds: -1 }, 'changeDelaySeconds', fromZero],
  [{ changeDelaySeconds: 0.5 }, 'changeDelaySeconds', fromZero],
  [{ changeDelaySeconds: 2 ** 53 }, 'changeDelaySeconds', fromZero],
  [{ shardCount: 0 }, 'shardCount', 'expected 1 to 1024'],
  [{ shardCount: -1 }, 'shardCount', 'expected 1 to 1024'],
  [{ shardCount: 1.5 }, 'shardCount', 'expected 1 to 1024'],
  [{ shardCount: 1_025 }, 'shardCount', 'expected 1 to 1024'],
  [{ shard: 1 }, 'shard', 'expected less than shardCount'],
  [{ shard: 3, shardCount: 3 }, 'shard', 'expected less than shardCount'],
  [{ shard: -1 }, 'shard', 'expected less than shardCount'],
  [{ shard: 0.5 }, 'shard', 'expected less than shardCount'],
  ...rateNames.map(name => [rates({ [name]: -1n }), `rates.${name}`, 'expected at least 0'] as const),
  [{ feeBasisPoints: 10_001 }, 'feeBasisPoints', share],
  [{ feeBasisPoints: -1 }, 'feeBasisPoints', share],
  [{ feeBasisPoints: 0.5 }, 'feeBasisPoints', share],
  [{ burnBasisPoints: 10_001 }, 'burnBasisPoints', share],
  [{ burnBasisPoints: -1 }, 'burnBasisPoints', share],
  [{ burnBasisPoints: 0.5 }, 'burnBasisPoints', share],
  ...limitNames.flatMap(name => [
    [rewards({ [name]: -1n }), `rewards.${name}`, cap] as const,
    [rewards({ [name]: microcreditsMax + 1n }), `rewards.${name}`, cap] as const,
  ]),
  [rewards({ bonusShareBasisPoints: 2_501 }), bonusShare, quarter],
  [rewards({ bonusShareBasisPoints: -1 }), bonusShare, quarter],
  [rewards({ bonusShareBasisPoints: 0.5 }), bonusShare, quarter],
]

const acceptances: readonly object[] = [
  { chainId: 1 },
  { chainId: Number.MAX_SAFE_INTEGER },
  { treasurer: zeroAddress },
  { changeDelaySeconds: 0 },
  { changeDelaySeconds: Number.MAX_SAFE_INTEGER },
  { shard: 0, shardCount: 1 },
  { shard: 2, shardCount: 3 },
  { shard: 1_023, shardCount: 1_024 },
  ...rateNames.map(name => rates({ [name]: 0n })),
  { feeBasisPoints: 0 },
  { feeBasisPoints: 10_000, burnBasisPoints: 0 },
  { burnBasisPoints: 10_000 },
  ...limitNames.flatMap(name => [rewards({ [name]: 0n }), rewards({ [name]: microcreditsMax })]),
  rewards({ bonusShareBasisPoints: 0 }),
  rewards({ bonusShareBasisPoints: 2_500 }),
]

function shown(changes: object): string {
  return JSON.stringify(changes, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
}

describe('opening the ledger', () => {
  for (const [changes, field, problem] of refusals) {
    it(`is refused for ${field}: ${shown(changes)}`, () => {
      const { answers, events } = open(changes)
      const answer = answers?.[0]
      assert.ok(answer?.status === 'refused')
      assert.deepEqual([answer.refusal, events.length], [{ code: 'MALFORMED', field, problem }, 0])
    })
  }

  for (const changes of acceptances) {
    it(`is accepted at the bounds: ${shown(changes)}`, () => {
      const { answers, events } = open(changes)
      assert.equal(answers?.[0]?.status, 'accepted')
      assert.deepEqual(
        events.map(({ type, data }) => [type, data]),
        [['LedgerOpened', { config: { ...testConfig, ...changes } }]],
      )
    })
  }
})
