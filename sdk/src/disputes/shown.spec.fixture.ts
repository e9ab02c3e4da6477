import assert from 'node:assert/strict'
import {
  absentNode,
  bitAt,
  bytesToHex,
  concatBytes,
  type EntryProof,
  type Hex,
  hexToBytes,
  innerNode,
  type ProofSibling,
  type ProvenRoot,
  type SumNode,
  verifyEntry,
  verifyNoEntry,
} from '@deparrow/ledger'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import type { EntryProofStruct } from './structs.ts'

const siblingDigits = 96

/** Siblings as an answer carries them, read back. */
export function siblingsIn(bytes: Hex): readonly ProofSibling[] {
  const digits = bytes.slice(2)
  assert.equal(digits.length % siblingDigits, 0)
  return Array.from({ length: digits.length / siblingDigits }, (_, index) => {
    const one = digits.slice(index * siblingDigits, (index + 1) * siblingDigits)
    return { hash: `0x${one.slice(0, 64)}`, sumMicrocredits: BigInt(`0x${one.slice(64)}`) }
  })
}

/** What a proof says of a key, after the ledger's own verifier took it; `undefined` for no entry. */
export function shownValue(root: ProvenRoot, key: Hex, proof: EntryProofStruct): bigint | undefined {
  const siblings = siblingsIn(proof.siblings)
  if (!proof.isEmpty && proof.key === key) {
    assert.ok(verifyEntry(ledgerCrypto, root, { key, value: proof.value }, { siblings }), `entry ${key}`)
    return proof.value
  }
  const absence: EntryProof = proof.isEmpty ? { siblings } : { siblings, other: { key: proof.key, value: proof.value } }
  assert.ok(verifyNoEntry(ledgerCrypto, root, key, absence), `absence of ${key}`)
  return undefined
}

/** Root over a revealed part of a tree; `shownDigits` is how many hexadecimal digits an entry or a leaf takes. */
export function revealedRoot(
  path: Hex,
  siblings: Hex,
  frontier: Hex,
  readShown: (digits: string) => SumNode,
  shownDigits: number,
): ProvenRoot {
  const beside = siblingsIn(siblings)
  const reader = { digits: frontier.slice(2), at: 0 }
  let node = readFrontier(reader, readShown, shownDigits)
  assert.equal(reader.at, reader.digits.length, 'bytes are left behind the frontier')
  const place = hexToBytes(path)
  for (let depth = beside.length - 1; depth >= 0; depth--) {
    const { hash, sumMicrocredits } = beside[depth] as ProofSibling
    const other = { hash: hexToBytes(hash), sum: sumMicrocredits }
    node = bitAt(place, depth) === 0 ? innerNode(ledgerCrypto, node, other) : innerNode(ledgerCrypto, other, node)
  }
  return { root: bytesToHex(node.hash), totalMicrocredits: node.sum }
}

/** `key ‖ value` of an entry. */
export function shownEntry(digits: string): SumNode {
  const bytes = concatBytes(Uint8Array.of(0), hexToBytes(`0x${digits}`))
  return { hash: ledgerCrypto.keccak256(bytes), sum: BigInt(`0x${digits.slice(64)}`) }
}

/** `place ‖ available ‖ held ‖ lanes ‖ holds ‖ sequence` of a leaf. */
export function shownLeaf(digits: string): SumNode {
  const bytes = concatBytes(Uint8Array.of(0), hexToBytes(`0x${digits}`))
  const sum = BigInt(`0x${digits.slice(64, 96)}`) + BigInt(`0x${digits.slice(96, 128)}`)
  return { hash: ledgerCrypto.keccak256(bytes), sum }
}

export const entryDigits = 96
export const leafDigits = 272

type Reader = { readonly digits: string; at: number }

function readFrontier(reader: Reader, readShown: (digits: string) => SumNode, shownDigits: number): SumNode {
  const take = (count: number): string => {
    reader.at += count
    return reader.digits.slice(reader.at - count, reader.at)
  }
  const tag = take(2)
  if (tag === '00') return absentNode
  if (tag === '02') return readShown(take(shownDigits))
  if (tag === '01') return { hash: hexToBytes(`0x${take(64)}`), sum: BigInt(`0x${take(32)}`) }
  assert.equal(tag, '03')
  const left = readFrontier(reader, readShown, shownDigits)
  return innerNode(ledgerCrypto, left, readFrontier(reader, readShown, shownDigits))
}
