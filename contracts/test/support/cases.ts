/** An account in an epoch, as a judge is asked about it. */
import { type Message, type SpendPermission, spendPermissionType } from '@deparrow/ledger'
import { type Address, domainSeparator, type Hex, keccak256, numberToHex } from 'viem'
import { nobody } from './authority.ts'
import { viem } from './judges-chain.ts'
import { type Actor, asStruct, digestOf, testDomain } from './messages.ts'
import { type Entry, type EntryProof, entriesRoot, entryProof, laneKey, noLeaf, placeOf } from './trees.ts'

export const judge = await viem.deployContract('JudgeHarness')
export const facts = await viem.deployContract('SettlementFacts')

export const EPOCH = 7n
export const PARENT_CLOSED_AT = 1_000_000n
export const CLOSED_AT = 1_000_600n
export const PARENT_CUT = 10n
export const CUT = 20n

/** Lanes and holds of an account's opening and closing leaf. */
export type Books = {
  readonly lanes: { readonly opening: readonly Entry[]; readonly closing: readonly Entry[] }
  readonly holds: { readonly opening: readonly Entry[]; readonly closing: readonly Entry[] }
}

export const emptyBooks: Books = { lanes: { opening: [], closing: [] }, holds: { opening: [], closing: [] } }

export { laneKey } from './trees.ts'

/** Entries that stand beside what a spec is about. */
export const others: readonly Entry[] = Array.from({ length: 6 }, (_, index) => ({
  key: keccak256(numberToHex(index, { size: 1 })),
  value: BigInt(index + 1),
}))

export const caseOf = (place: Hex, { lanes, holds }: Books) => ({
  place,
  opening: { ...noLeaf, lanesRoot: entriesRoot(lanes.opening).hash, holdsRoot: entriesRoot(holds.opening).hash },
  closing: { ...noLeaf, lanesRoot: entriesRoot(lanes.closing).hash, holdsRoot: entriesRoot(holds.closing).hash },
  epoch: EPOCH,
  closedAt: CLOSED_AT,
  parentClosedAt: PARENT_CLOSED_AT,
  parentInboxCut: PARENT_CUT,
  inboxCut: CUT,
  domain: domainSeparator({ domain: { name: 'DEparrow', version: '1', ...testDomain } }),
  settlement: facts.address,
})

export const caseFor = (wallet: Address, books: Books) => caseOf(placeOf(wallet), books)

/** Books in which a lane goes from one nonce to another, `undefined` for none. */
export function laneBooks(signer: Address, lane: number, from: bigint | undefined, to: bigint | undefined): Books {
  const withLane = (value: bigint | undefined): Entry[] =>
    value === undefined ? [...others] : [...others, { key: laneKey(signer, lane), value }]
  return { ...emptyBooks, lanes: { opening: withLane(from), closing: withLane(to) } }
}

export function laneProofs({ lanes }: Books, signer: Address, lane: number) {
  const key = laneKey(signer, lane)
  return { opening: entryProof(lanes.opening, key), closing: entryProof(lanes.closing, key) }
}

export const noProof: EntryProof = entryProof([], others[0]?.key as Hex)

/** A permission that allows everything until after the epoch. */
export const permissionOf = (
  wallet: Address,
  delegate: Address,
  fields: Partial<SpendPermission> = {},
): SpendPermission => ({
  ...nobody,
  wallet,
  delegate,
  jobMicrocreditsMax: 1_000_000n,
  expires: PARENT_CLOSED_AT + 1n,
  nonce: 5n,
  ...fields,
})

/** The authority of a delegate's signature, under a permission that `giver` signs. */
export async function delegated(signature: Hex, permission: SpendPermission, giver: Actor) {
  const permissionSignature = await giver.signDigest(digestOf(spendPermissionType, permission as Message))
  return { signature, permission: asStruct(spendPermissionType, permission as Message), permissionSignature }
}

type Case = ReturnType<typeof caseOf>

export const allow = (self: Case, key: Hex, debit: bigint, evidence: Hex) =>
  judge.read.requireAllowed([self, key, debit, evidence])

export const allowHold = (self: Case, key: Hex, amount: bigint, evidence: Hex) =>
  judge.read.requireHoldAllowed([self, key, amount, evidence])
