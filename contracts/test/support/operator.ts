/** Posts epochs whose books close, keeping what an operator has to remember between them. */
import { type Hex, keccak256, toHex } from 'viem'
import { encodeRows, type PayoutRow, type RowProof, rowProof } from '../../rows/rows.ts'
import { type Contracts, INBOX_AGE_SECONDS, networkHelpers, WINDOW_SECONDS } from './chain.ts'

export type Header = Parameters<Contracts['settlement']['write']['postEpoch']>[0][0]

export const LEAVES_ROOT = keccak256(toHex('leaves'))
export const JOURNAL_HASH = keccak256(toHex('journal'))

/** The header of an epoch over the whole inbox that pays `rows`, burns `burnMicrocredits` and whose books close. */
export async function headerFor(
  { settlement }: Contracts,
  { rows = [], burnMicrocredits = 0n }: { rows?: PayoutRow[]; burnMicrocredits?: bigint },
): Promise<Header> {
  const parent = await settlement.read.headEpoch()
  const { payoutsTotalMicrocredits, burnsTotalMicrocredits, journalPosition } = await settlement.read.epoch([parent])
  const inboxCut = await settlement.read.inboxCount()
  const total = await settlement.read.inboxTotal([inboxCut])
  const payouts = payoutsTotalMicrocredits + rows.reduce((sum, row) => sum + row.incrementMicrocredits, 0n)
  return {
    parent,
    inboxCut,
    journalPosition: journalPosition + 1n,
    closedAt: BigInt(await networkHelpers.time.latest()),
    journalHash: JOURNAL_HASH,
    burnMicrocredits,
    leavesRoot: LEAVES_ROOT,
    leavesTotalMicrocredits: total - payouts - burnsTotalMicrocredits - burnMicrocredits,
    rowCount: rows.length,
  }
}

/** Waits until every inbox item may be covered, posts an epoch in parts and returns its id. */
export async function postEpoch(
  contracts: Contracts,
  { parts = [], burnMicrocredits = 0n }: { parts?: PayoutRow[][]; burnMicrocredits?: bigint } = {},
): Promise<bigint> {
  await networkHelpers.time.increase(INBOX_AGE_SECONDS)
  const header = await headerFor(contracts, { rows: parts.flat(), burnMicrocredits })
  const [first = [], ...more] = parts
  await contracts.settlement.write.postEpoch([header, encodeRows(first)])
  const epoch = await contracts.settlement.read.lastEpoch()
  for (const part of more) await contracts.settlement.write.postRows([epoch, encodeRows(part)])
  return epoch
}

/** Lets the window of the newest epoch pass. */
export async function passWindow(): Promise<void> {
  await networkHelpers.time.increase(WINDOW_SECONDS)
}

/** Posts an epoch, waits for its window and finalises it. */
export async function postFinalEpoch(contracts: Contracts, epoch: Parameters<typeof postEpoch>[1]): Promise<bigint> {
  const id = await postEpoch(contracts, epoch)
  await passWindow()
  await contracts.settlement.write.finalise([id])
  return id
}

/** The arguments of `claim` for a proven row. */
export function claimArguments(proof: RowProof): [bigint, number, number, Hex, Hex[]] {
  return [proof.epoch, proof.part, proof.index, proof.row, proof.siblings]
}

/** The arguments of `claim` for one row of an epoch's first part. */
export function claimOf(epoch: bigint, rows: PayoutRow[], index: number): [bigint, number, number, Hex, Hex[]] {
  return claimArguments(rowProof({ epoch, part: 0, rows, index }))
}

/** A payee's first row. */
export function firstRow(payeeId: number, incrementMicrocredits: bigint): PayoutRow {
  return { payeeId, incrementMicrocredits, cumulativeMicrocredits: incrementMicrocredits, previousEpoch: 0 }
}
