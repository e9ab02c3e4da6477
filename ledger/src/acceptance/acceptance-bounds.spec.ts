import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToHex, type Hex, zeroHash } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { ledgerActor, testDomain } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { type Acceptance, type AcceptanceRoot, acceptanceRootType, type SignedAcceptance } from './acceptance.ts'
import { acceptanceTree, rootAbove, rootOfTree, siblingsOf } from './acceptance-tree.ts'
import { acceptanceBatchesMax, BatchAcceptances } from './batch-acceptances.ts'
import { acceptedUnder, verifyAcceptance } from './verify-acceptance.ts'

const digestAt = (index: number): Hex => bytesToHex(ethersCrypto.keccak256(Uint8Array.of(index >> 8, index & 255)))

const timeAt = (position: number): number => 1_000 + position

const acceptanceAt = (position: number, digest = digestAt(position)): Acceptance => ({
  digest,
  position: BigInt(position),
  isAccepted: true,
  atMs: BigInt(timeAt(position)),
})

const headAt = (position: number) => ({ position, hash: digestAt(9_000 + position) })

const event = (position: number, commandId: string = digestAt(position), type = 'CreditsTransferred') =>
  ({ position, commandId, type, atMs: timeAt(position) }) as unknown as LedgerEvent

const place = { domain: testDomain, shard: 2 }

function isValid(signed: SignedAcceptance): boolean {
  return verifyAcceptance(ethersCrypto, testDomain, ledgerActor.address, signed)
}

/** Signs as a ledger does that finds the time in its journal. */
function signBy(kept: BatchAcceptances, acceptance: Acceptance, head: number): Promise<SignedAcceptance> {
  return kept.sign(acceptance, headAt(head), place, async () => Number(acceptance.atMs))
}

function batchAcceptances(): BatchAcceptances {
  return new BatchAcceptances({ crypto: ethersCrypto, signer: ledgerActor.asLedgerSigner() })
}

describe('the tree over acceptances', () => {
  it('has no root without any', () => {
    const error = { name: 'TypeError', message: 'a tree without acceptances has no root' }
    assert.throws(() => rootOfTree(acceptanceTree(ethersCrypto, [])), error)
    assert.throws(() => rootOfTree([]), error)
  })

  it('of one is that one, beside which nothing stands', () => {
    const tree = acceptanceTree(ethersCrypto, [acceptanceAt(1)])
    assert.deepEqual([tree.length, siblingsOf(tree, 0)], [1, []])
    assert.equal(rootAbove(ethersCrypto, acceptanceAt(1), { index: 0, count: 1, siblings: [] }), rootOfTree(tree))
  })

  it('may be over 2^24 acceptances, and not over one more', () => {
    const siblings = (count: number) => Array.from({ length: count }, (_, index) => digestAt(index))
    const above = (index: number, count: number, high: number) =>
      rootAbove(ethersCrypto, acceptanceAt(1), { index, count, siblings: siblings(high) })
    assert.notEqual(above(0, 2 ** 24, 24), undefined)
    assert.notEqual(above(2 ** 24 - 1, 2 ** 24, 24), undefined)
    assert.equal(above(0, 2 ** 24 + 1, 25), undefined)
    assert.equal(above(2 ** 24, 2 ** 24 + 1, 1), undefined)
  })

  it('has the places from 0 to one less than there are acceptances', () => {
    for (const count of [1, 2, 3, 8]) {
      const tree = acceptanceTree(
        ethersCrypto,
        Array.from({ length: count }, (_, index) => acceptanceAt(index)),
      )
      for (const index of [-1, count, count + 1, 0.5, Number.NaN]) {
        for (let high = 0; high <= 4; high++) {
          const siblings = Array.from({ length: high }, (_, at) => digestAt(at))
          assert.equal(rootAbove(ethersCrypto, acceptanceAt(1), { index, count, siblings }), undefined)
        }
      }
      for (let index = 0; index < count; index++) {
        const path = { index, count, siblings: siblingsOf(tree, index) }
        assert.equal(rootAbove(ethersCrypto, acceptanceAt(index), path), rootOfTree(tree))
      }
    }
  })
})

