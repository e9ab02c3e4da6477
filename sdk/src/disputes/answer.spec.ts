import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type EpochBooks,
  type Hex,
  type LedgerEvent,
  laneKey,
  pricingDigest,
  type SignedJobOrder,
  typedDataDigest,
  usageReceiptType,
  zeroHash,
} from '@deparrow/ledger'
import {
  Actor,
  cancelEpoch,
  closeEpoch,
  digestOfEscrow,
  digestOfOrder,
  economyAgents,
  escrowCapture,
  escrowOrder,
  finaliseEpoch,
  fundedLedger,
  permissionOf,
  TestLedger,
  testConfig,
  testConfig020,
  testDomain,
} from '@deparrow/ledger/testing'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import { answerTo, demandKinds, stateAccount } from './answer.ts'
import type { AskedDemand, OrderClaim, ReceiptClaim, SignedCertificate } from './calls.ts'
import { ArchiveProtocolError, ArchiveRootError, EpochArchive } from './epoch-archive.ts'
import { decodeDebitEvidence, decodeHoldEvidence } from './evidence.ts'
import { shownValue } from './shown.spec.fixture.ts'

const [ann, bob] = economyAgents
const gateway = new Actor(21)
const node = new Actor(11)
const posted = { rowsPerPart: 1_000 }
const afterParent = 1_000_000n

/** An archive that follows a ledger. */
class Case {
  readonly archive = new EpochArchive(ledgerCrypto)
  private read = 0

  constructor(readonly ledger = fundedLedger()) {}

  follow(): void {
    for (const event of this.ledger.events.slice(this.read)) this.archive.apply(event)
    this.read = this.ledger.events.length
  }

  closed(): void {
    closeEpoch(this.ledger)
    this.follow()
  }

  final(): void {
    finaliseEpoch(this.ledger)
    this.follow()
  }

  ask(kind: (typeof demandKinds)[number], asked: Partial<AskedDemand['question']>, beside: Partial<AskedDemand> = {}) {
    const epoch = BigInt(this.archive.asked?.books.epoch ?? 0)
    const question = { epoch, kind: demandKinds.indexOf(kind), place: zeroHash, key: zeroHash, value: 0n, ...asked }
    return answerTo(this.archive, { question, ...beside }, posted)
  }

  /** The function of an answer, or why there is none. */
  outcome(...asked: Parameters<Case['ask']>): string {
    const answer = this.ask(...asked)
    return 'functionName' in answer ? answer.functionName : answer.cannotAnswer
  }

  kept(order: OrderClaim, certificate?: SignedCertificate): string {
    return this.outcome('kept', {}, { kept: order, ...(certificate && { certificate }) })
  }

  receipt(order: OrderClaim, claim: Partial<ReceiptClaim> = {}): string {
    const own = { receiptDigest: zeroHash, payoutWallet: node.address, dueMicrocredits: 1n, isPushed: true }
    return this.outcome('receipt', {}, { receipt: { order, ...own, ...claim } })
  }
}

/** An order of Ann as its certificate has it; unless it is said, assigned after the parent of the pending epoch. */
function claimOf({ message }: SignedJobOrder, position = afterParent): OrderClaim {
  const order = { payer: ann.address, node: node.address, attempt: 1, assignedAtMs: 0n }
  const lane = { laneKey: laneKey(ledgerCrypto, ann.address, message.lane), nonce: message.nonce }
  return { orderDigest: digestOfOrder({ message, signature: '0x' }), position, ...order, ...lane }
}

describe('an archive of epochs', () => {
  it('refuses a ledger whose epochs no contract judges', () => {
    const { events } = new TestLedger(testConfig020)
    assert.throws(() => new EpochArchive(ledgerCrypto).apply(events[0] as LedgerEvent), ArchiveProtocolError)
  })

  it('refuses an epoch with another root than the journal gives', () => {
    const own = new Case()
    own.follow()
    closeEpoch(own.ledger)
    const event = own.ledger.events.at(-1) as LedgerEvent
    const wrong = { ...event, data: { ...(event.data as EpochBooks), leavesRoot: zeroHash } } as LedgerEvent
    assert.throws(() => own.archive.apply(wrong), ArchiveRootError)
  })

  it('knows no leaf before the first epoch, nor of an epoch that is older than the last final one or taken back', () => {
    const own = new Case()
    own.follow()
    assert.equal(own.archive.leaf(0, ann.address), undefined)
    assert.equal(own.archive.asked, undefined)
    own.closed()
    own.final()
    own.closed()
    assert.equal(own.archive.leaf(1, ann.address)?.leaf?.availableMicrocredits, 10_000_000n)
    own.final()
    assert.equal(own.archive.leaf(1, ann.address), undefined)
    own.closed()
    cancelEpoch(own.ledger)
    own.follow()
    assert.equal(own.archive.leaf(3, ann.address), undefined)
    assert.ok(own.archive.leaf(2, ann.address))
  })
})

