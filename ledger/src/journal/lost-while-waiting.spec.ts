import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AppendBatch, type AppendResult, UnknownOutcomeError } from '../ports/event-store.ts'
import { Actor, ledgerActor, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore } from '../testing/in-memory-event-store.ts'
import { JournalLedger } from './journal-ledger.ts'

const ann = new Actor(1)
const bob = new Actor(2)

/** A store whose next append is held up and then lost before it is written. */
class LosingStore extends InMemoryEventStore {
  private lost: Promise<void> | undefined

  /** The function returned lets the write be lost. */
  loseNext(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.lost = promise
    return resolve
  }

  override async append(batch: AppendBatch): Promise<AppendResult> {
    const { lost } = this
    this.lost = undefined
    if (lost === undefined) return super.append(batch)
    await lost
    throw new UnknownOutcomeError({ cause: new Error('reset') })
  }
}

async function ledgerWithCredits() {
  const store = new LosingStore()
  const clock = { now: testStartMs, nowMs: () => clock.now }
  const signer = ledgerActor.asLedgerSigner()
  const ledger = await JournalLedger.open({ store, shard: 'main', crypto: ethersCrypto, clock, signer })
  await ledger.submit({ type: 'OpenLedger', config: testConfig })
  const place = { transactionHash: testConfig.genesisHash, blockNumber: 1n, logIndex: 0 }
  const deposit = { index: 0, kind: 'deposit', account: ann.address, amountMicrocredits: 1_000n, place } as const
  await ledger.submit({ type: 'RecordInboxItem', ...deposit })
  return { ledger, store, clock }
}

describe('who waits for a decision to be durable', () => {
  it('is answered when its write was lost and the command, decided again, writes nothing any more', async () => {
    const { ledger, store, clock } = await ledgerWithCredits()
    const lose = store.loseNext()
    const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: 1n })
    const paid = ledger.submit({ type: 'TransferCredits', transfer })
    await new Promise(setImmediate)
    const waiting = [ledger.acceptance(`0x${'ab'.repeat(32)}`), ledger.holdCertificate(`0x${'ab'.repeat(32)}`)]
    clock.now = (Number(transfer.message.deadline) + 1) * 1_000
    lose()
    const answer = await paid
    assert.equal(answer.status === 'refused' && answer.refusal.code, 'DEADLINE_PASSED')
    assert.deepEqual(await Promise.all(waiting), [undefined, undefined])
  })

  it('waits on while the command is written again', async () => {
    const { ledger, store } = await ledgerWithCredits()
    const lose = store.loseNext()
    const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: 1n })
    const paid = ledger.submit({ type: 'TransferCredits', transfer })
    await new Promise(setImmediate)
    const events = (await ledger.events(0, 10)).length
    const waiting = ledger.acceptance(`0x${'ab'.repeat(32)}`).then(() => ledger.head().position)
    lose()
    assert.equal(await waiting, events + 1)
    assert.equal((await paid).status, 'accepted')
  })
})