describe('an acceptance under a signed root', () => {
  const signedAt = (position: bigint): SignedAcceptance => {
    const acceptance = acceptanceAt(7, digestAt(1))
    const tree = acceptanceTree(ethersCrypto, [acceptance])
    const message = { shard: 3, root: rootOfTree(tree), position, journalHash: digestAt(2) }
    const root = ledgerActor.sign<AcceptanceRoot>(acceptanceRootType, message)
    return { acceptance, index: 0, count: 1, siblings: [], root }
  }

  it('stands at or before the position of the root', () => {
    for (const [position, expected] of [
      [6n, false],
      [7n, true],
      [8n, true],
    ] as const) {
      const signed = signedAt(position)
      assert.equal(isValid(signed), expected, String(position))
      assert.deepEqual(acceptedUnder(ethersCrypto, signed), expected ? signed.root.message : undefined)
    }
  })
})

describe('the acceptances of a batch', () => {
  it('are of events up to the durable end of the journal', async () => {
    const kept = batchAcceptances()
    kept.record([event(3), event(4), event(5)], headAt(4))
    const signed = await signBy(kept, acceptanceAt(4), 9)
    assert.deepEqual([signed.index, signed.count, signed.root.message.position], [1, 2, 4n])
    const later = await signBy(kept, acceptanceAt(5), 9)
    assert.deepEqual([later.index, later.count, later.root.message.position], [0, 1, 9n])
    assert.ok(isValid(signed) && isValid(later))
  })

  it('are of the last event of each command, of none that was refused, and of none without a digest', async () => {
    const kept = batchAcceptances()
    const long = digestAt(77)
    kept.record(
      [
        event(1, 'inbox:0'),
        event(2, long),
        event(3, long),
        event(4, digestAt(4), 'CommandRefused'),
        event(5, '0x12'),
        event(6, `0x${'ab'.repeat(33)}`),
        event(7, `link:${'a'.repeat(61)}`),
        event(8),
      ],
      headAt(8),
    )
    const first = await signBy(kept, acceptanceAt(3, long), 20)
    const second = await signBy(kept, acceptanceAt(8), 20)
    assert.deepEqual([first.index, first.count, second.index, second.count], [0, 2, 1, 2])
    for (const [position, digest] of [
      [2, long],
      [4, digestAt(4)],
    ] as const) {
      assert.equal((await signBy(kept, acceptanceAt(position, digest), 20)).count, 1)
    }
  })

  it('are found in their own batch among others, by digest and position both', async () => {
    const kept = batchAcceptances()
    kept.record([event(1), event(2)], headAt(2))
    kept.record([event(3), event(4), event(5)], headAt(5))
    kept.record([event(6)], headAt(6))
    const counts = []
    for (let position = 1; position <= 6; position++) {
      const signed = await signBy(kept, acceptanceAt(position), 30)
      assert.ok(isValid(signed))
      counts.push([signed.index, signed.count, signed.root.message.position])
    }
    assert.deepEqual(counts, [
      [0, 2, 2n],
      [1, 2, 2n],
      [0, 3, 5n],
      [1, 3, 5n],
      [2, 3, 5n],
      [0, 1, 6n],
    ])
    for (const stray of [acceptanceAt(4, digestAt(3)), acceptanceAt(5, digestAt(99)), acceptanceAt(7)]) {
      const signed = await signBy(kept, stray, 30)
      assert.deepEqual([signed.count, signed.root.message.position, isValid(signed)], [1, 30n, true])
    }
  })

  it('are kept for as many batches as there is room for, and no batch without any takes room', async () => {
    const kept = batchAcceptances()
    kept.record([event(1), event(2)], headAt(2))
    for (let position = 3; position < 3 + acceptanceBatchesMax - 1; position++) {
      kept.record([event(position)], headAt(position))
      kept.record([event(position, 'open')], headAt(position))
      kept.record([], headAt(position))
    }
    assert.equal((await signBy(kept, acceptanceAt(1), 500)).count, 2)
    kept.record([event(200)], headAt(200))
    assert.equal((await signBy(kept, acceptanceAt(1), 500)).count, 1)
    assert.equal(acceptanceBatchesMax, 64)
  })

  it('are signed for the shard, over the journal’s hash at the batch’s end', async () => {
    const kept = batchAcceptances()
    kept.record([event(1)], headAt(1))
    const { root } = await signBy(kept, acceptanceAt(1), 9)
    const { root: above } = root.message
    assert.deepEqual(root.message, { shard: 2, root: above, position: 1n, journalHash: headAt(1).hash })
    assert.notEqual(above, zeroHash)
  })
})
