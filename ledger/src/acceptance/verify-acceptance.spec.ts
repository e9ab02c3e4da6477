import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bytesToHex, type Hex } from '../hex.ts'
import { Actor, ledgerActor, testDomain } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { formatMessage } from '../typed-data/json.ts'
import { type AcceptanceRoot, acceptanceRootType, acceptanceType, type SignedAcceptance } from './acceptance.ts'
import { acceptanceTree, rootOfTree, siblingsOf } from './acceptance-tree.ts'
import { verifyAcceptance } from './verify-acceptance.ts'

const stranger = new Actor(7)

const digestAt = (index: number): Hex => bytesToHex(ethersCrypto.keccak256(Uint8Array.of(index >> 8, index & 255)))

/** The signed acceptances of a batch of `count` commands at positions from 101. */
function batch(count: number, signer = ledgerActor, domain = testDomain): readonly SignedAcceptance[] {
  const acceptances = Array.from({ length: count }, (_, index) => ({
    digest: digestAt(index),
    position: BigInt(101 + index),
    isAccepted: true,
    atMs: BigInt(5_000 + index),
  }))
  const tree = acceptanceTree(ethersCrypto, acceptances)
  const position = BigInt(100 + count)
  const message = { shard: 3, root: rootOfTree(tree), position, journalHash: digestAt(9_999) }
  const root = signer.sign<AcceptanceRoot>(acceptanceRootType, message, domain)
  return acceptances.map((acceptance, index) => ({ acceptance, index, count, siblings: siblingsOf(tree, index), root }))
}

function isValid(signed: unknown): boolean {
  return verifyAcceptance(ethersCrypto, testDomain, ledgerActor.address, signed as SignedAcceptance)
}

const whole = batch(7)
const [first, second] = whole as readonly [SignedAcceptance, SignedAcceptance]
const last = whole[6] as SignedAcceptance
const { acceptance, root } = first

