import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  type EntryTree,
  encodeSiblings,
  entriesOf,
  entryNode,
  type Hex,
  inboxKey,
  leafOf,
  type ProvenRoot,
  type StatementAccount,
  verifyAbsence,
  verifyInclusion,
  zeroHash,
} from '@deparrow/ledger'
import {
  Economy,
  economyAgents,
  economySteps,
  fundedLedger,
  type TestLedger,
  wholeLedger,
} from '@deparrow/ledger/testing'
import fc from 'fast-check'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import { viewAccount } from './account-view.ts'
import { answerTo, demandKinds, revealedTrees } from './answer.ts'
import type { AnswerCall } from './calls.ts'
import { EpochArchive } from './epoch-archive.ts'
import {
  decodeDebitEvidence,
  decodeHoldEvidence,
  encodeDebitEvidence,
  encodeHoldEvidence,
  type HoldEvidenceStruct,
} from './evidence.ts'
import { entryDigits, leafDigits, revealedRoot, shownEntry, shownLeaf, shownValue } from './shown.spec.fixture.ts'
import type { LaneProofsStruct } from './structs.ts'

const posted = { rowsPerPart: 2 }
const half = 64n

/** Asks everything of an archive whose ledger has just closed an epoch. */
class Asker {
  readonly archive = new EpochArchive(ledgerCrypto)
  readonly debitKinds = new Set<string>()
  readonly holdKinds = new Set<string>()
  private read = 0

  constructor(private readonly ledger: TestLedger) {}

  follow(): void {
    const { events, state } = this.ledger
    for (const event of events.slice(this.read)) this.archive.apply(event)
    this.read = events.length
    if (events.at(-1)?.type !== 'EpochClosed') return
    const wallets = new Set<Hex>([...economyAgents.map(({ address }) => address), ...state.nodes.keys()])
    for (const { wallet } of state.lastEpoch?.rows ?? []) wallets.add(wallet)
    for (const wallet of wallets) for (const account of [wallet, `payable:${wallet}`] as const) this.askAbout(account)
    for (const account of ['treasury', 'rewards'] as const) this.askLeaf(account)
    this.askLeaves()
  }

  private answer(kind: (typeof demandKinds)[number], place: Hex, key: Hex = zeroHash, value = 0n) {
    const epoch = BigInt(this.archive.asked?.books.epoch ?? 0)
    const question = { epoch, kind: demandKinds.indexOf(kind), place, key, value }
    return answerTo(this.archive, { question }, posted)
  }

  private call<Name extends AnswerCall['functionName']>(name: Name, ...asked: Parameters<Asker['answer']>) {
    const answer = this.answer(...asked)
    assert.ok('functionName' in answer, `${name}: ${'cannotAnswer' in answer && answer.cannotAnswer}`)
    assert.equal(answer.functionName, name)
    return answer as Extract<AnswerCall, { readonly functionName: Name }>
  }

  private askLeaf(account: Parameters<EpochArchive['leaf']>[1]): void {
    const { archive } = this
    const books = archive.asked?.books
    assert.ok(books)
    for (const epoch of [books.epoch, books.parent]) {
      const shown = archive.leaf(epoch, account)
      if (epoch === 0) assert.equal(shown, undefined)
      else {
        assert.ok(shown)
        const { root, leaf, proof } = shown
        if (leaf === undefined) assert.ok(verifyAbsence(ledgerCrypto, root, account, proof))
        else assert.ok(verifyInclusion(ledgerCrypto, root, leaf, proof))
      }
    }
    const shown = archive.leaf(books.epoch, account)
    assert.deepEqual(shown?.leaf, leafOf(this.ledger.state, account))
    const place = archive.placeOf(account)
    const [, , proof] = this.call('answerLeaf', 'leaf', place).args
    assert.equal(proof.siblings, encodeSiblings(shown?.proof.siblings ?? []))
    assert.equal(!proof.isEmpty && proof.place === place, shown?.leaf !== undefined)
  }

