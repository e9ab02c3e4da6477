import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { lowerHex, transferType } from '@deparrow/ledger'
import { DeparrowError } from '@deparrow/sdk/network'
import { HttpRequestError, parseEther } from 'viem'
import { type SendOutcome, TransactionSender } from '../chain/transaction-sender.ts'
import type { NodeLogRecord } from '../daemon/node-log.ts'
import { EpochWatch, type EpochWatchParts } from './epoch-watch.ts'
import { transferBy } from './forgeries.spec.fixture.ts'
import { JournalFollower } from './journal-follower.ts'
import { TestJob, worker } from './node-jobs.spec.fixture.ts'
import { agents, WatchedNetwork, watchedPeriods, watcher } from './watched-network.spec.fixture.ts'

const { alice, bob, thief } = agents

let network: WatchedNetwork
let folder: string
let journal: string
let said: NodeLogRecord[]
let nonce = 0n

const codes = () => said.map(({ code }) => code)

function newWatch(parts: Partial<EpochWatchParts> = {}): EpochWatch {
  const { opened } = network
  const options = { confirmations: 1, pollMs: 5, pollsMax: 400 }
  return new EpochWatch({
    chains: [opened],
    journal: new JournalFollower(journal),
    me: lowerHex(watcher.address),
    sender: new TransactionSender({ client: opened.client, account: watcher, options }),
    log: record => said.push(record),
    confirmations: 1,
    purseWei: 0n,
    ...parts,
  })
}

function pays(): void {
  const message = { from: alice.address, to: bob.address, amountMicrocredits: 1_000n, lane: 0, nonce: ++nonce }
  const transfer = network.sign(alice, transferType, { ...message, deadline: network.deadline })
  network.ledger.accept({ type: 'TransferCredits', transfer })
}

async function publish(text = network.export()): Promise<void> {
  await writeFile(journal, text)
}

/** Posts the public journal with a theft that it does not have. */
async function postTheft() {
  pays()
  await publish()
  return network.post(network.withForged(transferBy(network, thief, {})))
}

const statusNow = async () => (await network.view()).posted.status

before(async () => {
  network = await WatchedNetwork.start()
  folder = await mkdtemp(join(tmpdir(), 'deparrow-watch-'))
  journal = join(folder, 'journal.txt')
  pays()
  network.ledger.accept({ type: 'CloseEpoch', epoch: 1 })
  await network.post(network.ledger.events.slice(0, -1))
  await network.settle(1)
  await publish()
})

after(async () => {
  await network.close()
  await rm(folder, { recursive: true })
})

beforeEach(() => {
  said = []
})

