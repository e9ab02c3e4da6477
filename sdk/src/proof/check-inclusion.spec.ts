import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, bytesToHex, type Leaf, SumTree } from '@deparrow/ledger'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import { checkInclusion, type ShownLeaf } from './check-inclusion.ts'

const wallets: readonly Address[] = Array.from({ length: 30 }, (_, byte) =>
  bytesToHex(new Uint8Array(20).fill(byte + 1)),
)

const leafOf = (account: Address): Leaf => ({
  account,
  availableMicrocredits: 5_000_000n,
  heldMicrocredits: 250_000n,
  nonces: [{ lane: 0, nonce: 3n }],
  receiptSequence: 0n,
})

const tree = new SumTree(ledgerCrypto)
for (const wallet of wallets) tree.set(leafOf(wallet))

const root = tree.root()

const own = wallets[9] as Address

const stranger = `0x${'ee'.repeat(20)}` as const

const shown: ShownLeaf = { leaf: leafOf(own), proof: tree.prove(own, account => leafOf(account as Address)) }

const absence: ShownLeaf = { proof: tree.prove(stranger, account => leafOf(account as Address)) }

describe('checking a shown balance against the root of an epoch', () => {
  it('gives the balance of a wallet whose leaf is under the root, however its address is written', () => {
    const balance = { wallet: own, availableMicrocredits: 5_000_000n, heldMicrocredits: 250_000n }
    assert.deepEqual(checkInclusion(root, own, shown), balance)
    assert.deepEqual(checkInclusion(root, `0x${own.slice(2).toUpperCase()}`, shown), balance)
  })

  it('gives nothing and zero for a wallet that is shown to have no leaf', () => {
    const balance = { wallet: stranger, availableMicrocredits: 0n, heldMicrocredits: 0n }
    assert.deepEqual(checkInclusion(root, stranger, absence), balance)
  })

  const other = wallets[10] as Address
  const refused: readonly (readonly [string, Address, unknown])[] = [
    ['the leaf of another wallet', other, shown],
    [
      'a leaf in which the wallet has more',
      own,
      { ...shown, leaf: { ...leafOf(own), availableMicrocredits: 5_000_001n } },
    ],
    [
      'a leaf in which held credits are called available',
      own,
      {
        ...shown,
        leaf: { ...leafOf(own), availableMicrocredits: 5_250_000n, heldMicrocredits: 0n },
      },
    ],
    ['no leaf though the wallet has one', own, { proof: shown.proof }],
    ['the absence of another wallet', own, absence],
    ['a leaf of a wallet that has none', stranger, { ...absence, leaf: leafOf(stranger) }],
    ['a proof with a sibling less', own, { ...shown, proof: { siblings: shown.proof.siblings.slice(1) } }],
    ['a leaf without a proof', own, { leaf: leafOf(own) }],
    ['nothing in place of leaf and proof', own, { leaf: null, proof: null }],
    ['nothing', own, {}],
  ]
  for (const [name, wallet, what] of refused) {
    it(`gives no balance for ${name}`, () => {
      assert.equal(checkInclusion(root, wallet, what as ShownLeaf), undefined)
    })
  }

  it('gives no balance under the root or the total of another epoch', () => {
    tree.set({ ...leafOf(own), availableMicrocredits: 4_000_000n })
    const later = tree.root()
    assert.equal(checkInclusion(later, own, shown), undefined)
    assert.equal(checkInclusion({ ...root, totalMicrocredits: later.totalMicrocredits }, own, shown), undefined)
  })
})
