import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { bytesToHex, ledgerConfigDefaults, zeroHash } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { KafkaEventBus } from '@deparrow/services/kafka'
import { KyselyReadModel, openPostgres, PostgresEventStore } from '@deparrow/services/postgres'
import { Pool } from 'pg'
import { BenchWallet, benchDomain } from '../bench/ledger/bench-wallet.ts'
import { seededRandom } from '../bench/ledger/transfers.ts'
import { OwnEngines } from '../support/own-engines.ts'
import { readTopic } from '../support/read-topic.ts'
import {
  assertAudited,
  assertJournalled,
  assertProjected,
  assertPublished,
  assertSameAnswers,
  countsOf,
  readAudited,
} from './ledger-evidence.ts'
import { LedgerLoad } from './ledger-load.ts'
import { LedgerPair } from './ledger-pair.ts'

/** What is killed in the rounds, in an order that the seed shuffles. */
const victims = [
  ...Array<'writer'>(6).fill('writer'),
  'standby',
  'both ledgers',
  ...Array<'postgres'>(6).fill('postgres'),
  ...Array<'kafka'>(6).fill('kafka'),
] as const

type Victim = (typeof victims)[number]

const clientCount = 12

const shard = 'main'

/** An engine and a ledger that come back on a busy machine. */
const roundTimeoutMs = 60_000

/** Within this a hot standby answers, in the median of the rounds: a single one may meet a machine that does much else. */
const takeoverMaxMs = 2_000

/** A test that kills engines starts its own, as `npm run engines` does. */
const canStartEngines = process.env['DEPARROW_REQUIRE_ENGINES'] === '1' || process.getuid?.() === 0
const skip = canStartEngines ? false : 'starting engines needs Debian and root'

describe('kill -9 of ledger, PostgreSQL and Kafka in the middle of load', () => {
  it('loses, repeats and reorders nothing that was acknowledged, in the store, the projections and Kafka', {
    skip,
  }, async t => {
    const seed = Number(process.env['DEPARROW_KILL_SEED'] ?? randomInt(1, 2 ** 31))
    t.diagnostic(`seed ${seed}: DEPARROW_KILL_SEED=${seed} repeats the order of the kills and what clients send`)
    const closers: Closers = []
    t.after(async () => {
      for (const close of closers.reverse()) await close()
    })
    const scene = await startScene(closers, seed)
    await runRounds(t, scene, seededRandom(seed))
    await checkEvidence(t, closers, scene)
  })
})

/** What is to be closed, the newest first. */
type Closers = (() => Promise<void>)[]

type Scene = {
  readonly engines: OwnEngines
  readonly topic: string
  readonly pair: LedgerPair
  readonly load: LedgerLoad
  /** Ids of the commands before the load. */
  readonly known: ReadonlySet<string>
}

async function startScene(closers: Closers, seed: number): Promise<Scene> {
  const engines = await OwnEngines.start()
  closers.push(() => engines.remove())
  const topic = `deparrow-kill-${randomBytes(6).toString('hex')}`
  const ledgerWallet = new BenchWallet(999)
  const ledgerKey = bytesToHex(ledgerWallet.privateKey())
  const { postgresUrl, kafkaBroker } = engines
  const pair = new LedgerPair({ postgresUrl, kafkaBroker, topic, shard, ledgerKey })
  closers.push(() => pair.stop())
  const wallets = Array.from({ length: clientCount }, (_, index) => new BenchWallet(index))
  const opened = await pair.submit({
    type: 'OpenLedger',
    config: {
      ...ledgerConfigDefaults,
      chainId: benchDomain.chainId,
      settlement: benchDomain.verifyingContract,
      genesisHash: zeroHash,
      ledgerSigner: ledgerWallet.address,
    },
  })
  assert.equal(opened.status, 'accepted')
  const known = new Set(['open'])
  for (const [index, { address: account }] of wallets.entries()) {
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: index }
    const amountMicrocredits = 10_000_000n
    await pair.submit({ type: 'RecordInboxItem', index, kind: 'deposit', account, amountMicrocredits, place })
    known.add(`inbox:${index}`)
  }
  const load = new LedgerLoad(command => pair.submit(command), wallets, seed)
  return { engines, topic, pair, load, known }
}

