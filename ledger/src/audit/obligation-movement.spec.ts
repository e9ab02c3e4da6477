import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from '../hex.ts'
import { zeroHash } from '../hex.ts'
import { chainHash, encodeEvent } from '../journal/codec.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder, escrowRelease } from '../testing/escrow-actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { digestOfIou, iou, iouDefault, iouRedemption } from '../testing/iou-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { Auditor } from './auditor.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const cho = new Actor(3)
const seller = bob.address
const promise = iou(ann, { creditor: bob.address, nonce: 4n })
const orders = [1n, 2n, 3n].map(nonce => escrowOrder(ann, { seller, nonce }))
const [captured, released, expired] = orders.map(digestOfEscrow) as [Hex, Hex, Hex]

/** Three escrows, one for each way in which they end, and an IOU that is paid in part and then in default. */
function journal(): readonly LedgerEvent[] {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 9_000_000n)
  for (const order of orders) ledger.accept({ type: 'OpenEscrow', order })
  ledger.accept({ type: 'IssueIou', iou: promise })
  ledger.accept({ type: 'CaptureEscrow', capture: escrowCapture(ann, captured, 400_000n) })
  ledger.accept({ type: 'ReleaseEscrow', release: escrowRelease(bob, released) })
  const redemption = iouRedemption(ann, { iou: digestOfIou(promise), amountMicrocredits: 300_000n, nonce: 5n })
  ledger.accept({ type: 'RedeemIou', redemption })
  ledger.nowMs = testStartMs + 3_600_000
  ledger.accept({ type: 'DefaultIou', declaration: iouDefault(bob, digestOfIou(promise)) })
  return ledger.events
}

const events = journal()

/** What the auditor says of events whose chain of hashes is whole. */
function finding(forged: readonly LedgerEvent[]): string | undefined {
  const auditor = new Auditor(ethersCrypto)
  let hash: Hex = zeroHash
  for (const event of forged) {
    const payload = encodeEvent(event)
    hash = chainHash(ethersCrypto, hash, payload)
    const problem = auditor.follow(event, payload, hash)?.problem
    if (problem !== undefined) return problem
  }
  return undefined
}

/** The journal up to its first event of a type, with that event changed. */
function forge<T extends LedgerEvent['type']>(
  type: T,
  change: (event: Extract<LedgerEvent, { type: T }>) => object,
): readonly LedgerEvent[] {
  const index = events.findIndex(event => event.type === type)
  const event = events[index] as Extract<LedgerEvent, { type: T }>
  return [...events.slice(0, index), { ...event, ...change(event) } as LedgerEvent]
}

/** Entries that pay somebody else. */
function paying(account: `wallet:${Hex}`, { entries }: LedgerEvent): LedgerEvent['entries'] {
  return entries.map(entry => (entry.amountMicrocredits > 0n ? { ...entry, account } : entry))
}

describe('the auditor', () => {
  it('has nothing to say about escrows and IOUs that the decider wrote', () => assert.equal(finding(events), undefined))

  const forgeries: readonly (readonly [string, readonly LedgerEvent[], RegExp])[] = [
    [
      'an escrow that its wallet did not sign',
      forge('EscrowOpened', ({ data }) => ({
        data: { ...data, order: { ...data.order, signature: escrowOrder(cho, { seller, nonce: 1n }).signature } },
      })),
      /did not sign/,
    ],
    [
      'an escrow under another name',
      forge('EscrowOpened', ({ data }) => ({ data: { ...data, escrow: released } })),
      /not named by its order/,
    ],
    [
      'a capture that pays another seller',
      forge('EscrowCaptured', event => ({ entries: paying(`wallet:${cho.address}`, event) })),
      /the signature allows/,
    ],
    [
      'a capture by the seller',
      forge('EscrowCaptured', ({ data }) => ({
        data: { ...data, capture: { ...data.capture, signature: escrowCapture(bob, captured, 400_000n).signature } },
      })),
      /nobody who may/,
    ],
    [
      'a capture of more than was signed',
      forge('EscrowCaptured', ({ data }) => ({ data: { ...data, releasedMicrocredits: 0n } })),
      /split/,
    ],
    ['a capture when the time is over', forge('EscrowCaptured', () => ({ atMs: testStartMs + 600_000 })), /./],
    [
      'a second end of one escrow',
      forge('EscrowReleased', ({ data }) => ({
        data: { ...data, release: escrowRelease(bob, captured) },
      })),
      /no open escrow/,
    ],
    [
      'a release by the payer',
      forge('EscrowReleased', ({ data }) => ({
        data: { ...data, release: { ...data.release, signature: escrowRelease(ann, released).signature } },
      })),
      /the seller did not sign/,
    ],
    [
      'a release that keeps something back',
      forge('EscrowReleased', ({ data }) => ({ data: { ...data, amountMicrocredits: 999_999n } })),
      /whole escrow/,
    ],
    ['an expiry before its time', forge('EscrowExpired', ({ atMs }) => ({ atMs: atMs - 1 })), /out of time/],
    [
      'an expiry that pays the seller',
      forge('EscrowExpired', event => ({ entries: paying(`wallet:${seller}`, event) })),
      /the signature allows/,
    ],
    [
      'an IOU that somebody else signed',
      forge('IouIssued', ({ data }) => ({
        data: { ...data, iou: cho.sign({ name: 'Iou', fields: [] }, data.iou.message) },
      })),
      /the debtor did not sign/,
    ],
    [
      'an IOU that moves credits',
      forge('IouIssued', () => ({
        entries: [
          { account: `wallet:${ann.address}`, amountMicrocredits: -1n },
          { account: `wallet:${bob.address}`, amountMicrocredits: 1n },
        ],
      })),
      /the signature allows 0/,
    ],
    [
      'a redemption that leaves less than is owed',
      forge('IouRedeemed', ({ data }) => ({ data: { ...data, outstandingMicrocredits: 699_999n } })),
      /outstanding/,
    ],
    [
      'a redemption that pays somebody else',
      forge('IouRedeemed', event => ({ entries: paying(`wallet:${cho.address}`, event) })),
      /the signature allows/,
    ],
    [
      'a default that the debtor declared',
      forge('IouDefaulted', ({ data }) => ({
        data: {
          ...data,
          declaration: { ...data.declaration, signature: iouDefault(ann, digestOfIou(promise)).signature },
        },
      })),
      /the creditor did not sign/,
    ],
    [
      'a default that misstates the debt',
      forge('IouDefaulted', ({ data }) => ({ data: { ...data, outstandingMicrocredits: 1n } })),
      /misstates/,
    ],
  ]
  for (const [name, forged, expected] of forgeries) {
    it(`finds ${name}`, () => assert.match(finding(forged) ?? '', expected))
  }

  it('finds a default before the IOU is due, and a second one', () => {
    const last = events.at(-1) as LedgerEvent
    const early = events.filter(event => event.type !== 'EscrowExpired' && event !== last)
    const declared = { ...last, position: early.length + 1, atMs: testStartMs }
    assert.match(finding([...early, declared]) ?? '', /before the IOU is due/)
    assert.match(finding([...events, { ...last, position: last.position + 1 }]) ?? '', /a second time/)
  })

  it('finds a time that is missing its expiry', () => {
    const [orderOfExpired] = orders.slice(2)
    assert.equal(orderOfExpired && digestOfEscrow(orderOfExpired), expired)
    const without = events.filter(event => event.type !== 'EscrowExpired')
    const moved = without.map((event, index) => ({ ...event, position: index + 1 }))
    assert.notEqual(finding(moved), undefined)
  })
})
