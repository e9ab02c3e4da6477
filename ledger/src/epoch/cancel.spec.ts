import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Address, zeroHash } from '../hex.ts'
import type { EpochBooks } from '../journal/event.ts'
import { Actor } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { EpochTree } from './epoch-tree.ts'
import { verifyInclusion } from './inclusion-proof.ts'
import { leavesRoot } from './leaves.ts'
import { leavesInLastEpoch } from './state-leaves.ts'

const actors = [1, 2, 3].map(number => new Actor(number))
const [ann, bob] = actors as [Actor, Actor, Actor]
const node = new Actor(11)
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }

const closing = (epoch: number) => ({ type: 'CloseEpoch', epoch }) as const

const cancelling = (epoch: number, headEpoch: number, lastEpoch = epoch) =>
  ({ type: 'RecordEpochCancelled', epoch, lastEpoch, headEpoch, place }) as const

function finalising(ledger: TestLedger, epoch: number) {
  const burnMicrocredits = ledger.state.lastEpoch?.burnMicrocredits ?? 0n
  return { type: 'RecordEpochFinal', epoch, burnMicrocredits, place } as const
}

/** Ann, whose payee id is 1, has withdrawn 5 of her 100 µcr, and epoch 1 is closed with it. */
function ledgerWithEpoch(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 100n)
  ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
  ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 5n, nonce: 1n }) })
  ledger.accept(closing(1))
  return ledger
}

describe('a cancelled epoch', () => {
  it('is refused when it is final, unknown and older, or taken back already', () => {
    const ledger = ledgerWithEpoch()
    ledger.accept(finalising(ledger, 1))
    ledger.refuse(cancelling(1, 0), 'EPOCH_OUT_OF_ORDER')
    ledger.refuse(cancelling(0, 0), 'EPOCH_OUT_OF_ORDER')
    ledger.accept(closing(2))
    ledger.accept(cancelling(2, 1))
    ledger.refuse(cancelling(2, 1, 3), 'COMMAND_CONFLICT')
    assert.equal(ledger.accept(cancelling(2, 1)).repeated, true)
  })

  it('is refused with a last epoch before it, and with a head that is neither final nor pending', () => {
    const ledger = ledgerWithEpoch()
    ledger.refuse(cancelling(1, 0, 0), 'EPOCH_OUT_OF_ORDER')
    ledger.refuse(cancelling(1, 1), 'COMMAND_CONFLICT')
    ledger.refuse(cancelling(3, 2), 'COMMAND_CONFLICT')
  })

  it('is posted again by the next one, which builds on the head and has a number of its own', () => {
    const ledger = ledgerWithEpoch()
    ledger.accept(cancelling(1, 0, 4))
    assert.equal(ledger.accept(closing(1)).repeated, true)
    const { refusal } = ledger.refuse(closing(2), 'EPOCH_OUT_OF_ORDER')
    assert.deepEqual(refusal, { code: 'EPOCH_OUT_OF_ORDER', expectedEpoch: 5, epoch: 2 })
    ledger.refuse(finalising(ledger, 1), 'EPOCH_OUT_OF_ORDER')
    ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 2n, nonce: 2n }) })
    ledger.accept(closing(5))
    const { parent, rows } = ledger.state.lastEpoch as EpochBooks
    const row = { id: 1, wallet: ann.address, incrementMicrocredits: 7n, cumulativeMicrocredits: 7n, previousEpoch: 0 }
    assert.deepEqual([parent, rows], [0, [row]])
  })

  it('cannot be claimed from', () => {
    const ledger = ledgerWithEpoch()
    ledger.accept(cancelling(1, 0))
    const claim = { wallet: ann.address, paidMicrocredits: 5n, cumulativeMicrocredits: 5n, place }
    ledger.refuse({ type: 'RecordClaim', ...claim }, 'CLAIM_NOT_OWED')
  })

  it('that this journal never closed uses its number up and undoes nothing', () => {
    const ledger = ledgerWithEpoch()
    ledger.accept(cancelling(2, 1))
    assert.equal(ledger.state.lastEpoch?.epoch, 1)
    ledger.accept(finalising(ledger, 1))
    ledger.refuse(closing(2), 'EPOCH_OUT_OF_ORDER')
    ledger.accept(cancelling(3, 1, 6))
    ledger.accept(closing(7))
    assert.equal(ledger.state.lastEpoch?.parent, 1)
  })
})