/** Each kill comes while commands are answered; the next one as soon as they are answered again, whatever else is still away. */
async function runRounds(t: TestContext, { engines, pair, load }: Scene, random: () => number): Promise<void> {
  const back = { postgres: Promise.resolve(), kafka: Promise.resolve() }
  const kill = async (victim: Victim): Promise<void> => {
    if (victim === 'writer') return pair.killWriter()
    if (victim === 'standby') return pair.killStandby()
    if (victim === 'both ledgers') return pair.killBoth()
    await back[victim]
    await engines.kill(victim)
    back[victim] = engines.restart(victim)
    back[victim].catch(() => undefined)
  }
  const answered = (count: number) => unlessFailed([back.postgres, back.kafka], load.more(count, roundTimeoutMs))
  for (const [index, victim] of shuffled(victims, random).entries()) {
    const round = Promise.withResolvers<void>()
    await t.test(`round ${index + 1}: ${victim} is killed, and commands are answered again`, async () => {
      await answered(100 + Math.floor(random() * 200))
        .then(() => kill(victim))
        .then(() => answered(10))
        .then(round.resolve, round.reject)
      await round.promise
    })
    await round.promise
  }
  await Promise.all([back.postgres, back.kafka])
  await load.stop()
}

async function checkEvidence(
  t: TestContext,
  closers: Closers,
  { engines, topic, pair, load, known }: Scene,
): Promise<void> {
  const { acknowledged } = load
  t.diagnostic(`${acknowledged.length} answers: ${countsOf(acknowledged)}; sent again ${pair.repeatedSends} times`)
  const store = await PostgresEventStore.open(engines.postgresUrl)
  closers.push(() => store.close())
  const admin = new Pool({ connectionString: engines.postgresUrl, max: 1 })
  closers.push(() => admin.end())
  const journal = await readAudited(store, shard, ledgerCrypto)
  await t.test('the store holds every acknowledged command once, at the position that was told', () => {
    assertJournalled(journal, acknowledged, known)
  })
  await t.test('a command that was sent more than once got the same answer each time', () => {
    assertSameAnswers(acknowledged)
  })
  await t.test('the statements hold every entry of every event once', () => assertProjected(journal, admin))
  await t.test('Kafka holds the journal as it is, each event once and in order', async () => {
    assertPublished(journal, await readTopic(engines.kafkaBroker, topic, journal.events.length))
  })
  await t.test('the four-way audit finds that journal, statements and Kafka agree', async () => {
    const readModel = await KyselyReadModel.open(openPostgres(engines.postgresUrl))
    closers.push(() => readModel.close())
    const bus = new KafkaEventBus({ brokers: [engines.kafkaBroker], topic, shards: [shard] })
    closers.push(() => bus.close())
    const sources = { store, journals: [shard], readModel, bus }
    await assertAudited({ sources, crypto: ledgerCrypto, clock: { nowMs: () => Date.now() } })
  })
  await t.test(`the standby takes over within ${takeoverMaxMs} ms in the median`, st => {
    const sorted = pair.takeoversMs.toSorted((a, b) => a - b)
    st.diagnostic(`takeovers, ms: ${sorted.join(' ')}`)
    assert.equal(sorted.length, victims.filter((victim: Victim) => victim === 'writer').length)
    assert.ok((sorted[sorted.length >> 1] ?? Number.NaN) <= takeoverMaxMs)
  })
}

/** What is waited for, or the failure of an engine that does not come back. */
function unlessFailed(back: readonly Promise<void>[], wanted: Promise<void>): Promise<void> {
  return Promise.race([wanted, Promise.all(back).then(() => wanted)])
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map(item => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
