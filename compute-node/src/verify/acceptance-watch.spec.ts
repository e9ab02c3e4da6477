import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { JournalLedger, type SignedAcceptance, type StoredEvent, zeroHash } from '@deparrow/ledger'
import {
  Actor,
  digestOfOrder,
  ethersCrypto,
  InMemoryEventStore,
  ledgerActor,
  testConfig,
  testStartMs,
} from '@deparrow/ledger/testing'
import {
  AcceptanceForeignError,
  AcceptanceUnreadableError,
  AcceptanceWatch,
  readAcceptances,
} from './acceptance-watch.ts'
import { exportLines, headOf, verdictOf } from './journal.spec.fixture.ts'

const ann = new Actor(1)
const bob = new Actor(2)

let stored: readonly StoredEvent[]
/** The same with a job at its end. */
let storedJob: readonly StoredEvent[]
let accepted: SignedAcceptance
let acceptedReceipt: SignedAcceptance

/** As the gateway gives it: integers as texts, no levels. */
function asGiven({ acceptance, root, ...place }: SignedAcceptance): object {
  const { position, ...message } = root.message
  const { digest } = acceptance
  return {
    ...place,
    digest,
    position: String(acceptance.position),
    isAccepted: acceptance.isAccepted,
    atMs: String(acceptance.atMs),
    root: { ...message, position: String(position), signature: root.signature, __typename: 'AcceptanceRoot' },
  }
}

before(async () => {
  const store = new InMemoryEventStore()
  const parts = { store, shard: 'main', crypto: ethersCrypto, signer: ledgerActor.asLedgerSigner() }
  const ledger = await JournalLedger.open({ ...parts, clock: { nowMs: () => testStartMs } })
  await ledger.submit({ type: 'OpenLedger', config: testConfig })
  const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
  const deposit = { type: 'RecordInboxItem', kind: 'deposit', account: ann.address, place } as const
  await ledger.submit({ ...deposit, index: 0, amountMicrocredits: 1_000n })
  for (const nonce of [1n, 2n]) {
    const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 5n, nonce })
    const { commandId } = await ledger.submit({ type: 'TransferCredits', transfer })
    accepted = (await ledger.acceptance(commandId as `0x${string}`)) ?? assert.fail('nothing was signed')
  }
  stored = await store.read('main', 0, 100)
  acceptedReceipt = await runJob(ledger)
  storedJob = await store.read('main', 0, 100)
  await ledger.close()
})

/** A job that is settled; answers what the ledger signed for its receipt. */
async function runJob(ledger: JournalLedger): Promise<SignedAcceptance> {
  const order = ann.order({ nonce: 3n, maxPriceMicrocredits: 500n })
  const orderDigest = digestOfOrder(order)
  await ledger.submit({ type: 'OpenHold', order })
  await ledger.submit({ type: 'RegisterNode', registration: bob.registration() })
  await ledger.submit({ type: 'AssignHold', orderDigest, node: bob.address, attempt: 1 })
  const { commandId } = await ledger.submit({ type: 'ReceiveReceipt', receipt: bob.receipt(orderDigest, {}) })
  await ledger.submit({ type: 'SettleJob', orderDigest })
  return (await ledger.acceptance(commandId as `0x${string}`)) ?? assert.fail('nothing was signed')
}

async function finding(journal: readonly StoredEvent[], signed: readonly SignedAcceptance[] = [accepted]) {
  const watch = new AcceptanceWatch(signed)
  const onEvent: AcceptanceWatch['see'] = (event, hash) => watch.see(event, hash)
  const { config } = await verdictOf(Buffer.from(exportLines(journal).join('')), { onEvent })
  return watch.finding(config ?? assert.fail('the journal is not right'), headOf(journal))
}

describe('an acceptance', () => {
  it('is honoured by the journal of which it was signed, as the gateway gave it', async () => {
    assert.equal(await finding(stored), undefined)
    const given = readAcceptances(JSON.stringify([asGiven(accepted)]))
    assert.equal(await finding(stored, given), undefined)
    assert.equal(await finding(stored, readAcceptances(JSON.stringify(asGiven(accepted)))), undefined)
  })

  it('of a receipt is honoured where its job is settled, and nowhere else', async () => {
    assert.equal(await finding(storedJob, [acceptedReceipt]), undefined)
    assert.equal(acceptedReceipt.acceptance.position, BigInt(storedJob.length))
    assert.equal((await finding(storedJob.slice(0, -1), [acceptedReceipt]))?.position, storedJob.length)
  })

  it('is not honoured by a journal that was cut off and closed again before its command', async () => {
    const cut = await finding(stored.slice(0, -1))
    assert.equal(cut?.position, stored.length)
    assert.match(cut?.problem ?? '', /has signed/)
  })

  it('is not honoured by a journal with another command, or another history, at its place', async () => {
    const { acceptance } = accepted
    const watch = new AcceptanceWatch([accepted])
    const position = Number(acceptance.position)
    const event = { position, commandId: zeroHash } as Parameters<AcceptanceWatch['see']>[0]
    watch.see(event, accepted.root.message.journalHash)
    const head = headOf(stored)
    assert.equal(watch.finding(testConfig, head)?.position, position)
    watch.see({ ...event, commandId: acceptance.digest }, zeroHash)
    assert.match(watch.finding(testConfig, head)?.problem ?? '', /hash/)
  })

  it('is refused when this ledger did not sign it, or not of this shard', async () => {
    const forged = { ...accepted, acceptance: { ...accepted.acceptance, digest: zeroHash } }
    await assert.rejects(finding(stored, [forged]), AcceptanceForeignError)
    const watch = new AcceptanceWatch([accepted])
    for (const other of [{ ledgerSigner: ann.address }, { chainId: 1 }, { shard: 1, shardCount: 2 }]) {
      assert.throws(() => watch.finding({ ...testConfig, ...other }, headOf(stored)), AcceptanceForeignError)
    }
  })

  it('is refused when it is none', () => {
    for (const text of ['', '{', 'null', '[null]', '{}', '{"root":null}']) {
      assert.throws(() => readAcceptances(text), AcceptanceUnreadableError, text)
    }
    for (const text of ['{"root":{}}', '{"digest":1,"position":"x","root":{"position":{}}}']) {
      const watch = new AcceptanceWatch(readAcceptances(text))
      assert.throws(() => watch.finding(testConfig, headOf(stored)), AcceptanceForeignError, text)
    }
  })
})
