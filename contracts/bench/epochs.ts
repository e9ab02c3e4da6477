import { type Address, type Hex, pad, toHex } from 'viem'
import { encodeRows, type PayoutRow, rowProof } from '../rows/rows.ts'
import type { Setting } from './setting.ts'

/** Rows of one part: what a transaction may take (EIP-7825: 2^24 gas) holds more than twice as many. */
const ROWS_PER_PART = 8_192

/** An address for each payee id. */
export const payeeAddress = (id: number): Address => pad(toHex(0x1000_0000 + id), { size: 20 })

/** Registers payees until ids up to `count` are given. */
export async function registerPayees({ settlement, gasLimit }: Setting, count: number): Promise<void> {
  const known = await settlement.read.payeeCount()
  const accounts = Array.from({ length: count - known }, (_, i) => payeeAddress(known + i + 1))
  for (let at = 0; at < accounts.length; at += 300) {
    await settlement.write.registerPayees([accounts.slice(at, at + 300)], { gas: gasLimit })
  }
}

/**
 * Rows of payees 1 to `count` that earn the same in each epoch, from `leastMicrocredits` up. Few bytes of them are zero: zeros are cheaper, and
 * a figure should not come from them.
 */
export function rowsOf(count: number, leastMicrocredits: bigint, epochsBefore = 0, previousEpoch = 0): PayoutRow[] {
  return Array.from({ length: count }, (_, i) => {
    const incrementMicrocredits = leastMicrocredits + 257n * BigInt(i)
    const cumulativeMicrocredits = incrementMicrocredits * BigInt(epochsBefore + 1)
    return { payeeId: i + 1, incrementMicrocredits, cumulativeMicrocredits, previousEpoch }
  })
}

/** Posts rows as the next epoch, whose books close; answers its id and what its transactions took. */
export async function postRows(
  setting: Setting,
  rows: readonly PayoutRow[],
  leavesRoot: Hex = pad('0x1', { size: 32 }),
) {
  const { settlement, networkHelpers, gasLimit, gasOf } = setting
  const parent = await settlement.read.headEpoch()
  const before = await settlement.read.epoch([parent])
  const inboxCut = await settlement.read.inboxCount()
  const total = await settlement.read.inboxTotal([inboxCut])
  const payouts = before.payoutsTotalMicrocredits + rows.reduce((sum, row) => sum + row.incrementMicrocredits, 0n)
  const header = {
    parent,
    inboxCut,
    journalPosition: before.journalPosition + 1n,
    closedAt: BigInt(await networkHelpers.time.latest()),
    journalHash: pad('0x2', { size: 32 }),
    burnMicrocredits: 0n,
    leavesRoot,
    leavesTotalMicrocredits: total - payouts - before.burnsTotalMicrocredits,
    rowCount: rows.length,
  }
  const parts = Array.from({ length: Math.ceil(rows.length / ROWS_PER_PART) }, (_, part) =>
    rows.slice(part * ROWS_PER_PART, (part + 1) * ROWS_PER_PART),
  )
  const [first = [], ...more] = parts
  let gas = await gasOf(settlement.write.postEpoch([header, encodeRows(first)], { gas: gasLimit }))
  const epoch = await settlement.read.lastEpoch()
  for (const part of more) gas += await gasOf(settlement.write.postRows([epoch, encodeRows(part)], { gas: gasLimit }))
  return { epoch, gas }
}

/** Lets the newest epoch's window pass and makes it final. */
export async function finalise({ settlement, networkHelpers }: Setting, epoch: bigint): Promise<void> {
  await networkHelpers.time.increase((await settlement.read.windowSeconds()) + 1n)
  await settlement.write.finalise([epoch])
}

/** What a claim of the row with this index takes. */
export function claimGas(setting: Setting, epoch: bigint, rows: readonly PayoutRow[], index: number): Promise<number> {
  const part = Math.floor(index / ROWS_PER_PART)
  const partRows = rows.slice(part * ROWS_PER_PART, (part + 1) * ROWS_PER_PART)
  const proof = rowProof({ epoch, part, rows: partRows, index: index % ROWS_PER_PART })
  const { settlement, wallets, gasOf } = setting
  const claim = [epoch, part, proof.index, proof.row, proof.siblings] as const
  return gasOf(settlement.write.claim([...claim], { account: wallets.stranger.account }))
}
