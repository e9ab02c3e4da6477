import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { transferType } from '../account/transfer.ts'
import { proveEntry, verifyEntry } from '../epoch/entry-tree.ts'
import { EpochTree } from '../epoch/epoch-tree.ts'
import { verifyAbsence, verifyInclusion } from '../epoch/inclusion-proof.ts'
import type { LeafAccount } from '../epoch/leaves.ts'
import { leavesOf } from '../epoch/state-leaves.ts'
import { type Hex, zeroHash } from '../hex.ts'
import type { EpochBooks } from '../journal/event.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import {
  cancelEpoch,
  closeEpoch,
  Economy,
  economyAgents,
  economySteps,
  finaliseEpoch,
  fundedLedger,
} from '../testing/economy.ts'
import { digestOfEscrow, escrowCapture, escrowOrder } from '../testing/escrow-actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import type { TestLedger } from '../testing/test-ledger.ts'
import { wholeLedger } from '../testing/whole-journal.ts'
import { inboxKey, instructionKey, rowKey } from './movement-keys.ts'
import { EvidenceMissingError } from './open-evidence.ts'
import { type Statement, type StatementAccount, statementValue } from './statement.ts'
import { StatementBook } from './statement-book.ts'

const [ann, bob] = economyAgents
const gateway = new Actor(21)
const node = new Actor(11)

type Sums = ReadonlyMap<LeafAccount, bigint>

/** A ledger whose statements are held against its leaves whenever an epoch closes. */
class Follower {
  readonly book = new StatementBook(ethersCrypto)
  /** Of each epoch that counts. */
  private readonly leaves = new Map<number, Sums>([[0, new Map()]])
  private read = 0

  constructor(readonly ledger: TestLedger) {}

  /** Takes what is new; the leaves of an epoch are those of the state at its end, so that it is to be called right after one closed. */
  follow(): void {
    const { events, state } = this.ledger
    for (const event of events.slice(this.read)) this.book.apply(event)
    this.read = events.length
    const last = events.at(-1)
    if (last?.type !== 'EpochClosed') return
    const sums = leavesOf(state).map(
      leaf => [leaf.account, leaf.availableMicrocredits + leaf.heldMicrocredits] as const,
    )
    this.leaves.set(last.data.epoch, new Map(sums))
    this.check(last.data)
  }

  statement(account: StatementAccount): Statement {
    const statement = this.book.statement(account)
    assert.ok(statement)
    return statement
  }

  private check({ epoch, parent }: EpochBooks): void {
    const [opening, closing] = [this.leaves.get(parent) as Sums, this.leaves.get(epoch) as Sums]
    const accounts = new Set([...opening.keys(), ...closing.keys(), ...this.book.accounts()])
    const owed = new Map<Hex, bigint>()
    for (const account of accounts) {
      if (!account.includes('0x')) continue
      const statement = this.statement(account as StatementAccount)
      const { creditMicrocredits, debitMicrocredits, entries, root, tree } = statement
      const moved = (opening.get(account) ?? 0n) + creditMicrocredits - debitMicrocredits
      assert.equal(moved, closing.get(account) ?? 0n, `${account} in epoch ${epoch}`)
      assert.equal(new Set(entries.map(({ key }) => key)).size, entries.length)
      for (const entry of entries) {
        assert.ok(entry.debitMicrocredits === 0n || entry.evidence !== undefined, `${account} ${entry.key}`)
        const proof = proveEntry(ethersCrypto, tree, entry.key)
        assert.ok(verifyEntry(ethersCrypto, root, { key: entry.key, value: statementValue(entry) }, proof))
        if (entry.evidence !== undefined && entry.evidence.kind !== 'row') {
          const isJob = entry.evidence.kind === 'job'
          owed.set(entry.key, (owed.get(entry.key) ?? 0n) + (isJob ? 0n : entry.debitMicrocredits))
        }
      }
    }
    this.checkCredits(owed)
  }

  /** What is debited from one account is credited to another under the same key; of a job the fee goes elsewhere. */
  private checkCredits(owed: ReadonlyMap<Hex, bigint>): void {
    for (const account of this.book.accounts()) {
      for (const { key, creditMicrocredits, evidence } of this.statement(account).entries) {
        if (evidence?.kind === 'job' || !owed.has(key) || creditMicrocredits === 0n) continue
        const isJob = owed.get(key) === 0n
        if (!isJob) assert.equal(creditMicrocredits, owed.get(key))
      }
    }
  }
}

