import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from '../hex.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { digestOfCommand } from '../journal/identify.ts'
import { JournalLedger } from '../journal/journal-ledger.ts'
import { type AppendBatch, type AppendResult } from '../ports/event-store.ts'
import type { LedgerSigner } from '../ports/ledger-signer.ts'
import { Actor, digestOfOrder, ledgerActor, testConfig, testDomain, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore } from '../testing/in-memory-event-store.ts'
import type { SignedAcceptance } from './acceptance.ts'
import { acceptanceBatchesMax } from './batch-acceptances.ts'
import { verifyAcceptance } from './verify-acceptance.ts'

const ann = new Actor(1)
const bob = new Actor(2)

/** A store whose appends can be held up, and that can break. */
class GatedStore extends InMemoryEventStore {
  gate: Promise<void> = Promise.resolve()
  isBroken = false

  override async append(batch: AppendBatch): Promise<AppendResult> {
    await this.gate
    if (this.isBroken) throw new Error('the disk is full')
    return super.append(batch)
  }
}

/** The ledger's key, which counts its signatures and refuses as often as it is told to. */
function countingSigner(): LedgerSigner & { count: number; refusals: number } {
  const signer = {
    address: ledgerActor.address,
    count: 0,
    refusals: 0,
    sign: async (digest: Hex) => {
      if (signer.refusals-- > 0) throw new Error('the key is locked')
      signer.count += 1
      return ledgerActor.signDigest(digest)
    },
  }
  return signer
}

async function openLedger(store = new GatedStore()) {
  const signer = countingSigner()
  const parts = { store, shard: 'main', crypto: ethersCrypto, clock: { nowMs: () => testStartMs }, signer }
  const ledger = await JournalLedger.open(parts)
  await ledger.submit({ type: 'OpenLedger', config: testConfig })
  const place = { transactionHash: testConfig.genesisHash, blockNumber: 1n, logIndex: 0 }
  const deposit = { kind: 'deposit', account: ann.address, amountMicrocredits: 1_000n, place } as const
  await ledger.submit({ type: 'RecordInboxItem', index: 0, ...deposit })
  return { ledger, store, signer }
}

function pay(nonce: bigint, amountMicrocredits = 1n): LedgerCommand {
  return { type: 'TransferCredits', transfer: ann.transfer({ to: bob.address, amountMicrocredits, nonce }) }
}

async function idOf(ledger: JournalLedger, command: LedgerCommand): Promise<Hex> {
  return (await ledger.submit(command)).commandId as Hex
}

function isValid(signed: SignedAcceptance | undefined): boolean {
  return signed !== undefined && verifyAcceptance(ethersCrypto, testDomain, ledgerActor.address, signed)
}

