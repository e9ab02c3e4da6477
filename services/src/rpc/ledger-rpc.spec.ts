import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  FollowingLedger,
  JournalLedger,
  JournalListeners,
  LedgerClosedError,
  type LedgerCommand,
  type LedgerWriter,
  zeroHash,
} from '@deparrow/ledger'
import {
  Actor,
  digestOfOrder,
  ethersCrypto,
  InMemoryEventStore,
  ledgerActor,
  testConfig,
  testStartMs,
} from '@deparrow/ledger/testing'
import { ledgerRpc } from './ledger-rpc.ts'
import { RemoteLedgerWriter } from './remote-ledger-writer.ts'
import { clientTo, serveInternally } from './rpc.spec.fixture.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const clock = { nowMs: () => testStartMs }
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
const deposit: LedgerCommand = {
  type: 'RecordInboxItem',
  index: 0,
  kind: 'deposit',
  account: ann.address,
  amountMicrocredits: 100_000_000n,
  place,
}

const store = new InMemoryEventStore()
let ledger: JournalLedger
let present: LedgerWriter | undefined
let served: Awaited<ReturnType<typeof serveInternally>>
let writer: RemoteLedgerWriter
const closers: (() => unknown)[] = []

before(async () => {
  const signer = ledgerActor.asLedgerSigner()
  ledger = await JournalLedger.open({ store, shard: 'main', crypto: ethersCrypto, clock, signer })
  await ledger.submit({ type: 'OpenLedger', config: testConfig })
  await ledger.submit(deposit)
  present = ledger
  served = await serveInternally(ledgerRpc(() => present))
  const client = clientTo('ledger', [served.url])
  closers.push(() => client.close())
  writer = new RemoteLedgerWriter(client)
})

after(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await served.close()
  await ledger.close()
})

function transfer(nonce: bigint, amountMicrocredits = 1n): LedgerCommand {
  return { type: 'TransferCredits', transfer: ann.transfer({ to: bob.address, amountMicrocredits, nonce, lane: 7 }) }
}