  private askAbout(account: StatementAccount): void {
    this.askLeaf(account)
    const { archive } = this
    const place = archive.placeOf(account)
    const view = viewAccount(archive, place)
    const [, , { root, sum, holds }] = this.call('answerStatement', 'statement', place).args
    const { opening, closing } = view.statement
    const moved = opening.available + opening.held + (sum >> half) - (sum & (2n ** half - 1n))
    assert.equal(moved, closing.available + closing.held)
    assert.equal(rootOf(view.entries).root, root)
    assert.equal(rootOf(view.closing.holds).totalMicrocredits, closing.held)
    shownValue(rootOf(view.closing.holds), holds.key, holds)
    this.askEntries(place)
    this.askHolds(place)
    for (const { key, value } of entriesOf(view.opening.lanes)) {
      const [, , , , before, after] = this.call('answerLane', 'lane', place, key).args
      assert.equal(shownValue(rootOf(view.opening.lanes), key, before), value)
      assert.ok((shownValue(rootOf(view.closing.lanes), key, after) ?? -1n) >= value)
    }
    for (const [index, tree] of [view.entries, view.closing.holds, view.closing.lanes].entries()) {
      this.askReveal(place, index, tree)
    }
  }

  private askEntries(place: Hex): void {
    const view = viewAccount(this.archive, place)
    for (const { key, value } of entriesOf(view.entries)) {
      const { args, stated } = this.call('answerEntry', 'entry', place, key)
      const [, , , statement, proof, evidence] = args
      assert.equal(stated, place)
      assert.equal(shownValue({ root: statement.root, totalMicrocredits: statement.sum }, key, proof), value)
      const [credit, debit] = [value >> half, value & (2n ** half - 1n)]
      if (debit === 0n) assert.equal(evidence, '0x')
      else this.checkDebit(place, key, evidence)
      this.call('answerCredit', 'credit', place, key, credit)
      assert.deepEqual(this.answer('credit', place, key, credit + 1n), { cannotAnswer: 'CREDIT_TOO_SMALL' })
    }
    const [, , , statement, absence, evidence] = this.call('answerEntry', 'entry', place, zeroHash).args
    assert.equal(evidence, '0x')
    assert.equal(shownValue({ root: statement.root, totalMicrocredits: statement.sum }, zeroHash, absence), undefined)
  }

  private checkDebit(place: Hex, key: Hex, evidence: Hex): void {
    const view = viewAccount(this.archive, place)
    const decoded = decodeDebitEvidence(evidence)
    assert.equal(encodeDebitEvidence(decoded), evidence)
    assert.equal(decoded.kind, view.entry(key)?.evidence?.kind)
    this.debitKinds.add(decoded.kind)
    if (decoded.kind === 'forced') {
      assert.equal(inboxKey(ledgerCrypto, Number(decoded.fields.index)), key)
      this.call('answerForced', 'forced', place, key, view.entry(key)?.debitMicrocredits)
    } else if (decoded.kind === 'job' || decoded.kind === 'escrow') {
      this.checkHold(place, key, decoded.fields.hold)
      assert.equal(shownValue(rootOf(view.closing.holds), key, decoded.fields.closingHold), undefined)
    } else if (decoded.kind !== 'row' && decoded.kind !== 'instruction') this.checkLanes(place, decoded.fields.lanes)
  }

  private askHolds(place: Hex): void {
    const view = viewAccount(this.archive, place)
    for (const { key, value } of entriesOf(view.closing.holds)) {
      const [, , , , proof, evidence] = this.call('answerHold', 'hold', place, key).args
      assert.equal(shownValue(rootOf(view.closing.holds), key, proof), value)
      const decoded = decodeHoldEvidence(evidence)
      assert.equal(encodeHoldEvidence(decoded), evidence)
      this.holdKinds.add(decoded.kind)
      this.checkHold(place, key, decoded.fields)
    }
    const [, , , , absence, evidence] = this.call('answerHold', 'hold', place, zeroHash).args
    assert.equal(evidence, '0x')
    assert.equal(shownValue(rootOf(view.closing.holds), zeroHash, absence), undefined)
  }

  private checkHold(place: Hex, key: Hex, { origin }: HoldEvidenceStruct): void {
    const { opening } = viewAccount(this.archive, place)
    const standing = shownValue(rootOf(opening.holds), key, origin.openingHold)
    assert.equal(origin.isStanding, standing !== undefined)
    if (!origin.isStanding) this.checkLanes(place, origin.lanes)
  }