describe('a statement', () => {
  it('is none before the first epoch, and empty for who did not move', () => {
    const ledger = fundedLedger()
    const follower = new Follower(ledger)
    follower.follow()
    assert.equal(follower.book.statement(ann.address), undefined)
    closeEpoch(ledger)
    follower.follow()
    const { entries, root } = follower.statement(new Actor(99).address)
    assert.deepEqual([entries, root], [[], { root: zeroHash, totalMicrocredits: 0n }])
  })

  it('cannot be made of a journal that was not followed from its start', () => {
    const ledger = fundedLedger()
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
    ledger.settle(node.receipt(orderDigest, {}))
    const book = new StatementBook(ethersCrypto)
    const last = ledger.events.at(-1)
    assert.ok(last?.type === 'JobSettled')
    assert.throws(() => book.apply(last), EvidenceMissingError)
  })

  it('refuses a value of which a half does not fit', () => {
    const beyond = 2n ** 64n
    assert.throws(() => statementValue({ creditMicrocredits: beyond, debitMicrocredits: 0n }), RangeError)
    assert.throws(() => statementValue({ creditMicrocredits: 0n, debitMicrocredits: beyond }), RangeError)
    assert.equal(statementValue({ creditMicrocredits: 1n, debitMicrocredits: 2n }), beyond + 2n)
  })

  it('has for each movement its key, and for each debit what allows it', () => {
    const ledger = fundedLedger()
    const follower = new Follower(ledger)
    const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 7n, nonce: 1n })
    const { commandId } = ledger.accept({ type: 'TransferCredits', transfer })
    const withdrawal = ann.withdrawal({ amountMicrocredits: 9n, nonce: 2n })
    const withdrawn = ledger.accept({ type: 'WithdrawCredits', withdrawal }).commandId
    const instruction = bob.instruction()
    const instructed = ledger.accept({ type: 'InstructPayouts', instruction }).commandId as Hex
    const paid = ledger.accept({ type: 'PayByInstruction', wallet: bob.address }).firstPosition
    const index = ledger.record('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 11n })
    ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
    closeEpoch(ledger)
    follower.follow()
    const row = ledger.state.lastEpoch?.rows[0]
    const entriesOf = (account: StatementAccount) =>
      follower
        .statement(account)
        .entries.map(entry => [entry.key, entry.creditMicrocredits, entry.debitMicrocredits, entry.evidence?.kind])
    const sorted = (entries: readonly (readonly unknown[])[]) =>
      entries.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
    assert.deepEqual(
      entriesOf(ann.address),
      sorted([
        [inboxKey(ethersCrypto, 0), 10_000_000n, 0n, undefined],
        [commandId, 0n, 7n, 'transfer'],
        [withdrawn, 0n, 9n, 'withdrawal'],
        [inboxKey(ethersCrypto, index), 0n, 11n, 'forced'],
      ]),
    )
    assert.deepEqual(
      entriesOf(`payable:${ann.address}`),
      sorted([
        [withdrawn, 9n, 0n, undefined],
        [inboxKey(ethersCrypto, index), 11n, 0n, undefined],
        [rowKey(ethersCrypto, 1), 0n, 20n, 'row'],
      ]),
    )
    assert.deepEqual(entriesOf(`payable:${bob.address}`), [
      [instructionKey(ethersCrypto, instructed, paid), 10_000_007n, 0n, undefined],
    ])
    const evidence = follower.statement(`payable:${ann.address}`).entries.find(entry => entry.evidence)?.evidence
    assert.deepEqual(evidence, { kind: 'row', row, index: 0 })
  })

  it('shows a job that cost nothing, and one that pays its own payer', () => {
    const ledger = fundedLedger()
    const follower = new Follower(ledger)
    const failed = ledger.assigned(ann.order({ nonce: 1n }), node)
    ledger.settle(node.receipt(failed, { outcome: 'failedByNode' }))
    const own = ledger.assigned(ann.order({ nonce: 2n }), ann)
    ledger.nowMs += 1_000
    ledger.settle(ann.receipt(own, {}))
    closeEpoch(ledger)
    follower.follow()
    const entryOf = (account: StatementAccount, key: Hex) => {
      const entry = follower.statement(account).entries.find(one => one.key === key)
      return [entry?.creditMicrocredits, entry?.debitMicrocredits, entry?.evidence?.kind]
    }
    assert.deepEqual(entryOf(ann.address, failed), [0n, 0n, 'job'])
    assert.deepEqual(entryOf(node.address, failed), [0n, 0n, undefined])
    const [credited, debited] = entryOf(ann.address, own)
    assert.deepEqual([credited, debited], [95_000n, 100_000n])
  })

  it('has orders and permissions that are older than the epoch', () => {
    const ledger = fundedLedger()
    const follower = new Follower(ledger)
    const permission = permissionOf(ann, gateway)
    ledger.accept({ type: 'GrantPermission', permission })
    const order = ann.order({ nonce: 1n })
    const delegated = gateway.sign(
      transferType,
      ann.transfer({ to: bob.address, amountMicrocredits: 3n, nonce: 3n }).message,
    )
    const orderDigest = ledger.assigned(order, node)
    const escrow = escrowOrder(gateway, { wallet: ann.address, seller: bob.address, nonce: 2n })
    ledger.accept({ type: 'OpenEscrow', order: escrow })
    closeEpoch(ledger)
    follower.follow()
    finaliseEpoch(ledger)
    ledger.accept({ type: 'TransferCredits', transfer: delegated })
    ledger.nowMs += 1_000
    const receipt = node.receipt(orderDigest, {})
    ledger.settle(receipt)
    const capture = escrowCapture(gateway, digestOfEscrow(escrow), 9n, ann.address)
    ledger.accept({ type: 'CaptureEscrow', capture })
    closeEpoch(ledger)
    follower.follow()
    const evidence = new Set(follower.statement(ann.address).entries.map(entry => entry.evidence))
    assert.deepEqual(
      evidence,
      new Set([
        { kind: 'transfer', transfer: delegated, permission },
        { kind: 'job', order, receipt },
        { kind: 'escrow', order: escrow, permission, capture, capturedUnder: permission },
      ]),
    )
  })

  it('of an epoch after a cancelled one has what moved in both, and rows of its own alone', () => {
    const ledger = fundedLedger()
    const follower = new Follower(ledger)
    ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
    ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 9n, nonce: 1n }) })
    closeEpoch(ledger)
    follower.follow()
    cancelEpoch(ledger)
    follower.follow()
    assert.equal(follower.book.statement(ann.address), undefined)
    ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 4n, nonce: 2n }) })
    closeEpoch(ledger)
    follower.follow()
    const { entries, creditMicrocredits, debitMicrocredits, epoch, parent } = follower.statement(
      `payable:${ann.address}`,
    )
    assert.deepEqual([entries.length, creditMicrocredits, debitMicrocredits, epoch, parent], [3, 13n, 13n, 2, 0])
  })

  it('adds up in a journal with every kind of event', () => {
    const { events } = wholeLedger()
    const book = new StatementBook(ethersCrypto)
    for (const event of events) {
      book.apply(event)
      for (const account of event.type === 'EpochClosed' ? book.accounts() : []) {
        const statement = book.statement(account)
        assert.ok(statement?.entries.every(entry => entry.debitMicrocredits === 0n || entry.evidence !== undefined))
      }
    }
    assert.equal(book.epoch?.epoch, 4)
  })
})