describe('an answer', () => {
  it('is none while no epoch is pending, and about another one than that', () => {
    const own = new Case()
    own.follow()
    assert.equal(own.outcome('leaf', {}), 'EPOCH_NOT_PENDING')
    assert.equal(stateAccount(own.archive, zeroHash), undefined)
    own.closed()
    assert.equal(own.outcome('leaf', { epoch: 2n }), 'EPOCH_NOT_PENDING')
    assert.equal(own.outcome('leaf', {}), 'answerLeaf')
    own.final()
    assert.equal(own.outcome('leaf', { epoch: 1n }), 'EPOCH_NOT_PENDING')
  })

  it('is none to a kind or a tree that there is not, and without the claim of a receipt or of a kept order', () => {
    const own = new Case()
    own.closed()
    assert.equal(own.outcome('leaf', { kind: 10 }), 'KIND_UNKNOWN')
    assert.equal(own.outcome('reveal', { value: 4n << 8n }), 'KIND_UNKNOWN')
    assert.equal(own.outcome('kept', {}), 'CLAIM_MISSING')
    assert.equal(own.outcome('receipt', {}), 'CLAIM_MISSING')
  })

  it('is none to a forced withdrawal that the epoch does not cover, and to a credit that is not there', () => {
    const own = new Case()
    own.closed()
    assert.equal(own.outcome('forced', { key: zeroHash }), 'FORCED_UNKNOWN')
    const place = own.archive.placeOf(ann.address)
    assert.equal(own.outcome('credit', { place, key: zeroHash, value: 1n }), 'CREDIT_TOO_SMALL')
  })

  it('about an account that nobody knows shows its absence, and states nothing of it', () => {
    const own = new Case()
    own.closed()
    const place = own.archive.placeOf(new Actor(99).address)
    const call = stateAccount(own.archive, place)
    assert.ok(call?.functionName === 'state')
    const { root, sum, closing } = call.args[2]
    assert.deepEqual([root, sum, closing.leaf.available, closing.place === place], [zeroHash, 0n, 0n, false])
  })

  it('about an account states the sum of its holds by a way that is that of the shown key, also when nothing stands at its end', () => {
    const own = new Case()
    const place = own.archive.placeOf(ann.address)
    const shown: boolean[] = []
    for (let nonce = 1n; nonce <= 20n; nonce++) {
      own.ledger.accept({ type: 'OpenHold', order: ann.order({ nonce, maxPriceMicrocredits: 1_000n }) })
      own.closed()
      const call = stateAccount(own.archive, place)
      assert.ok(call?.functionName === 'state')
      const { holds, closing } = call.args[2]
      const root = { root: closing.leaf.holdsRoot, totalMicrocredits: nonce * 1_000n }
      shown.push(shownValue(root, holds.key, holds) !== undefined)
      own.final()
    }
    assert.deepEqual(new Set(shown), new Set([true, false]))
  })

  it('about a hold that ended after the epoch closed still has its order, until the next one is final', () => {
    const own = new Case()
    const order = ann.order({ nonce: 1n })
    const key = digestOfOrder(order)
    own.ledger.accept({ type: 'OpenHold', order })
    own.closed()
    own.ledger.accept({ type: 'ReleaseHold', orderDigest: key })
    own.follow()
    const answer = own.ask('hold', { place: own.archive.placeOf(ann.address), key })
    assert.ok('functionName' in answer && answer.functionName === 'answerHold')
    assert.equal(decodeHoldEvidence(answer.args[5]).kind, 'job')
    own.final()
    own.closed()
    assert.ok(own.archive.orders.find(key))
    own.final()
    assert.equal(own.archive.orders.find(key), undefined)
  })

  for (const [who, capturer] of [
    ['the wallet', ann],
    ['the delegate', gateway],
  ] as const) {
    it(`about a delegate’s escrow names ${who} as the one that captured it`, () => {
      const own = new Case()
      own.ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, gateway) })
      const order = escrowOrder(gateway, { wallet: ann.address, seller: bob.address, nonce: 1n })
      own.ledger.accept({ type: 'OpenEscrow', order })
      const capture = escrowCapture(capturer, digestOfEscrow(order), 9n, ann.address)
      own.ledger.accept({ type: 'CaptureEscrow', capture })
      own.closed()
      const answer = own.ask('entry', { place: own.archive.placeOf(ann.address), key: digestOfEscrow(order) })
      assert.ok('functionName' in answer && answer.functionName === 'answerEntry')
      const evidence = decodeDebitEvidence(answer.args[5])
      assert.ok(evidence.kind === 'escrow')
      assert.equal(evidence.fields.captureAuthority.permissionSignature === '0x', capturer === ann)
      assert.notEqual(evidence.fields.hold.authority.permissionSignature, '0x')
    })
  }
})