  /** What is signed in an epoch has a nonce above its lane's opening nonce, so that the closing one is higher. */
  private checkLanes(place: Hex, { opening, closing }: LaneProofsStruct): void {
    const view = viewAccount(this.archive, place)
    const key = closing.key
    const before = shownValue(rootOf(view.opening.lanes), key, opening)
    const after = shownValue(rootOf(view.closing.lanes), key, closing)
    assert.ok(after !== undefined && (before === undefined || after > before))
  }

  private askReveal(place: Hex, tree: number, entries: EntryTree): void {
    const [first] = entriesOf(entries)
    for (const [path, bits] of [
      [zeroHash, 0] as const,
      [`${first?.key.slice(0, 3) ?? '0x0'}${'0'.repeat(63)}` as Hex, 4] as const,
    ]) {
      const value = BigInt((tree << 8) | bits)
      const [, , , , , , siblings, frontier] = this.call('answerReveal', 'reveal', place, path, value).args
      assert.deepEqual(revealedRoot(path, siblings, frontier, shownEntry, entryDigits), rootOf(entries))
    }
  }

  private askLeaves(): void {
    const books = this.archive.asked?.books
    assert.ok(books)
    const tree = BigInt(revealedTrees.indexOf('leaves') << 8)
    for (const bits of [0n, 1n, 3n, 124n]) {
      const [, path, , siblings, frontier] = this.call(
        'answerLeavesReveal',
        'reveal',
        zeroHash,
        zeroHash,
        tree | bits,
      ).args
      const shown = revealedRoot(path, siblings, frontier, shownLeaf, leafDigits)
      assert.deepEqual(shown, { root: books.leavesRoot, totalMicrocredits: books.leavesTotalMicrocredits })
    }
  }
}

function rootOf(tree: EntryTree): ProvenRoot {
  const { hash, sum } = entryNode(ledgerCrypto, tree)
  return { root: `0x${Buffer.from(hash).toString('hex')}`, totalMicrocredits: sum }
}

const step = fc.record({
  what: fc.constantFrom(...economySteps),
  who: fc.nat(2),
  amount: fc.integer({ min: 1, max: 400_000 }),
})

describe('the answers out of a random journal', () => {
  it('are proven under the epoch’s roots, and have what allows each debit and each hold', () => {
    const [debits, holds] = [new Set<string>(), new Set<string>()]
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), steps => {
        const ledger = fundedLedger()
        const asker = new Asker(ledger)
        const economy = new Economy({ follow: () => asker.follow() }, ledger)
        for (const one of steps) economy.take(one)
        for (const kind of asker.debitKinds) debits.add(kind)
        for (const kind of asker.holdKinds) holds.add(kind)
      }),
      { numRuns: 40, seed: 20_261_122 },
    )
    assert.deepEqual([...debits].sort(), ['escrow', 'forced', 'instruction', 'job', 'row', 'transfer', 'withdrawal'])
    assert.deepEqual([...holds].sort(), ['escrow', 'job'])
  })

  it('are there in a journal with every kind of event', () => {
    const { events } = wholeLedger()
    const archive = new EpochArchive(ledgerCrypto)
    const kinds = new Set<string>()
    for (const event of events) {
      archive.apply(event)
      if (event.type !== 'EpochClosed') continue
      for (const { address } of economyAgents) {
        const place = archive.placeOf(address)
        for (const { key } of archive.statement(address)?.entries ?? []) {
          const question = {
            epoch: BigInt(event.data.epoch),
            kind: demandKinds.indexOf('entry'),
            place,
            key,
            value: 0n,
          }
          const answer = answerTo(archive, { question }, posted)
          assert.ok('functionName' in answer && answer.functionName === 'answerEntry', inspect(answer))
          const evidence = answer.args[5]
          if (evidence !== '0x') kinds.add(decodeDebitEvidence(evidence).kind)
        }
      }
    }
    assert.deepEqual([...kinds].sort(), [
      'escrow',
      'forced',
      'instruction',
      'job',
      'purchase',
      'redemption',
      'transfer',
      'withdrawal',
    ])
  })
})