describe('an acceptance', () => {
  for (const count of [1, 2, 3, 4, 5, 8, 9, 33]) {
    it(`holds for each command of a batch of ${count}`, () => {
      const signed = batch(count)
      assert.deepEqual(signed.filter(isValid), signed)
      const highest = Math.max(...signed.map(({ siblings }) => siblings.length))
      assert.equal(highest, Math.ceil(Math.log2(count)))
    })
  }

  it('holds as it travels, with its integers as text and its hexadecimal in any case', () => {
    const sent = JSON.parse(
      JSON.stringify({
        ...first,
        acceptance: formatMessage(acceptanceType, { ...acceptance, digest: upper(acceptance.digest) }),
        siblings: first.siblings.map(upper),
        root: { ...root, message: formatMessage(acceptanceRootType, root.message) },
      }),
    )
    assert.equal(isValid(sent), true)
  })

  const refused: readonly (readonly [string, unknown])[] = [
    ['of another command', { ...first, acceptance: { ...acceptance, digest: digestAt(77) } }],
    ['of the next command of its batch', { ...first, acceptance: second.acceptance }],
    ['that is no acceptance', { ...first, acceptance: { ...acceptance, isAccepted: false } }],
    ['of no truth', { ...first, acceptance: { ...acceptance, isAccepted: 1 } }],
    ['of another time', { ...first, acceptance: { ...acceptance, atMs: 4_999n } }],
    ['of another position', { ...first, acceptance: { ...acceptance, position: 102n } }],
    ['of a position behind its root’s', { ...last, acceptance: { ...last.acceptance, position: 108n } }],
    ['at another place of the batch', { ...first, index: 1 }],
    ['at a place outside of the batch', { ...first, index: 7 }],
    ['at a negative place', { ...first, index: -1 }],
    ['at half a place', { ...first, index: 0.5 }],
    ['of a batch of nothing', { ...first, count: 0 }],
    ['of a smaller batch', { ...last, count: 8 }],
    ['of a batch without end', { ...first, count: Number.POSITIVE_INFINITY }],
    ['of an enormous batch', { ...first, count: 2 ** 53 }],
    ['with a sibling less', { ...first, siblings: first.siblings.slice(1) }],
    ['with a sibling more', { ...first, siblings: [...first.siblings, digestAt(1)] }],
    ['with siblings in another order', { ...first, siblings: [...first.siblings].reverse() }],
    ['with a sibling that is none', { ...first, siblings: ['0x12', ...first.siblings.slice(1)] }],
    ['with a thousand siblings', { ...first, siblings: Array(1_000).fill(digestAt(1)) }],
    ['with siblings that are no list', { ...first, siblings: { length: 3 } }],
    ['under the root of another batch', { ...first, root: batch(8)[0]?.root }],
    ['under a root for another shard', { ...first, root: { ...root, message: { ...root.message, shard: 4 } } }],
    [
      'under a root for another journal',
      { ...first, root: { ...root, message: { ...root.message, journalHash: digestAt(5) } } },
    ],
    ['signed by somebody else', batch(7, stranger)[0]],
    ['signed for another chain', batch(7, ledgerActor, { ...testDomain, chainId: 1 })[0]],
    ['with a signature that is none', { ...first, root: { ...root, signature: '0x00' } }],
    ['with a signature of zeros', { ...first, root: { ...root, signature: `0x${'00'.repeat(65)}` } }],
    ['without a root', { ...first, root: undefined }],
    ['without a message in its root', { ...first, root: { signature: root.signature } }],
    ['without an acceptance', { ...first, acceptance: null }],
    ['with another field in its acceptance', { ...first, acceptance: { ...acceptance, more: 1n } }],
    ['that is nothing', undefined],
    ['that is a text', JSON.stringify(String(first))],
  ]
  for (const [name, signed] of refused) {
    it(`does not hold ${name}`, () => assert.equal(isValid(signed), false))
  }

  it('does not hold for a node of the tree that is passed off as an acceptance', () => {
    const [left, right] = batch(2) as readonly [SignedAcceptance, SignedAcceptance]
    const inner = { digest: left.siblings[0], position: 101n }
    assert.equal(isValid({ ...left, acceptance: inner, siblings: [], count: 1 }), false)
    assert.equal(isValid({ ...right, siblings: [], count: 1, index: 0 }), false)
  })

  it('never throws, whatever is in the place of any of its parts', () => {
    const parts = ['acceptance', 'index', 'count', 'siblings', 'root'] as const
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.anything(), (part, anything) => {
        const isUnchanged = part === 'index' ? anything === 0 : part === 'count' && isSameShape(anything)
        assert.equal(isValid({ ...first, [part]: anything }), isUnchanged)
      }),
      { numRuns: 400, seed: 20_261_131 },
    )
    fc.assert(
      fc.property(fc.anything(), anything => assert.equal(isValid(anything), false)),
      { numRuns: 200, seed: 20_261_132 },
    )
  })

  it('does not hold when any one digit of it is another', () => {
    const text = JSON.stringify({
      ...first,
      acceptance: formatMessage(acceptanceType, acceptance),
      root: { ...root, message: formatMessage(acceptanceRootType, root.message) },
    })
    const { siblings, root: sealed } = JSON.parse(text) as SignedAcceptance
    for (const known of [acceptance.digest, ...siblings, sealed.message.root, sealed.signature]) {
      const at = text.indexOf(known) + 2 + (known.length % 60)
      const other = text[at] === '0' ? '1' : '0'
      assert.equal(isValid(JSON.parse(text.slice(0, at) + other + text.slice(at + 1))), false)
    }
  })
})

/** Counts under which the first of seven acceptances has the same path, as it has among eight. */
function isSameShape(count: unknown): boolean {
  return typeof count === 'number' && count > 4 && count <= 8 && Number.isInteger(count)
}

function upper(hex: Hex): Hex {
  return `0x${hex.slice(2).toUpperCase()}`
}