describe('the watch over pending epochs', () => {
  it('refuses the journal of another ledger', async () => {
    const other = join(folder, 'other.txt')
    await writeFile(other, network.export().replaceAll(network.domain.verifyingContract, `0x${'11'.repeat(20)}`))
    const error = await newWatch({ journal: new JournalFollower(other) })
      .look()
      .catch((problem: unknown) => problem)
    assert.ok(error instanceof DeparrowError && error.code === 'JOURNAL_FOREIGN', String(error))
  })

  it('says that the journal cannot be read, and waits with an epoch that it cannot judge', async () => {
    pays()
    await publish()
    const { events } = network.ledger
    await network.post(events)
    const result = await newWatch({ journal: new JournalFollower(join(folder, 'nowhere')) }).look()
    assert.deepEqual([result.unknown.length, result.sent], [1, 0])
    assert.deepEqual(codes(), ['JOURNAL_UNREACHABLE', 'NO_JOURNAL'])
    await network.cancelByGuardian()
  })

  it('sends nothing about an epoch that is what the journal gives, and says so once', async () => {
    pays()
    await publish()
    await network.post(network.ledger.events)
    const watch = newWatch()
    for (let turn = 0; turn < 3; turn++) assert.equal((await watch.look()).sent, 0)
    assert.deepEqual(codes(), ['EPOCH_RIGHT'])
    await network.cancelByGuardian()
  })

  it('only says what it would send when it may not send', async () => {
    await postTheft()
    const result = await newWatch({ sender: undefined }).look()
    assert.deepEqual([result.sent, result.helpless.length], [0, 1])
    assert.deepEqual(codes(), ['ROOT_DIFFERS', 'WOULD_SEND'])
    await network.cancelByGuardian()
  })

  it('sees an epoch through to its cancellation although it is started anew before each look', async () => {
    const books = await postTheft()
    const before = await network.purse()
    for (let turn = 0; turn < 12 && (await statusNow()) === 'pending'; turn++) {
      const { sent } = await newWatch().look()
      await network.answer(books)
      if (sent === 0) await network.chain.pass(watchedPeriods.answerSeconds + 1n)
    }
    assert.equal(await statusNow(), 'cancelled')
    await newWatch().look()
    assert.ok((await network.purse()) > before)
  })

  it('says that the chain does not answer when it falls silent before anything was sent, and keeps the key of its address', async () => {
    await postTheft()
    const send = async () => {
      throw new HttpRequestError({ url: 'https://rpc.example/v3/s3cr3t', details: 'fetch failed' })
    }
    for (const purseWei of [0n, parseEther('200')]) {
      const error = await newWatch({ sender: { send }, purseWei })
        .look()
        .catch((problem: unknown) => problem)
      assert.ok(error instanceof DeparrowError && error.code === 'NETWORK_UNREACHABLE', String(error))
      assert.doesNotMatch(error.message, /s3cr3t/)
    }
    await network.cancelByGuardian()
  })

  it('sends nothing a second time when it does not know what became of the first', async () => {
    await postTheft()
    const real = newWatch()
    let isFirst = true
    const unknown: SendOutcome = { status: 'unknown', transactionHash: `0x${'ab'.repeat(32)}`, nonce: 1 }
    const send: TransactionSender['send'] = async () => {
      assert.ok(isFirst, 'nothing more is sent in a look whose first call has no known end')
      isFirst = false
      await real.look()
      return unknown
    }
    const result = await newWatch({ sender: { send } }).look()
    assert.equal(result.sent, 0)
    assert.ok(codes().includes('OUTCOME_UNKNOWN'))
    assert.equal((await newWatch().look()).sent, 0, 'the chain shows the demand, so that it is not asked again')
    await network.cancelByGuardian()
    await newWatch().look()
  })

  it('sends nothing more about an epoch that one call has ended', async () => {
    await postTheft()
    const { journalPosition, closedAt } = (await network.view()).posted
    const left = await network.accepted(`0x${'ab'.repeat(32)}`, journalPosition + 5, closedAt * 1_000 - 5_000)
    const called: string[] = []
    const send: TransactionSender['send'] = async call => {
      called.push(call.functionName)
      return { status: 'confirmed', transactionHash: `0x${'ab'.repeat(32)}` } as SendOutcome
    }
    const { sent } = await newWatch({ sender: { send }, acceptances: [left] }).look()
    assert.deepEqual([called, sent], [['cancelStale'], 1])
    await network.cancelByGuardian()
  })

  it('pushes a node’s receipt that the ledger does not take, once, and none that it has settled', async () => {
    const now = await network.chain.now()
    const [waiting, settled] = [
      await TestJob.begin(network, 1n, now + 30n),
      await TestJob.begin(network, 2n, now + 30n),
    ]
    waiting.end()
    settled.settle()
    await publish()
    await network.chain.pass(waiting.expires - 500n - now)
    const jobs = () => [waiting.job, settled.job]
    const seen = () => new JournalFollower(journal, { nodes: new Set([worker.address]) })
    const strange = await newWatch({ sender: undefined, journal: new JournalFollower(journal), jobs }).look()
    assert.deepEqual([strange.sent, codes()], [0, ['WOULD_SEND', 'WOULD_SEND']])
    assert.equal((await newWatch({ journal: seen(), jobs }).look()).sent, 1)
    assert.ok(said.some(({ code, message }) => code === 'SENT' && message.includes('pushReceipt')))
    assert.equal((await newWatch({ journal: seen(), jobs }).look()).sent, 0)
  })

  it('takes for done what somebody else did in between', async () => {
    await postTheft()
    const refused: SendOutcome = { status: 'refused', code: 'DemandKnown', args: [] }
    await newWatch({ sender: { send: async () => refused } }).look()
    assert.deepEqual(codes(), ['ROOT_DIFFERS'])
    await network.cancelByGuardian()
  })

  it('asks about what is wrong in the journal itself', async () => {
    pays()
    const forged = network.withForged(transferBy(network, thief, {}))
    const stored = network.forgedStored(forged)
    await publish(network.export(stored))
    const books = await network.post(forged, {
      journalPosition: forged.length,
      journalHash: stored.at(-1)?.hash ?? '0x',
    })
    await newWatch().look()
    assert.ok(codes().includes('JOURNAL_UNSOUND') && codes().includes('DEBIT_WRONG'), codes().join())
    await network.answer(books)
    await network.chain.pass(watchedPeriods.answerSeconds + 1n)
    await newWatch().look()
    assert.equal(await statusNow(), 'cancelled')
  })

  it('reads the journal again from its start when it is another one than before', async () => {
    await publish()
    const follower = new JournalFollower(journal)
    const watch = newWatch({ journal: follower })
    await watch.look()
    const { events, stored } = network.ledger
    await publish(network.export(stored.slice(0, 3)))
    assert.equal(await follower.advance(), 'same', 'a journal that is served shorter is no other journal yet')
    const other = events.map((event, index) => (index === 1 ? { ...event, commandId: 'another' } : event))
    await publish(network.export(network.forgedStored(other)))
    assert.equal(await follower.advance(), 'rewritten')
    assert.equal(follower.problem?.position, 2)
    await publish()
  })
})