describe('an epoch that never came on chain', () => {
  const givingUp = (epoch: number, journalPosition: number, headEpoch = 0, lastEpoch = epoch - 1) =>
    ({ ...cancelling(epoch, headEpoch, lastEpoch), journalPosition }) as const
  const positionOf = (ledger: TestLedger) => (ledger.state.lastEpoch as EpochBooks).journalPosition

  it('is not given up when it is not pending, or the chain has given its number out', () => {
    const ledger = ledgerWithEpoch()
    const position = positionOf(ledger)
    ledger.refuse(givingUp(2, position), 'EPOCH_OUT_OF_ORDER')
    ledger.refuse(givingUp(1, position, 0, 1), 'EPOCH_OUT_OF_ORDER')
    ledger.accept(cancelling(2, 1))
    ledger.refuse(givingUp(1, position), 'EPOCH_OUT_OF_ORDER')
    ledger.accept(finalising(ledger, 1))
    ledger.refuse(givingUp(1, position), 'EPOCH_OUT_OF_ORDER')
  })

  it('is not given up by who knows other books of it, or another head', () => {
    const ledger = ledgerWithEpoch()
    const position = positionOf(ledger)
    ledger.refuse(givingUp(1, position - 1), 'COMMAND_CONFLICT')
    ledger.refuse(givingUp(1, position, 1), 'COMMAND_CONFLICT')
    ledger.accept(givingUp(1, position))
    ledger.accept(closing(1))
    assert.equal(ledger.accept(givingUp(1, position)).repeated, true)
    assert.equal(ledger.state.lastEpoch?.epoch, 1)
  })

  it('leaves its number to the next one, which pays what it would have paid, and may be cancelled by the chain itself', () => {
    const ledger = ledgerWithEpoch()
    ledger.accept(givingUp(1, positionOf(ledger)))
    assert.equal(ledger.accept(closing(1)).repeated, false)
    const { epoch, rows } = ledger.state.lastEpoch as EpochBooks
    const row = { id: 1, wallet: ann.address, incrementMicrocredits: 5n, cumulativeMicrocredits: 5n, previousEpoch: 0 }
    assert.deepEqual([epoch, rows], [1, [row]])
    ledger.accept(givingUp(1, positionOf(ledger)))
    ledger.accept(closing(1))
    ledger.accept(cancelling(1, 0))
    ledger.accept(closing(2))
    ledger.accept(finalising(ledger, 2))
    assert.equal(ledger.state.lastEpochFinal, 2)
  })
})

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('withdraw'), who: fc.nat(2), amount: fc.integer({ min: 1, max: 50 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pay'), who: fc.nat(2), amount: fc.integer({ min: 1, max: 50 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('job', 'know', 'claim', 'force'), who: fc.nat(2), amount: fc.nat(60) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('close', 'final', 'cancel'), who: fc.nat(2), amount: fc.nat(2) }),
  },
)

/** The chain's side of what is to be so: which epochs count, and what their rows and burns come to. */
class Chain {
  private nonce = 0n
  counted: EpochBooks[] = []
  readonly known = new Set<Address>()

  constructor(readonly ledger = new TestLedger()) {
    for (const { address } of actors) ledger.deposit(address, 10_000_000n)
  }

  take({ do: what, who, amount }: { readonly do: string; readonly who: number; readonly amount: number }): void {
    const { ledger } = this
    const actor = actors[who] as Actor
    const amountMicrocredits = BigInt(amount)
    const pending = this.counted.find(({ epoch }) => epoch > ledger.state.lastEpochFinal)
    if (what === 'withdraw') {
      this.submit({
        type: 'WithdrawCredits',
        withdrawal: actor.withdrawal({ amountMicrocredits, nonce: ++this.nonce }),
      })
    } else if (what === 'pay') {
      const to = (actors[(who + 1) % 3] as Actor).address
      this.submit({
        type: 'TransferCredits',
        transfer: actor.transfer({ to, amountMicrocredits, nonce: ++this.nonce }),
      })
    } else if (what === 'job') this.job(actor)
    else if (what === 'know') this.submit({ type: 'RecordPayee', wallet: actor.address, id: who + 1 })
    else if (what === 'claim') this.claim(actor.address)
    else if (what === 'force')
      ledger.record('forcedWithdrawal', actor.address, 0n, { askedMicrocredits: amountMicrocredits })
    else if (what === 'close') this.close()
    else if (pending === undefined) return
    else if (what === 'final') ledger.accept(finalising(ledger, pending.epoch))
    else this.cancel(pending, amount)
  }

