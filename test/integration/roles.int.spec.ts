import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Address, decodeEvent, type LedgerEvent } from '@deparrow/ledger'
import { AgentWallet } from '@deparrow/sdk'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { KafkaEventBus } from '@deparrow/services/kafka'
import { PostgresEventStore } from '@deparrow/services/postgres'
import { consumeTo, initialConsumerState } from '@deparrow/services/testing'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { accepted, newAgent } from '../support/agents.ts'
import { deleteTopic, kafkaBrokers } from '../support/kafka-brokers.ts'
import { createSchema, postgresUrl, type TestSchema } from '../support/postgres-schema.ts'
import { postJson } from '../support/request.ts'
import { RoleNetwork } from '../support/role-network.ts'
import { RoleProcess } from '../support/role-process.ts'
import { temporaryFolder } from '../support/run-network.ts'
import { smallestJob } from '../support/smallest-job.ts'
import { TransferLoad } from '../support/transfer-load.ts'
import { until } from '../support/until.ts'

type AuditLeg = { readonly configured: boolean; readonly position: string; readonly alarm: object | null }

type LedgerShown = {
  readonly heads: readonly { readonly position: string }[]
  readonly audit: { readonly ok: boolean; readonly legs: readonly AuditLeg[] }
}

/** The journal of a ledger with one shard, as the services name it. */
const journal = 'main'

const creditsMicro = 5_000_000n
/** A fixed price of 0.05 credits: what the smallest job uses is worth less than 1 µcr. */
const bidMicrocredits = 50_000n

/** What a standby takes: the promise is 2 s on a machine of its own; this one is shared with everything else that a test starts. */
const takeOverMsMax = 5_000

const url = postgresUrl()
const brokers = kafkaBrokers()

if (url !== undefined && brokers !== undefined) {
  describe('the services of deploy/compose.yaml as processes of their own', { timeout: 300_000 }, () =>
    describeRoles(url, brokers),
  )
}

