import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToHex, type EntryTree, entryNode, entryTree, type Hex, revealSubtree, zeroHash } from '@deparrow/ledger'
import fc from 'fast-check'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import { entryProof } from '../disputes/account-view.ts'
import { differencesOf, type OwnTree } from './compare-trees.ts'
import { proveShown } from './prove-shown.ts'
import { FrontierError, type ShownPath, shownNode, shownTree } from './shown-tree.ts'
import type { RevealedRecord } from './view.ts'

const reader: OwnTree<EntryTree> = {
  node: tree => entryNode(ledgerCrypto, tree),
  keyOf: tree => (tree !== undefined && 'key' in tree ? tree.key : undefined),
  halves: tree => (tree !== undefined && 'left' in tree ? [tree.left, tree.right] : undefined),
}

const top: ShownPath = { path: zeroHash, bits: 0 }

function revealOf(tree: EntryTree, { path, bits }: ShownPath): RevealedRecord {
  const { frontier } = revealSubtree(ledgerCrypto, tree, { key: path, depth: bits })
  return { place: zeroHash, tree: 0, path, pathBits: bits, frontier }
}

const read = (frontier: Hex) =>
  shownTree(ledgerCrypto, 'entries', [{ place: zeroHash, tree: 0, path: zeroHash, pathBits: 0, frontier }])

describe('a revealed part of a tree', () => {
  it('is refused when it is cut off, goes on, or has a tag where the contract allows none', () => {
    const inner = `01${'11'.repeat(48)}`
    for (const digits of [
      '',
      '02',
      `02${'11'.repeat(47)}`,
      '0000',
      '04',
      inner,
      `03${inner}00`,
      `${'03'.repeat(6)}00`,
    ]) {
      assert.throws(() => read(`0x${digits}`), FrontierError, digits)
    }
  })

  it('is nothing where nobody revealed the top', () => {
    assert.equal(shownTree(ledgerCrypto, 'entries', []), undefined)
    assert.deepEqual(proveShown(undefined, zeroHash), { hidden: top })
  })

  it('leads to the keys that differ, to no others, and proves what it shows', () => {
    const digit = fc.constantFrom(...'01ef')
    const key = fc.array(digit, { minLength: 8, maxLength: 8 }).map(digits => `0x${digits.join('').repeat(8)}` as Hex)
    const values = fc.uniqueArray(fc.tuple(key, fc.bigInt({ min: 1n, max: 99n })), {
      selector: ([first]) => first,
      maxLength: 60,
    })
    const treeOf = (entries: readonly (readonly [Hex, bigint])[]) =>
      entryTree(entries.map(([at, value]) => ({ key: at, value })))
    fc.assert(
      fc.property(values, values, (shared, others) => {
        const changed = new Map([...shared, ...others])
        const [own, theirs] = [treeOf(shared), treeOf([...changed].filter(([at]) => at !== shared[0]?.[0]))]
        const records = [revealOf(theirs, top)]
        let found = differencesOf(shownTree(ledgerCrypto, 'entries', records)?.tree, own, reader)
        for (let turn = 0; found.hidden.length > 0; turn++) {
          assert.ok(turn < 40)
          records.push(...found.hidden.map(path => revealOf(theirs, path)))
          found = differencesOf(shownTree(ledgerCrypto, 'entries', records)?.tree, own, reader)
        }
        const first = new Map(shared)
        const expected = [...new Set([...first.keys(), ...changed.keys()])].filter(at => {
          return at === shared[0]?.[0] || first.get(at) !== changed.get(at)
        })
        assert.deepEqual(found.keys.map(({ key: at }) => at).sort(), expected.sort())
        const shown = shownTree(ledgerCrypto, 'entries', records)
        assert.equal(bytesToHex(shownNode(shown?.tree).hash), bytesToHex(entryNode(ledgerCrypto, theirs).hash))
        for (const at of expected) {
          const proven = proveShown(shown, at)
          assert.ok('proof' in proven)
          assert.deepEqual(proven.proof, entryProof(ledgerCrypto, theirs, at))
        }
      }),
      { numRuns: 60, seed: 20_261_122 },
    )
  })
})
