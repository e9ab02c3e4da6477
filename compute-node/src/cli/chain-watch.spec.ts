import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Actor } from '@deparrow/ledger/testing'
import { transferBy } from '../watch/forgeries.spec.fixture.ts'
import { agents, WatchedNetwork } from '../watch/watched-network.spec.fixture.ts'
import { writeWallet } from './chain.spec.fixture.ts'
import { errorOf, nobody, run } from './cli.spec.fixture.ts'

const own = new Actor(8)

let network: WatchedNetwork
let folder: string
let journal: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deparrow-cli-watch-'))
  network = await WatchedNetwork.start()
  journal = join(folder, 'journal.txt')
  await writeFile(journal, network.export())
  await writeWallet(folder, 8)
  await network.chain.fund(own.address, '50')
})

after(async () => {
  await network.close()
  await rm(folder, { recursive: true })
})

const words = () => ['--url', nobody, '--data', folder, '--rpc', network.chain.rpcUrl]

/** Codes of all that a run said, and how it ended. */
async function watched(...flags: string[]) {
  const ran = await run(['chain', 'watch', journal, '--once', '--json', ...flags, ...words()])
  const lines = ran.stderr.trim().split('\n').filter(Boolean)
  return { ...ran, said: lines.map(line => JSON.parse(line).code as string) }
}

describe('deparrow chain watch', () => {
  it('ends with 2 for what cannot be meant', async () => {
    for (const flags of [
      ['--every-seconds', '0'],
      ['--purse', '0'],
      ['--patience-seconds', 'x'],
      ['--also-rpc', 'x'],
      ['--guard', '0x12'],
    ]) {
      assert.equal((await watched(...flags)).code, 2, flags.join(' '))
    }
  })

  it('ends with 3 without a key, unless it only says what it would do', async () => {
    const keyless = ['chain', 'watch', journal, '--once', '--json', ...words(), '--data', join(folder, 'empty')]
    const ran = await run(keyless)
    assert.deepEqual([ran.code, errorOf(ran).code], [3, 'KEY_FILE_MISSING'])
    assert.equal((await run([...keyless, '--dry-run'])).code, 0)
  })

  it('ends with 1 for the journal of another ledger', async () => {
    const other = join(folder, 'other.txt')
    await writeFile(other, network.export().replaceAll(network.domain.verifyingContract, `0x${'11'.repeat(20)}`))
    const ran = await run(['chain', 'watch', other, '--once', '--json', ...words()])
    assert.equal(errorOf(ran).code, 'JOURNAL_FOREIGN')
  })

  it('ends with 2 for a file that holds no acceptance', async () => {
    const file = join(folder, 'acceptance.json')
    for (const text of ['', '{}', '{"root":{},"position":"x","atMs":"1"}']) {
      await writeFile(file, text)
      const ran = await watched('--acceptance', file, '--dry-run')
      assert.deepEqual([ran.code, errorOf(ran).code], [2, 'ACCEPTANCE_UNREADABLE'], text)
    }
  })

  it('ends with 2 for a folder without papers of a node, and for a message that was not accepted', async () => {
    const none = await watched('--node-data', folder, '--dry-run')
    assert.deepEqual([none.code, errorOf(none).code], [2, 'NODE_PAPERS_MISSING'])
    const file = join(folder, 'message.json')
    const { root, signature, acceptance, ...proof } = await network.accepted(`0x${'ab'.repeat(32)}`, 1, 1)
    const asText = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
    const transfer = { from: own.address, to: own.address, amountMicrocredits: '1', lane: 0, nonce: '1', deadline: '1' }
    await writeFile(file, JSON.stringify([{ ...acceptance, ...proof, root: { ...root, signature }, transfer }], asText))
    const unrelated = await watched('--acceptance', file, '--guard', own.address, '--dry-run')
    assert.deepEqual([unrelated.code, errorOf(unrelated).code], [2, 'MESSAGE_UNRELATED'])
  })

  it('would cancel an epoch that closed without what the ledger had taken before', async () => {
    await network.post(network.ledger.events)
    const { journalPosition, closedAt } = (await network.view()).posted
    const { root, signature, acceptance, ...proof } = await network.accepted(
      `0x${'ab'.repeat(32)}`,
      journalPosition + 1,
      closedAt * 1_000 - 5_000,
    )
    const file = join(folder, 'acceptance.json')
    const given = { ...acceptance, ...proof, root: { ...root, signature } }
    const asText = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
    await writeFile(file, JSON.stringify([given], asText))
    const ran = await watched('--acceptance', file, '--dry-run')
    assert.deepEqual(ran.said, ['ACCEPTANCE_LEFT_OUT', 'WOULD_SEND'])
    assert.match(ran.stderr, /Would send cancelStale/)
    await network.cancelByGuardian()
  })

  it('sends nothing about an epoch that is what the journal gives', async () => {
    await network.post(network.ledger.events)
    const ran = await watched('--also-rpc', network.chain.rpcUrl)
    assert.deepEqual([ran.code, ran.said], [0, ['EPOCH_RIGHT']])
    assert.deepEqual(JSON.parse(ran.stdout), { wrong: [], unknown: [], helpless: [], pending: 1, sent: 0 })
    await network.cancelByGuardian()
  })

  it('ends with 1 when an epoch is wrong and nothing may be done, and says what it would do or what is missing', async () => {
    await network.post(network.withForged(transferBy(network, agents.thief, {})))
    const dry = await watched('--dry-run')
    assert.deepEqual([dry.code, errorOf(dry).code, dry.said], [1, 'EPOCH_WRONG', ['ROOT_DIFFERS', 'WOULD_SEND']])
    const poor = await watched()
    assert.deepEqual([poor.code, errorOf(poor).code], [1, 'EPOCH_WRONG'])
    assert.ok(poor.said.includes('PURSE_TOO_SMALL'), poor.said.join())
  })

  it('fills the purse as far as it may, and asks', async () => {
    const ran = await watched('--purse', '20')
    assert.equal(ran.code, 0, ran.stdout + ran.stderr)
    assert.ok(ran.said.includes('PURSE_FILLED'))
    const next = await watched('--purse', '20')
    assert.equal(next.code, 0)
    const { demands } = await network.view()
    assert.equal(demands.length, 1)
    assert.equal(demands[0]?.asker, own.address)
  })
})