describe('a ledger that is asked from another process', () => {
  for (const [what, command] of [
    ['that is none', { type: 'MintCredits', to: ann.address }],
    ['that opens a ledger', { type: 'OpenLedger', config: testConfig }],
    ['with a member too many', { type: 'CloseEpoch', epoch: 1, force: true }],
    ['with a number as text', { type: 'CloseEpoch', epoch: '1' }],
    ['with an address in upper case', { type: 'PayByInstruction', wallet: `0x${'AB'.repeat(20)}` }],
    ['with a negative amount', { ...deposit, amountMicrocredits: -1n }],
    [
      'whose message has members in it',
      { type: 'TransferCredits', transfer: { message: { from: {} }, signature: '0x' } },
    ],
    ['with a link in a link', { type: 'Link', commands: [{ type: 'Link', commands: [] }] }],
  ] as const) {
    it(`refuses a command ${what}, and nothing happens`, async () => {
      const { position } = ledger.head()
      await assert.rejects(writer.submit(command as unknown as LedgerCommand), {
        name: 'RemoteCallError',
        remoteName: 'MalformedCallError',
      })
      assert.equal(ledger.head().position, position)
    })
  }

  it('gives refusals as values, with their amounts', async () => {
    const answer = await writer.submit(transfer(1n, 500_000_000n))
    assert.deepEqual(answer.status === 'refused' && answer.refusal, {
      code: 'INSUFFICIENT_CREDITS',
      requiredMicrocredits: 500_000_000n,
      availableMicrocredits: 100_000_000n,
    })
  })

  it('hears how far the inbox is journalled, and takes no other time than whole milliseconds', async () => {
    await writer.inboxImported(0)
    for (const untilMs of [-1, 0.5, Number.NaN, 2 ** 60]) {
      await assert.rejects(writer.inboxImported(untilMs), { name: 'RemoteCallError', remoteName: 'MalformedCallError' })
    }
    const heard: number[] = []
    present = { ...standIn(new Error('is not asked')), inboxImported: async untilMs => void heard.push(untilMs) }
    await writer.inboxImported(1_790_000_000_000)
    assert.deepEqual(heard, [1_790_000_000_000])
    present = ledger
  })

  it('decides as in the same process, and answers the same command the same', async () => {
    const command = transfer(2n)
    const first = await writer.submit(command)
    assert.equal(first.status, 'accepted')
    assert.deepEqual(await writer.submit(command), { ...first, repeated: true })
    assert.equal(ledger.balance(bob.address).availableMicrocredits, 1n)
  })

  it('takes every kind of signed command and every fact that the services record', async () => {
    const order = ann.order({ nonce: 1n })
    const orderDigest = digestOfOrder(order)
    const hash = `0x${'22'.repeat(32)}` as const
    const commands: readonly LedgerCommand[] = [
      { type: 'RegisterNode', registration: bob.registration() },
      { type: 'OpenHold', order },
      { type: 'AssignHold', orderDigest, node: bob.address, attempt: 1 },
      { type: 'ReceiveReceipt', receipt: bob.receipt(orderDigest, {}) },
      { type: 'SettleJob', orderDigest },
      { type: 'RecordPayee', wallet: bob.address, id: 1 },
      { type: 'Link', commands: [transfer(3n), transfer(4n)] },
    ]
    for (const command of commands) {
      const answer = await writer.submit(command)
      assert.equal(answer.status, 'accepted', `${command.type}: ${answer.status === 'refused' && answer.refusal.code}`)
    }
    const refused: readonly LedgerCommand[] = [
      { type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 1n, place },
      { type: 'RecordClaim', wallet: bob.address, paidMicrocredits: 1n, cumulativeMicrocredits: 1n, place },
      { type: 'PayUptimeBonus', node: bob.address, day: 1 },
      {
        type: 'ReceiveClearing',
        fromShard: 1,
        toShard: 0,
        sequence: 1,
        fromPosition: 1,
        fromHash: hash,
        credits: [{ account: `wallet:${ann.address}`, amountMicrocredits: 1n }],
        caused: { node: bob.address, feeMicrocredits: 1n, isCompleted: true },
      },
    ]
    for (const command of refused) assert.equal((await writer.submit(command)).status, 'refused', command.type)
  })

  it('signs what only the writer can sign', async () => {
    const order = ann.order({ nonce: 2n })
    const digest = digestOfOrder(order)
    await writer.submit({ type: 'OpenHold', order })
    await writer.submit({ type: 'AssignHold', orderDigest: digest, node: bob.address, attempt: 1 })
    assert.deepEqual(await writer.holdCertificate(digest), await ledger.holdCertificate(digest))
    assert.deepEqual(await writer.acceptance(digest), await ledger.acceptance(digest))
    assert.equal(await writer.holdCertificate(zeroHash), undefined)
    assert.equal(await writer.acceptance(zeroHash), undefined)
  })

  it('is followed by a replica that knows what was accepted when the answer comes', async () => {
    const following = await FollowingLedger.open({
      store,
      shard: 'main',
      crypto: ethersCrypto,
      clock,
      writer,
      listeners: new JournalListeners(),
    })
    closers.push(() => following.close())
    const before = following.balance(bob.address).availableMicrocredits
    assert.equal((await following.submit(transfer(10n))).status, 'accepted')
    assert.equal(following.balance(bob.address).availableMicrocredits, before + 1n)
  })

  it('leaves a command to the next process while it stands by, and when its writer has closed', async () => {
    const closed: LedgerWriter = { ...standIn(new LedgerClosedError()) }
    for (const other of [undefined, closed]) {
      present = other
      const second = await serveInternally(ledgerRpc(() => ledger))
      closers.push(() => second.close())
      const client = clientTo('ledger', [served.url, second.url])
      closers.push(() => client.close())
      const answer = await new RemoteLedgerWriter(client).submit({ type: 'CloseEpoch', epoch: 99 })
      assert.equal(answer.status, 'refused')
    }
    present = undefined
    await assert.rejects(writer.submit(transfer(20n)), { name: 'ServiceUnavailableError' })
    present = ledger
  })

  it('sends a signed command again when the writer cannot say what became of it, and never a fact that it records', async () => {
    const lost = standIn(new Error('the disk is gone'))
    present = lost
    await assert.rejects(writer.submit(transfer(30n)), { name: 'AnswerLostError' })
    assert.equal(lost.submitted.length, 4)
    lost.submitted.length = 0
    await assert.rejects(writer.submit({ type: 'CloseEpoch', epoch: 1 }), { name: 'AnswerLostError' })
    assert.equal(lost.submitted.length, 1)
    assert.ok(served.problems.every(problem => problem.includes('the disk is gone')))
    present = ledger
  })
})

/** A writer that fails on every command. */
function standIn(error: Error): LedgerWriter & { readonly submitted: LedgerCommand[] } {
  const submitted: LedgerCommand[] = []
  return {
    submitted,
    submit: async command => {
      submitted.push(command)
      throw error
    },
    holdCertificate: async () => undefined,
    acceptance: async () => undefined,
    inboxImported: async () => {},
  }
}
