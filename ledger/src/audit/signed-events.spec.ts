import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, type Hex, zeroHash } from '../hex.ts'
import type { LedgerEvent, LedgerEventType } from '../journal/event.ts'
import { Actor, testDomain, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { Auditor } from './auditor.ts'
import { before, changed, eventOf, of } from './forgery.spec.fixture.ts'
import { type Recovered, recoverPart, signedPartsOf } from './seals.ts'

const stranger = new Actor(77).address
const { wallet, delegate } = eventOf('PermissionGranted').data.permission.message

/** An event that a key signed, which is told instead of its message's signature. */
type By = { readonly event: LedgerEvent; readonly signer: Address | undefined }

const recovered = new Map<LedgerEvent, readonly Recovered[]>()

function recoveredOf(event: LedgerEvent): readonly Recovered[] {
  const known = recovered.get(event) ?? signedPartsOf(event).map(part => recoverPart(ethersCrypto, testDomain, part))
  recovered.set(event, known)
  return known
}

/** What an auditor finds in the last of the events that somebody signed, after those of the journal. */
function problemIn(journal: readonly LedgerEvent[], ...signed: readonly By[]): string | undefined {
  const auditor = new Auditor(ethersCrypto)
  const all = [...journal.map(event => ({ event, found: recoveredOf(event) })), ...signed.map(told)]
  for (const [index, { event, found }] of all.entries()) {
    const finding = auditor.follow({ ...event, position: index + 1 }, '', zeroHash, { recovered: found })
    if (finding === undefined) continue
    assert.equal(finding.position, all.length, finding.problem)
    return finding.problem
  }
  return undefined
}

function told({ event, signer }: By): { readonly event: LedgerEvent; readonly found: readonly Recovered[] } {
  return { event, found: [{ digest: event.commandId as Hex, signer }] }
}

describe('the auditor, who knows whose keys signed, finds a stranger’s under', () => {
  const cases: readonly (readonly [LedgerEventType, string])[] = [
    ['CreditsTransferred', 'the sender did not sign the transfer'],
    ['ServiceBought', 'the buyer did not sign the purchase'],
    ['HoldOpened', 'the payer did not sign the order'],
    ['HoldUnassigned', 'the node did not sign the release'],
    ['HoldReleased', 'the payer did not sign the cancellation'],
    ['ReceiptReceived', 'the node did not sign the receipt'],
    ['EscrowOpened', 'the wallet did not sign the escrow'],
    ['EscrowCaptured', 'nobody who may has signed the capture'],
    ['EscrowReleased', 'the seller did not sign the release'],
    ['IouIssued', 'the debtor did not sign the IOU'],
    ['IouRedeemed', 'the debtor did not sign the redemption'],
    ['PermissionGranted', 'the wallet did not sign the permission'],
    ['PermissionRevoked', 'neither the wallet nor its delegate signed the revocation'],
    ['NodeRegistered', 'the registration is not signed by who may'],
    ['ConfigChangeScheduled', 'the treasurer did not sign the change'],
    ['CreditsGranted', 'the treasurer did not sign the grant'],
    ['ReferralRecorded', 'the payout wallet did not sign the referral'],
    ['PayoutInstructed', 'the wallet did not sign the instruction'],
    ['PayoutScheduled', 'the wallet did not sign the withdrawal'],
  ]
  for (const [type, problem] of cases) {
    it(type, () => {
      const event = eventOf(type)
      assert.equal(problemIn([...before(type), event]), undefined)
      assert.equal(problemIn(before(type), { event, signer: stranger }), problem)
      assert.equal(problemIn(before(type), { event, signer: undefined }), problem)
    })
  }

  it('IouDefaulted', () => {
    const event = changed(eventOf('IouDefaulted'), { atMs: eventOf('IouIssued').atMs })
    const journal = before('IouRedeemed')
    const creditor = eventOf('IouIssued').data.iou.message.creditor
    assert.equal(problemIn(journal, { event, signer: creditor }), 'declares a default before the IOU is due')
    assert.equal(problemIn(journal, { event, signer: stranger }), 'the creditor did not sign the declaration')
  })

  it('nothing when the id is not its message’s digest', () => {
    const event = changed(eventOf('CreditsTransferred'), { commandId: zeroHash })
    const { commandId } = eventOf('CreditsTransferred')
    const problem = `has command id ${zeroHash}, expected ${commandId}`
    const auditor = new Auditor(ethersCrypto)
    for (const known of before('CreditsTransferred')) {
      assert.equal(auditor.follow(known, '', zeroHash, { recovered: recoveredOf(known) }), undefined)
    }
    const found = { recovered: recoveredOf(eventOf('CreditsTransferred')) }
    assert.equal(auditor.follow(event, '', zeroHash, found)?.problem, problem)
  })
})

describe('the auditor, about what a delegate signs', () => {
  const revoking = (nonce: bigint, atMs = testStartMs) =>
    changed(eventOf('PermissionRevoked'), { ...of('revocation', { nonce }), atMs })
  const unsigned = 'neither the wallet nor its delegate signed the revocation'

  it('takes back a permission that stands, and nonces before it, but none to come', () => {
    const journal = before('CreditsTransferred')
    assert.equal(problemIn(journal, { event: revoking(1n), signer: delegate }), undefined)
    assert.equal(problemIn(journal, { event: revoking(0n), signer: delegate }), 'revokes nonce 0 after 1')
    assert.equal(problemIn(journal, { event: revoking(2n), signer: delegate }), unsigned)
    assert.equal(problemIn(journal, { event: revoking(2n), signer: wallet }), undefined)
  })

  it('takes nothing back where there was no permission', () => {
    const journal = before('PermissionGranted')
    assert.equal(problemIn(journal, { event: revoking(0n), signer: delegate }), unsigned)
    const byWallet = { event: revoking(5n), signer: wallet }
    assert.equal(problemIn(journal, byWallet, { event: revoking(5n), signer: delegate }), unsigned)
    assert.equal(problemIn(journal, byWallet, { event: revoking(5n), signer: wallet }), undefined)
  })

  it('captures an escrow that a delegate opened until the permission has ended', () => {
    const order = eventOf('EscrowOpened')
    const spend = (microcredits: bigint) => ({
      permission: eventOf('PermissionGranted').data.digest,
      delegate,
      hourMicrocredits: microcredits,
      dayMicrocredits: microcredits,
      totalMicrocredits: microcredits,
    })
    const opened = { event: changed(order, { 'data.spend': spend(1_000_000n) }), signer: delegate }
    const capture = changed(eventOf('EscrowCaptured'), { 'data.spend': spend(400_000n), atMs: testStartMs + 5 })
    const journal = before('CreditsTransferred')
    const ends = (atMs: number) => ({ event: revoking(1n, atMs), signer: wallet })
    const ended = 'is captured under a permission that has ended'
    assert.equal(problemIn(journal, opened, { event: capture, signer: delegate }), undefined)
    assert.equal(problemIn(journal, opened, ends(testStartMs + 4), { event: capture, signer: delegate }), ended)
    assert.equal(problemIn(journal, opened, ends(testStartMs + 5), { event: capture, signer: delegate }), ended)
    assert.equal(problemIn(journal, opened, ends(testStartMs + 5), { event: capture, signer: wallet }), undefined)
  })

  it('spends in an hour that slides by minutes', () => {
    const { digest } = eventOf('PermissionGranted').data
    const message = { amountMicrocredits: 900_000n, deadline: BigInt(testStartMs / 1000 + 90_000) }
    const spending = (nonce: bigint, atMs: number, hour: bigint, day: bigint) => {
      const totals = { hourMicrocredits: hour, dayMicrocredits: day, totalMicrocredits: day }
      const event = changed(eventOf('CreditsTransferred'), {
        ...of('transfer', { ...message, nonce }),
        'data.spend': { permission: digest, delegate, ...totals },
        'entries.0.amountMicrocredits': -900_000n,
        'entries.1.amountMicrocredits': 900_000n,
        commandId: `0x${nonce.toString(16).padStart(64, '0')}`,
        atMs,
      })
      return { event, signer: delegate }
    }
    const hourMs = 3_600_000
    const journal = before('CreditsTransferred')
    const first = spending(1n, testStartMs, 900_000n, 900_000n)
    const counted = spending(2n, testStartMs + hourMs + 59_999, 1_800_000n, 1_800_000n)
    const passed = spending(2n, testStartMs + hourMs + 60_000, 900_000n, 1_800_000n)
    assert.equal(problemIn(journal, first, counted), undefined)
    assert.equal(problemIn(journal, first, passed), undefined)
    const third = spending(3n, counted.event.atMs, 2_700_000n, 2_700_000n)
    assert.equal(problemIn(journal, first, counted, third), 'spends more than the 2000000 µcr an hour')
  })
})
