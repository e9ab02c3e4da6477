import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { Actor, testDomain } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { wholeLedger } from '../testing/whole-journal.ts'
import { type AuditFinding, Auditor, type FoundBefore } from './auditor.ts'
import { recoverPart, signedPartsOf } from './seals.ts'

const { events, stored } = wholeLedger()

const stranger = new Actor(99)

/** An auditor that must neither hash payloads nor recover signers: epochs alone need hashes of their own. */
const crypto = { ...ethersCrypto, recoverSigner: () => assert.fail('recovers what was recovered before') }

function follow(
  auditor: Auditor,
  before: (event: LedgerEvent) => FoundBefore,
  edited: readonly LedgerEvent[] = events,
): AuditFinding | undefined {
  for (const [index, event] of edited.entries()) {
    const finding = auditor.follow(event, '', stored[index]?.hash ?? zeroHash, before(event))
    if (finding !== undefined) return finding
  }
  return undefined
}

function foundIn(event: LedgerEvent): FoundBefore {
  return { recovered: signedPartsOf(event).map(part => recoverPart(ethersCrypto, testDomain, part)) }
}

describe('an auditor that is told who signed', () => {
  it('believes that, and checks everything else', () => {
    assert.equal(follow(new Auditor(crypto), foundIn), undefined)
  })

  it('refuses a signer who may not have signed, for every kind of signed event', () => {
    for (const [index, event] of events.entries()) {
      if (signedPartsOf(event).length === 0) continue
      const finding = follow(new Auditor(crypto), seen => {
        const { recovered } = foundIn(seen)
        return seen === event
          ? { recovered: recovered.map(part => ({ ...part, signer: stranger.address })) }
          : { recovered }
      })
      assert.equal(finding?.position, index + 1, event.type)
    }
  })

  it('refuses a message that nobody signed, or of another digest', () => {
    for (const other of [{ signer: undefined }, { digest: zeroHash }]) {
      const transfer = events.find(event => event.type === 'CreditsTransferred')
      const finding = follow(new Auditor(crypto), seen => {
        const { recovered } = foundIn(seen)
        return seen === transfer ? { recovered: recovered.map(part => ({ ...part, ...other })) } : { recovered }
      })
      assert.equal(finding?.position, transfer?.position)
    }
  })
})

describe('an auditor that trusts signatures', () => {
  const trusting = () => new Auditor(crypto, { signatures: 'trusted' })
  const nothing = () => ({ recovered: [] })

  it('has nothing to say about a journal that holds', () => {
    assert.equal(follow(trusting(), nothing), undefined)
  })

  it('still finds amounts, nonces, prices, epochs and names that are wrong', () => {
    const edits: readonly (readonly [LedgerEvent['type'], (data: never) => object])[] = [
      [
        'JobSettled',
        (data: { capturedMicrocredits: bigint }) => ({ capturedMicrocredits: data.capturedMicrocredits + 1n }),
      ],
      ['EpochClosed', () => ({ leavesRoot: zeroHash })],
      ['HoldOpened', () => ({ orderDigest: zeroHash })],
      ['InboxItemRecorded', () => ({ amountMicrocredits: 1n })],
      ['PayoutClaimed', () => ({ paidMicrocredits: 1n })],
    ]
    for (const [type, change] of edits) {
      const index = events.findIndex(event => event.type === type)
      const event = events[index] as LedgerEvent
      const edited = { ...event, data: { ...event.data, ...change(event.data as never) } } as LedgerEvent
      assert.equal(follow(trusting(), nothing, events.with(index, edited))?.position, index + 1, type)
    }
  })
})
