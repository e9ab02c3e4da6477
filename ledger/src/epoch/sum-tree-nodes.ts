import { bytesToHex, type Hex, hexToBytes, zeroHash } from '../hex.ts'
import { type LeafAccount, payablePrefix } from './leaves.ts'
import { SumTreeRecords } from './sum-tree-records.ts'

/** A node by its number: above 0 an inner node, below 0 a leaf by its negated number, 0 the absent subtree. */
export type NodeRef = number

export type Side = 0 | 1

// A record in words of 4 bytes. In both kinds the hash comes first and then the sum, as one number of 8 bytes.
const hashWords = 8
const sumNumber = 4
const childWord = 10
const innerWords = 12
const accountWord = 10
const addressBytes = 20
const nameWord = 15
const leafWords = 16

/** In place of the index of a name, for the payouts that wait for the address. */
const payable = -1

/** In place of the sum of an inner node whose sum and hash are to be computed again. */
const stale = -1

/** The nodes of a `SumTree`: inner nodes of 48 bytes and leaves of 64, each kind in one block of memory. */
export class SumTreeNodes {
  readonly #inner = new SumTreeRecords(innerWords)
  readonly #leaves = new SumTreeRecords(leafWords)
  /** Accounts that are no address. A leaf holds their index + 1; 0 stands for an address, {@link payable} for the payouts to one. */
  readonly #names: LeafAccount[] = []
  readonly #message = new InnerMessage()

  /** A stale inner node. */
  newInner(side: Side, child: NodeRef, otherChild: NodeRef): NodeRef {
    const node = this.#inner.allocate()
    this.setChild(node, side, child)
    this.setChild(node, side === 0 ? 1 : 0, otherChild)
    this.markStale(node)
    return node
  }

  /** A leaf of an account, its hash and sum to be set. Throws `RangeError` for an address of other than 20 bytes. */
  newLeaf(account: LeafAccount): NodeRef {
    const isPayable = account.startsWith(payablePrefix)
    const text = isPayable ? account.slice(payablePrefix.length) : account
    const address = text.startsWith('0x') ? hexToBytes(text) : undefined
    if (address !== undefined && address.length !== addressBytes) throw new RangeError('an address has 20 bytes')
    const leaf = this.#leaves.allocate()
    if (address !== undefined) this.#leaves.bytes.set(address, (leaf * leafWords + accountWord) * 4)
    const name = isPayable ? payable : 0
    this.#leaves.words[leaf * leafWords + nameWord] = address === undefined ? this.#nameOf(account) : name
    return -leaf
  }

  /** Gives a node's memory back. */
  free(node: NodeRef): void {
    if (node > 0) this.#inner.free(node)
    else this.#leaves.free(-node)
  }

  child(node: NodeRef, side: Side): NodeRef {
    return this.#inner.words[node * innerWords + childWord + side] as number
  }

  setChild(node: NodeRef, side: Side, child: NodeRef): void {
    this.#inner.words[node * innerWords + childWord + side] = child
  }

  markStale(node: NodeRef): void {
    this.#inner.numbers[(node * innerWords) / 2 + sumNumber] = stale
  }

  isStale(node: NodeRef): boolean {
    return node > 0 && this.sum(node) === stale
  }

  /** The sum of the leaves below, µcr. */
  sum(node: NodeRef): number {
    if (node === 0) return 0
    if (node > 0) return this.#inner.numbers[(node * innerWords) / 2 + sumNumber] as number
    return this.#leaves.numbers[(-node * leafWords) / 2 + sumNumber] as number
  }

  hash(node: NodeRef): Hex {
    if (node === 0) return zeroHash
    const records = node > 0 ? this.#inner : this.#leaves
    const from = Math.abs(node) * records.recordWords * 4
    return bytesToHex(records.bytes.subarray(from, from + hashWords * 4))
  }

  setHashAndSum(node: NodeRef, hash: Uint8Array, sum: number): void {
    const records = node > 0 ? this.#inner : this.#leaves
    const from = Math.abs(node) * records.recordWords
    records.bytes.set(hash, from * 4)
    records.numbers[from / 2 + sumNumber] = sum
  }

  account(leaf: NodeRef): LeafAccount {
    const from = -leaf * leafWords
    const name = this.#leaves.words[from + nameWord] as number
    if (name > 0) return this.#names[name - 1] as LeafAccount
    const address = (from + accountWord) * 4
    const text = bytesToHex(this.#leaves.bytes.subarray(address, address + addressBytes))
    return name === payable ? `${payablePrefix}${text}` : text
  }

  /** The bytes that an inner node's hash is taken of, in memory that the next call writes again. */
  innerMessage(left: NodeRef, right: NodeRef): Uint8Array {
    this.#writeHalf(0, left)
    this.#writeHalf(1, right)
    return this.#message.bytes
  }

  #writeHalf(side: Side, node: NodeRef): void {
    if (node === 0) this.#message.clear(side)
    else if (node > 0) this.#message.write(side, this.#inner.words, node * innerWords, this.sum(node))
    else this.#message.write(side, this.#leaves.words, -node * leafWords, this.sum(node))
  }

  #nameOf(account: LeafAccount): number {
    const index = this.#names.indexOf(account)
    return index === -1 ? this.#names.push(account) : index + 1
  }
}

const halfWords = 12

/**
 * `0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum` in memory of its own. The first byte ends a word, so that hashes and sums begin with
 * one and are copied by words.
 */
class InnerMessage {
  readonly bytes: Uint8Array
  readonly #words = new Int32Array(1 + 2 * halfWords)
  readonly #view = new DataView(this.#words.buffer)

  constructor() {
    this.#view.setUint8(3, 0x01)
    this.bytes = new Uint8Array(this.#words.buffer, 3)
  }

  clear(side: Side): void {
    this.#words.fill(0, 1 + side * halfWords, 1 + (side + 1) * halfWords)
  }

  write(side: Side, words: Int32Array, from: number, sum: number): void {
    const start = 1 + side * halfWords
    for (let index = 0; index < hashWords; index++) this.#words[start + index] = words[from + index] as number
    this.#view.setUint32((start + 10) * 4, Math.floor(sum / 2 ** 32))
    this.#view.setUint32((start + 11) * 4, sum >>> 0)
  }
}