  private submit(command: Parameters<TestLedger['accept']>[0]): void {
    this.ledger.submit(command)
  }

  private job(payer: Actor): void {
    const orderDigest = this.ledger.assigned(payer.order({ nonce: ++this.nonce }), node)
    this.ledger.nowMs += 1_000
    this.ledger.settle(node.receipt(orderDigest, { sequence: this.nonce }))
  }

  private claim(wallet: Address): void {
    const { payouts, lastEpochFinal } = this.ledger.state
    const account = payouts.get(wallet)
    const isFinal = account !== undefined && account.lastEpoch <= lastEpochFinal
    const owed = isFinal ? account.postedMicrocredits - account.claimedMicrocredits : 0n
    if (owed === 0n || account === undefined) return
    const cumulativeMicrocredits = account.postedMicrocredits
    this.ledger.accept({ type: 'RecordClaim', wallet, paidMicrocredits: owed, cumulativeMicrocredits, place })
  }

  private close(): void {
    const { state } = this.ledger
    if (state.lastEpoch !== undefined && state.lastEpoch.epoch !== state.lastEpochFinal) return
    this.ledger.accept(closing(state.lastEpochNumber + 1))
    this.counted.push(this.ledger.state.lastEpoch as EpochBooks)
    this.checkBooks()
  }

  private cancel({ epoch }: EpochBooks, skipped: number): void {
    this.ledger.accept(cancelling(epoch, this.ledger.state.lastEpochFinal, epoch + skipped))
    this.counted = this.counted.filter(books => books.epoch !== epoch)
    assert.equal(this.ledger.state.lastEpoch?.epoch, this.counted.at(-1)?.epoch)
  }

  /** The newest epoch builds on the one before that counts, and the contract would take it. */
  private checkBooks(): void {
    const books = this.counted.at(-1) as EpochBooks
    assert.equal(books.parent, this.counted.at(-2)?.epoch ?? 0)
    let inbox = 0n
    for (const event of this.ledger.events) {
      if (event.type === 'InboxItemRecorded' && event.data.index < books.inboxCut)
        inbox += event.data.amountMicrocredits
    }
    const rows = this.counted.flatMap(({ rows: own }) => own)
    const paid = rows.reduce((sum, { incrementMicrocredits }) => sum + incrementMicrocredits, 0n)
    const burnt = this.counted.reduce((sum, { burnMicrocredits }) => sum + burnMicrocredits, 0n)
    assert.equal(inbox, books.leavesTotalMicrocredits + paid + burnt)
    for (const row of books.rows) this.checkRow(books, row.wallet)
  }

  private checkRow({ epoch }: EpochBooks, wallet: Address): void {
    const own = this.counted.flatMap(books =>
      books.rows.filter(row => row.wallet === wallet).map(row => ({ ...row, in: books.epoch })),
    )
    const [before, last] = own.length > 1 ? own.slice(-2) : [undefined, own.at(-1)]
    assert.equal(last?.in, epoch)
    assert.equal(last.previousEpoch, before?.in ?? 0)
    assert.equal(last.cumulativeMicrocredits, (before?.cumulativeMicrocredits ?? 0n) + last.incrementMicrocredits)
    assert.ok(last.incrementMicrocredits > 0n)
  }

  /** Whoever asks is shown the newest epoch that counts, by the writer's tree and by one that is built anew. */
  checkProofs(tree: EpochTree): void {
    const { state } = this.ledger
    const { lastEpoch } = state
    if (lastEpoch === undefined) return
    const { root, totalMicrocredits } = leavesRoot(ethersCrypto, [...leavesInLastEpoch(state)])
    assert.deepEqual([root, totalMicrocredits], [lastEpoch.leavesRoot, lastEpoch.leavesTotalMicrocredits])
    const shown = tree.prove(state, bob.address)
    assert.ok(shown?.leaf && verifyInclusion(ethersCrypto, { root, totalMicrocredits }, shown.leaf, shown.proof))
  }
}

describe('epochs that are closed, final, cancelled and claimed from in any order', () => {
  it('add up for the contract, keep what the head says, and follow each payee’s rows', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const chain = new Chain()
        const tree = new EpochTree(ethersCrypto)
        for (const one of steps) {
          chain.take(one)
          if (one.do === 'cancel' || one.do === 'final') chain.checkProofs(tree)
        }
        chain.checkProofs(new EpochTree(ethersCrypto))
      }),
      { numRuns: 40, seed: 20_261_121 },
    )
  })
})