describe('a signed acceptance', () => {
  it('is not given for what was never decided, what nobody signs, and what is no digest', async () => {
    const { ledger } = await openLedger()
    for (const id of [testConfig.genesisHash, 'open', 'inbox:0', '', '0x'] as Hex[]) {
      assert.equal(await ledger.acceptance(id), undefined, id)
    }
  })

  it('is not given for a refusal that is recomputed', async () => {
    const { ledger } = await openLedger()
    await ledger.submit(pay(5n))
    const answer = await ledger.submit(pay(4n))
    assert.ok(answer.status === 'refused' && answer.refusal.code === 'NONCE_USED')
    assert.equal(await ledger.acceptance(answer.commandId as Hex), undefined)
  })

  it('is not given for an event that time alone caused', async () => {
    const store = new GatedStore()
    const clock = { now: testStartMs, nowMs: () => clock.now }
    const signer = countingSigner()
    const ledger = await JournalLedger.open({ store, shard: 'main', crypto: ethersCrypto, clock, signer })
    await ledger.submit({ type: 'OpenLedger', config: testConfig })
    const place = { transactionHash: testConfig.genesisHash, blockNumber: 1n, logIndex: 0 }
    const deposit = { kind: 'deposit', account: ann.address, amountMicrocredits: 1_000n, place } as const
    await ledger.submit({ type: 'RecordInboxItem', index: 0, ...deposit })
    const order = ann.order({ nonce: 1n, maxPriceMicrocredits: 5n })
    await ledger.submit({ type: 'OpenHold', order })
    const opened = await ledger.acceptance(digestOfOrder(order))
    clock.now += 10_000_000
    await ledger.expireHolds()
    assert.equal(ledger.hold(digestOfOrder(order)), undefined)
    assert.equal(await ledger.acceptance(`expiry:${digestOfOrder(order)}` as Hex), undefined)
    assert.equal(opened?.acceptance.position, 3n)
  })

  it('of a receipt is given when its job was paid, and names the position of that', async () => {
    const { ledger } = await openLedger()
    const node = new Actor(11)
    const order = ann.order({ nonce: 1n, maxPriceMicrocredits: 500n })
    const orderDigest = digestOfOrder(order)
    await ledger.submit({ type: 'OpenHold', order })
    await ledger.submit({ type: 'RegisterNode', registration: node.registration() })
    await ledger.submit({ type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
    const id = await idOf(ledger, { type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, {}) })
    assert.equal(await ledger.acceptance(id), undefined)
    const settled = await ledger.submit({ type: 'SettleJob', orderDigest })
    await ledger.submit(pay(2n))
    const paid = await ledger.acceptance(id)
    assert.equal(isValid(paid), true)
    assert.ok(settled.status === 'accepted')
    assert.equal(paid?.acceptance.position, BigInt(settled.lastPosition))
    assert.equal(paid?.acceptance.digest, id)
    assert.equal((await ledger.events(settled.lastPosition - 1, 1))[0]?.type, 'JobSettled')
  })

  it('is not given before the decision is durable', async () => {
    const { ledger, store, signer } = await openLedger()
    const { promise, resolve } = Promise.withResolvers<void>()
    store.gate = promise
    const answer = ledger.submit(pay(1n))
    await new Promise(setImmediate)
    const isDurable: boolean[] = []
    const asked = ledger
      .acceptance(digestOf(pay(1n)))
      .then(signed =>
        isDurable.push(signed !== undefined && ledger.head().position >= Number(signed.acceptance.position)),
      )
    await new Promise(setImmediate)
    assert.deepEqual([isDurable, signer.count], [[], 0])
    resolve()
    await Promise.all([answer, asked])
    assert.deepEqual(isDurable, [true])
    assert.equal(isValid(await ledger.acceptance(digestOf(pay(1n)))), true)
  })

  it('is never given for a decision that could not be written', async () => {
    const { ledger, store, signer } = await openLedger()
    store.isBroken = true
    await assert.rejects(ledger.submit(pay(1n)))
    assert.equal(await ledger.acceptance(digestOf(pay(1n))), undefined)
    assert.equal(signer.count, 0)
  })

  it('is not given for a journalled refusal, which is no entry that an epoch could have left out', async () => {
    const { ledger } = await openLedger()
    const refused = await ledger.submit(pay(1n, 1_001n))
    assert.ok(refused.status === 'refused' && refused.refusal.code === 'INSUFFICIENT_CREDITS')
    assert.equal(await ledger.acceptance(refused.commandId as Hex), undefined)
  })

  it('comes by one signature for a whole batch, made when the first is asked for', async () => {
    const { ledger, signer } = await openLedger()
    const ids = await Promise.all([1n, 2n, 3n, 4n, 5n].map(nonce => idOf(ledger, pay(nonce))))
    assert.equal(signer.count, 0)
    const signed = await Promise.all(ids.map(id => ledger.acceptance(id)))
    assert.deepEqual(signed.map(isValid), [true, true, true, true, true])
    assert.equal(signer.count, 1)
    assert.deepEqual(
      signed.map(each => [each?.index, each?.count, each?.acceptance.position]),
      [3n, 4n, 5n, 6n, 7n].map((position, index) => [index, 5, position]),
    )
  })

  it('covers each of linked commands, and not the link, which nobody signs', async () => {
    const { ledger } = await openLedger()
    const commands = [pay(1n), pay(2n)]
    const answer = await ledger.submit({ type: 'Link', commands })
    assert.equal(await ledger.acceptance(answer.commandId as Hex), undefined)
    for (const command of commands) assert.equal(isValid(await ledger.acceptance(digestOf(command))), true)
  })

  it('is given anew, under a root of its own, after a restart and when its batch is no longer kept', async () => {
    const { ledger, store } = await openLedger()
    const [id] = await Promise.all([1n, 2n].map(nonce => idOf(ledger, pay(nonce))))
    assert.ok(id)
    assert.equal((await ledger.acceptance(id))?.count, 2)
    for (let nonce = 3n; nonce < 3n + BigInt(acceptanceBatchesMax); nonce++) await ledger.submit(pay(nonce))
    const alone = await ledger.acceptance(id)
    await ledger.close()
    const restarted = await openLedger(store)
    const again = await restarted.ledger.acceptance(id)
    assert.deepEqual([again?.acceptance.isAccepted, again?.acceptance.atMs], [true, BigInt(testStartMs)])
    for (const signed of [alone, again]) {
      assert.equal(isValid(signed), true)
      assert.deepEqual([signed?.count, signed?.acceptance.position], [1, 3n])
    }
  })

  it('can be asked for again when the key did not sign', async () => {
    const { ledger, signer } = await openLedger()
    const id = await idOf(ledger, pay(1n))
    signer.refusals = 1
    await assert.rejects(ledger.acceptance(id), /the key is locked/)
    assert.equal(isValid(await ledger.acceptance(id)), true)
  })
})

function digestOf(command: LedgerCommand): Hex {
  return digestOfCommand(ethersCrypto, testDomain, command) as Hex
}