/** Jobs that went each another way; what is in the epoch before is final. */
function jobs() {
  const own = new Case()
  const orders = [1n, 2n, 3n, 4n, 5n, 6n].map(nonce => ann.order({ nonce, maxPriceMicrocredits: 200_000n }))
  const [before, standing, paid, released, free, unknown] = orders as [
    SignedJobOrder,
    SignedJobOrder,
    SignedJobOrder,
    SignedJobOrder,
    SignedJobOrder,
    SignedJobOrder,
  ]
  const { ledger } = own
  const run = (order: SignedJobOrder, sequence: bigint, outcome: 'completed' | 'failedByNode') => {
    const digest = ledger.assigned(order, node)
    ledger.nowMs += 1_000
    const receipt = node.receipt(digest, { sequence, outcome })
    ledger.settle(receipt)
    return receipt
  }
  run(before, 1n, 'completed')
  own.closed()
  own.final()
  ledger.assigned(standing, node)
  const receipt = run(paid, 2n, 'completed')
  const given: Hex = ledger.assigned(released, node)
  ledger.accept({ type: 'ReleaseAssignment', release: node.release(given) })
  ledger.accept({ type: 'ReleaseHold', orderDigest: given })
  run(free, 3n, 'failedByNode')
  own.closed()
  return { own, before, standing, paid, released, free, unknown, receipt }
}

describe('an answer about a job', () => {
  const certified = {
    certificate: { pricingDigest: pricingDigest(ledgerCrypto, testConfig) },
  } as unknown as SignedCertificate

  it('is none when the order was kept nowhere, nor when it cost nothing and no certificate is there', () => {
    const { own, unknown, free } = jobs()
    assert.equal(own.kept(claimOf(unknown)), 'NOT_KEPT')
    assert.equal(own.kept(claimOf(free)), 'CERTIFICATE_MISSING')
    const otherPricing = { certificate: { pricingDigest: zeroHash } } as unknown as SignedCertificate
    assert.equal(own.kept(claimOf(free), otherPricing), 'NOT_KEPT')
  })

  it('is none when a receipt is not paid whose order stands, or was settled by it for less', () => {
    const { own, standing, paid, receipt } = jobs()
    assert.equal(own.receipt(claimOf(standing)), 'NOT_PAID')
    const receiptDigest = typedDataDigest(ledgerCrypto, testDomain, usageReceiptType, receipt.message)
    assert.equal(own.receipt(claimOf(paid), { receiptDigest, dueMicrocredits: 10n ** 9n }), 'NOT_PAID')
  })

  it('shows why a certified hold stands or ended', () => {
    const { own, before, standing, paid, released, free } = jobs()
    assert.equal(own.kept(claimOf(standing)), 'answerKeptByHold')
    assert.equal(own.kept(claimOf(paid)), 'answerKeptByEntry')
    assert.equal(own.kept(claimOf(before, 1n)), 'answerKeptByEnd')
    assert.equal(own.kept(claimOf(released)), 'answerKeptByRelease')
    assert.equal(own.kept(claimOf(free), certified), 'answerKeptByReceipt')
    for (const attempt of [0, 2]) assert.equal(own.kept({ ...claimOf(released), attempt }), 'NOT_KEPT')
  })

  it('shows that a receipt is paid, or why it is not', () => {
    const { own, before, paid, released, unknown } = jobs()
    assert.equal(own.receipt(claimOf(paid)), 'answerReceiptByEntry')
    assert.equal(own.receipt(claimOf(before, 1n)), 'answerReceiptByEnd')
    assert.equal(own.receipt(claimOf(paid), { dueMicrocredits: 10n ** 9n }), 'answerReceiptByOther')
    assert.equal(own.receipt(claimOf(released)), 'answerReceiptByRelease')
    assert.equal(own.receipt(claimOf(unknown)), 'answerReceiptByBond')
  })
})
