import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import {
  type Address,
  type Domain,
  FollowingLedger,
  homeShard,
  JournalListeners,
  type LedgerCommand,
  type Transfer,
  transferType,
  zeroHash,
} from '@deparrow/ledger'
import { Actor } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { KyselyReadModel, openPostgres, PostgresEventStore } from '@deparrow/services/postgres'
import { RemoteLedgerWriter, RpcClient, Secret } from '@deparrow/services/testing'
import { createSchema, postgresUrl, type TestSchema } from '../support/postgres-schema.ts'
import { freePorts, RoleNetwork } from '../support/role-network.ts'
import type { RoleProcess } from '../support/role-process.ts'
import { temporaryFolder } from '../support/run-network.ts'
import { until } from '../support/until.ts'

const shardCount = 2
const depositMicrocredits = 1_000_000n
const transferCount = 200

const url = postgresUrl()

if (url !== undefined) {
  describe('a ledger of two shards, each with a writer and a clearing process', { timeout: 240_000 }, () =>
    describeShards(url),
  )
}

function describeShards(address: string): void {
  const folder = temporaryFolder()
  const clock = { nowMs: () => Date.now() }
  const [ann, bob] = [0, 1].map(shard => actorOf(shard)) as [Actor, Actor]
  const ledgers: FollowingLedger[] = []
  const closers: (() => unknown)[] = []
  let schema: TestSchema
  let databaseUrl: URL
  let network: RoleNetwork
  let clearing: RoleProcess[]
  let startClearing: (shard: number) => RoleProcess
  let domain: Domain

  before(async () => {
    schema = await createSchema(address)
    databaseUrl = new URL(address)
    databaseUrl.searchParams.set('options', `-c search_path=${schema.name}`)
    const options = {
      folder: folder.path,
      databaseUrl: databaseUrl.href,
      kafkaBrokers: ['127.0.0.1:9'],
      kafkaTopic: 'none',
    }
    network = await RoleNetwork.prepare(options)
    const ports = await freePorts(3 * shardCount)
    const ledgerUrl = (shard: number) => `http://127.0.0.1:${ports[shard]}`
    const variables = (shard: number, port: number | undefined) => ({
      SHARD: String(shard),
      SHARD_COUNT: String(shardCount),
      INTERNAL_PORT: String(port),
    })
    const writers = [0, 1].map(shard => network.start('ledger', variables(shard, ports[shard])))
    await Promise.all(writers.map(writer => writer.line('started')))
    startClearing = shard => {
      const changes = {
        DEPARROW_ROLE: 'clearing',
        LEDGER_URLS: ledgerUrl(shard),
        ...variables(shard, ports[shardCount + shard]),
      }
      return network.start('settlement', changes)
    }
    for (const shard of [0, 1]) network.start('projector', variables(shard, ports[2 * shardCount + shard]))
    clearing = [0, 1].map(startClearing)
    await Promise.all(clearing.map(process => process.line('started')))
    const store = await PostgresEventStore.open(databaseUrl.href)
    closers.push(() => store.close())
    const secret = new Secret(readFileSync(network.secretFile('internal-secret'), 'utf8').trim())
    for (const shard of [0, 1]) {
      const client = new RpcClient({ service: 'ledger', urls: [ledgerUrl(shard)], secret })
      closers.push(() => client.close())
      const writer = new RemoteLedgerWriter(client)
      const listeners = new JournalListeners()
      const ledger = await FollowingLedger.open({
        store,
        shard: `shard-${shard}`,
        crypto: ledgerCrypto,
        clock,
        writer,
        listeners,
      })
      closers.push(() => ledger.close())
      await ledger.whenAt(1)
      ledgers.push(ledger)
    }
    const config = ledgerOf(0).config()
    assert.ok(config)
    domain = { chainId: config.chainId, verifyingContract: config.settlement }
  })
  after(async () => {
    for (const close of closers.splice(0).reverse()) await close()
    await network.stop()
    await schema.remove()
    folder.remove()
  })

  function ledgerOf(shard: number): FollowingLedger {
    const ledger = ledgers[shard]
    assert.ok(ledger)
    return ledger
  }

  function available(actor: Actor): bigint {
    return ledgerOf(homeShard(actor.address, shardCount)).balance(actor.address).availableMicrocredits
  }

  function transfer(from: Actor, to: Address, nonce: bigint): LedgerCommand {
    const deadline = BigInt(Math.floor(Date.now() / 1_000) + 600)
    const message: Transfer = { from: from.address, to, amountMicrocredits: 1n, lane: 0, nonce, deadline }
    return { type: 'TransferCredits', transfer: from.sign(transferType, message, domain) }
  }

  it('refuses what belongs to the other shard', async () => {
    const answer = await ledgerOf(0).submit(transfer(bob, ann.address, 1n))
    assert.deepEqual(answer.status === 'refused' && answer.refusal, { code: 'WRONG_SHARD', shard: 1 })
  })

  it('brings a deposit from the shard of the reserve to the wallet’s own', async () => {
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
    const item = {
      type: 'RecordInboxItem',
      index: 0,
      kind: 'deposit',
      amountMicrocredits: depositMicrocredits,
      place,
    } as const
    const answer = await ledgerOf(0).submit({ ...item, account: bob.address })
    assert.equal(answer.status, 'accepted')
    await until('the deposit is there', async () => available(bob) === depositMicrocredits)
  })

  it('brings every transfer to the other shard once, though the process that brings them is killed', async () => {
    let nonce = 0n
    for (let round = 0; round < 4; round++) {
      const commands = Array.from({ length: transferCount / 4 }, () => transfer(bob, ann.address, ++nonce))
      const answers = await Promise.all(commands.map(command => ledgerOf(1).submit(command)))
      assert.ok(answers.every(({ status }) => status === 'accepted'))
      clearing[0]?.kill('SIGKILL')
      await clearing[0]?.exit
      clearing[0] = startClearing(0)
    }
    await until('all transfers have come', async () => available(ann) === BigInt(transferCount))
    assert.equal(available(bob), depositMicrocredits - BigInt(transferCount))
    const [first, second] = [ledgerOf(0).books(), ledgerOf(1).books()]
    assert.equal(first.clearing + second.clearing, 0n, 'nothing is between the shards')
    assert.equal(first.reserve, depositMicrocredits)
    assert.equal(first.wallets + second.wallets, depositMicrocredits)
  })

  it('is projected shard by shard into one read model', async () => {
    const model = await KyselyReadModel.open(openPostgres(databaseUrl.href))
    closers.push(() => model.close())
    await until('both shards are projected', async () => {
      const positions = await Promise.all([0, 1].map(shard => model.position(shard)))
      return positions.every((position, shard) => position === ledgerOf(shard).head().position)
    })
    for (const actor of [ann, bob]) {
      assert.equal((await model.balance(actor.address)).availableMicrocredits, available(actor))
    }
  })
}

/** Somebody whose wallet is at home in a shard. */
function actorOf(shard: number): Actor {
  for (let number = 101; ; number++) {
    const actor = new Actor(number)
    if (homeShard(actor.address, shardCount) === shard) return actor
  }
}