const step = fc.record({
  what: fc.constantFrom(...economySteps),
  who: fc.nat(2),
  amount: fc.integer({ min: 1, max: 400_000 }),
})

/** Before an epoch ends, everybody can be shown where it began. */
function requireShownInParent({ state }: TestLedger): void {
  const tree = new EpochTree(ethersCrypto)
  for (const { address } of economyAgents) {
    const shown = tree.proveInParent(state, address)
    assert.equal(shown === undefined, state.finalEpoch === undefined)
    if (shown === undefined) continue
    assert.deepEqual(shown.root.root, state.finalEpoch?.leavesRoot)
    const { root, leaf, proof } = shown
    assert.ok(
      leaf ? verifyInclusion(ethersCrypto, root, leaf, proof) : verifyAbsence(ethersCrypto, root, address, proof),
    )
  }
}

describe('the statements of an economy that does everything', () => {
  it('lead from each account’s opening leaf to its closing one, with what allows every debit', () => {
    let epochCount = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), steps => {
        const ledger = fundedLedger()
        const follower = new Follower(ledger)
        const beforeEnd = () => requireShownInParent(ledger)
        const economy = new Economy({ follow: () => follower.follow(), beforeEnd }, ledger)
        for (const one of steps) economy.take(one)
        assert.ok(economy.ledger.nowMs >= testStartMs)
        epochCount += economy.ledger.state.lastEpochNumber
      }),
      { numRuns: 40, seed: 20_261_121 },
    )
    assert.ok(epochCount > 40)
  })
})