function describeRoles(address: string, kafka: readonly string[]): void {
  const folder = temporaryFolder()
  const topic = `deparrow-test-roles-${randomBytes(6).toString('hex')}`
  let schema: TestSchema
  let network: RoleNetwork
  let roles: ReadonlyMap<string, RoleProcess>
  let node: RoleProcess
  let store: PostgresEventStore
  const standIns: RoleProcess[] = []

  before(async () => {
    schema = await createSchema(address)
    const databaseUrl = new URL(address)
    databaseUrl.searchParams.set('options', `-c search_path=${schema.name}`)
    store = await PostgresEventStore.open(databaseUrl.href)
    const options = { folder: folder.path, databaseUrl: databaseUrl.href, kafkaBrokers: kafka, kafkaTopic: topic }
    network = await RoleNetwork.prepare(options)
    roles = await network.startAll(network.roleNames)
    const data = join(folder.path, 'node')
    const args = ['--url', network.gatewayUrl, '--data', data, '--json', 'node', 'start'] as const
    node = new RoleProcess('node', ['compute-node/bin/deparrow.js', ...args], { HOME: folder.path })
  })
  after(async () => {
    await node.stop()
    await network.stop()
    await store.close()
    await schema.remove()
    await deleteTopic(kafka, topic)
    folder.remove()
  })

  /** The ledger process that writes now, once there is one; with `other`, once there is another one than that. */
  async function writerName(other?: string): Promise<string> {
    const found: string[] = []
    await until('a ledger process writes', async () => {
      for (const name of ['ledger', 'ledger-standby']) {
        if (name !== other && (await network.readiness(name))?.['writer'] === true) found.push(name)
      }
      return found.length > 0
    })
    return String(found[0])
  }

  async function journalEvents(): Promise<readonly LedgerEvent[]> {
    const events: LedgerEvent[] = []
    for (;;) {
      const page = await store.read(journal, events.length, 10_000)
      events.push(...page.map(decodeEvent))
      if (page.length < 10_000) return events
    }
  }

  /** Everything in the journal is on Kafka, once and in order: the chain of hashes that its records give is the journal's. */
  async function assertOnKafka(): Promise<void> {
    const head = await store.head(journal)
    const bus = new KafkaEventBus({ brokers: kafka, topic, shards: [journal] })
    const state = initialConsumerState()
    await consumeTo({ bus, shard: journal, crypto: ledgerCrypto }, state, head.position, AbortSignal.timeout(60_000))
    await bus.close()
    assert.deepEqual({ position: state.position, hash: state.hash }, head)
  }

  it('do nothing for who has not got the network’s secret, nor on the public port', async () => {
    const body = { command: { type: 'CloseEpoch', epoch: 1 } }
    for (const [base, status] of [
      [network.internalUrl('ledger'), 401],
      [network.internalUrl('market'), 401],
      [network.gatewayUrl, 404],
    ] as const) {
      assert.equal((await postJson(`${base}/rpc/ledger/submit`, body)).status, status)
    }
    const secret = readFileSync(network.secretFile('session-secret'), 'utf8').trim()
    const headers = { authorization: `Bearer ${secret}` }
    assert.equal((await postJson(`${network.internalUrl('ledger')}/rpc/ledger/submit`, body, headers)).status, 401)
  })

  it('refuse a command that is none, and let nobody open a ledger from outside', async () => {
    const secret = readFileSync(network.secretFile('internal-secret'), 'utf8').trim()
    const headers = { authorization: `Bearer ${secret}` }
    const submit = `${network.internalUrl(await writerName())}/rpc/ledger/submit`
    for (const command of [
      {},
      { type: 'OpenLedger', config: {} },
      { type: 'CloseEpoch', epoch: '1' },
      { type: 'CloseEpoch', epoch: 1, by: 'me' },
    ]) {
      assert.equal((await postJson(submit, { command }, headers)).status, 400)
    }
    const refused = await postJson(submit, { command: { type: 'CloseEpoch', epoch: 99 } }, headers)
    assert.equal(refused.status, 200)
    assert.match(refused.text, /"code":"EPOCH_OUT_OF_ORDER"/)
  })

  it('run a whole signed job: bought through the gateway, held, run by a node, settled, paid out and claimable', async () => {
    const agent = await newAgent(network.gatewayUrl, creditsMicro)
    await until('a node has joined', async () => (await agent.nodes()).some(({ online }) => online))
    const { job } = accepted(
      await agent.submitJob({ module: smallestJob, bidMicrocredits, maxPriceMicrocredits: bidMicrocredits }),
    )
    const statuses: string[] = []
    const ended = await agent.followJob(job.id, { onStatus: ({ status }) => void statuses.push(status) })
    assert.equal(ended.status, 'completed', JSON.stringify(ended.failure))
    assert.equal(statuses.at(-1), 'completed')
    const { output } = await agent.fetchResult(ended)
    assert.equal(Buffer.from(output).toString(), 'ok')
    const { capturedMicrocredits: captured, earnedMicrocredits: earned, feeMicrocredits: fee } = ended
    assert.ok(captured !== null && captured > 0n && earned !== null && fee !== null)
    assert.equal(captured, earned + fee)
    const { availableMicrocredits, heldMicrocredits } = await agent.balance()
    assert.deepEqual([availableMicrocredits, heldMicrocredits], [creditsMicro - captured, 0n])
    const payee = ended.node?.payoutWallet as Address
    await until(
      'an epoch that pays the node is final',
      async () => ((await agent.claimable(payee))?.unclaimedMicrocredits ?? 0n) >= earned,
    )
    await until('the projections show it', async () => {
      const { entries } = await agent.statement()
      return entries.some(({ jobId }) => jobId === job.id)
    })
    const types = new Set((await journalEvents()).map(({ type }) => type))
    for (const type of [
      'LedgerOpened',
      'HoldOpened',
      'HoldAssigned',
      'ReceiptReceived',
      'JobSettled',
      'EpochFinalised',
    ]) {
      assert.ok(types.has(type as LedgerEvent['type']), `there is no ${type} in the journal`)
    }
    await assertOnKafka()
  })

  it('audit themselves: journal, projections, Kafka and chain tell the same', async () => {
    const query = '{ ledger { heads { position } audit { ok legs { leg configured position alarm { found } } } } }'
    await until('every leg agrees up to the journal’s end', async () => {
      const { json } = await postJson(`${network.gatewayUrl}/graphql`, { query })
      const { ledger } = (json?.['data'] ?? {}) as { ledger?: LedgerShown }
      if (ledger === undefined) return false
      const isWell = (leg: AuditLeg) =>
        leg.configured && leg.alarm === null && leg.position === ledger.heads[0]?.position
      return ledger.audit.ok && ledger.audit.legs.length === 4 && ledger.audit.legs.every(isWell)
    })
    assert.equal((await network.readiness('audit'))?.['audit'], true)
  })

  it('lose nothing when the ledger’s writer is killed under load: the standby goes on, and every answer stands', async t => {
    const payer = privateKeyToAccount(generatePrivateKey())
    const agent = await AgentWallet.connect({ url: network.gatewayUrl, account: payer })
    accepted(await agent.fund({ amountMicrocredits: creditsMicro }))
    accepted(await agent.deposit(creditsMicro))
    const to = privateKeyToAccount(generatePrivateKey()).address.toLowerCase() as Address
    const load = new TransferLoad({ gatewayUrl: network.gatewayUrl, payer, to, domain: agent.domain, laneCount: 8 })
    t.after(() => load.stop())
    await load.reached(100)
    const name = await writerName()
    const killedAtMs = performance.now()
    roles.get(name)?.kill('SIGKILL')
    await writerName(name)
    await load.reached(load.acknowledged.length + 100)
    await load.stop()
    assert.deepEqual(load.failures, [], [...roles.values()].map(role => role.told()).join('\n'))
    const next = load.acknowledged.find(({ sentAtMs }) => sentAtMs > killedAtMs)?.atMs ?? Number.POSITIVE_INFINITY
    const gapMs = Math.round(next - killedAtMs)
    t.diagnostic(`the first transfer that was sent after the kill was answered ${gapMs} ms after it`)
    assert.ok(gapMs < takeOverMsMax, `${gapMs} ms`)
    const counts = new Map<string, number>()
    for (const event of await journalEvents()) {
      if (event.type === 'CreditsTransferred') counts.set(event.commandId, (counts.get(event.commandId) ?? 0) + 1)
    }
    for (const { commandId } of load.acknowledged)
      assert.equal(counts.get(commandId), 1, `${commandId} was acknowledged`)
    assert.equal((await agent.balance(to)).availableMicrocredits, BigInt(load.acknowledged.length))
    await assertOnKafka()
    const again = network.start(name)
    await until('the killed one stands by', async () => {
      const { status, writer } = (await network.readiness(name)) ?? {}
      return status === 'ok' && writer === false
    })
    standIns.push(again)
  })

  it('hand the shard over when the writer is told to end', async t => {
    const name = await writerName()
    const writer = [...standIns, ...roles.values()].find(role => role.name === name)
    const toldAtMs = performance.now()
    assert.equal(await writer?.stop(), 0)
    await writerName(name)
    t.diagnostic(`the standby writes ${Math.round(performance.now() - toldAtMs)} ms after the writer was told to end`)
    assert.ok(performance.now() - toldAtMs < takeOverMsMax)
  })
}
