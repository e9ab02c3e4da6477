import { type PayoutRow, type RowProof, rowProof } from '@deparrow/contracts/rows'
import { type Address, encodeSiblings, type Hex, hexToBytes, type ProofSibling } from '@deparrow/ledger'
import { type LeafStruct, leafProof } from '../disputes/account-view.ts'
import type { WatchCase } from './case.ts'
import { leafAccounts } from './examine-epoch.ts'
import type { WatchCall, WatchFinding } from './plan.ts'
import { wayTo } from './prove-shown.ts'
import type { ShownEnd, ShownTree } from './shown-tree.ts'
import type { EpochView } from './view.ts'

/** One transaction that cancels the epoch by itself, without a bond. */
export type DirectProof = { readonly finding: WatchFinding; readonly call: WatchCall }

type PlacedRow = { readonly epoch: number; readonly part: number; readonly index: number; readonly row: PayoutRow }

/** What rows and the ledger's own signatures show to be wrong, without a journal. */
export function publicProofs(view: EpochView): readonly DirectProof[] {
  return [...rowProofs(view).slice(0, 1), ...staleProofs(view)]
}

/** The first `payable:` leaf that should have been paid, out of the journal or of revealed leaves. */
export function payableProof(watched: WatchCase): DirectProof | undefined {
  const { view, archive } = watched
  const { posted, inbox, payees, newestItemAt } = view
  const newest = inbox.at(-1)
  if (newest === undefined) return undefined
  const known = new Set(payees.filter(({ registeredAt }) => registeredAt < newestItemAt).map(({ wallet }) => wallet))
  const isSameRoot = posted.leavesRoot === archive.asked?.books.leavesRoot
  if (isSameRoot && watched.own.isSound) return undefined
  const unpaid = isSameRoot ? ownUnpaid(watched, known) : shownUnpaid(watched, known)
  if (unpaid === undefined) return undefined
  const { wallet, leaf, siblings } = unpaid
  const args = [BigInt(posted.epoch), wallet, leaf, siblings, BigInt(newest.index)] as const
  const message = `epoch ${posted.epoch} lets ${wallet} wait for a row although it is a registered payee`
  return {
    finding: { code: 'PAYABLE_UNPAID', message },
    call: { contract: 'settlement', functionName: 'cancelUnpaid', args },
  }
}

type Unpaid = { readonly wallet: Address; readonly leaf: LeafStruct; readonly siblings: Hex }

function ownUnpaid({ archive }: WatchCase, known: ReadonlySet<Address>): Unpaid | undefined {
  for (const account of leafAccounts(archive.leaves('closing'))) {
    const wallet = account.startsWith('payable:') ? (account.slice('payable:'.length) as Address) : undefined
    if (wallet === undefined || !known.has(wallet)) continue
    const { leaf, siblings } = leafProof(archive, 'closing', archive.placeOf(account))
    if (leaf.available + leaf.held > 0n) return { wallet, leaf, siblings }
  }
  return undefined
}

function shownUnpaid(watched: WatchCase, known: ReadonlySet<Address>): Unpaid | undefined {
  const shown = watched.shownLeaves()
  if (shown === undefined) return undefined
  const places = new Map([...known].map(wallet => [watched.archive.placeOf(`payable:${wallet}`), wallet]))
  for (const end of endsOf(shown.tree)) {
    const wallet = places.get(end.key)
    if (wallet === undefined || end.node.sum === 0n) continue
    const { siblings } = wayTo(shown.tree, end.key)
    return { wallet, leaf: leafIn(end), siblings: encodeSiblings(siblings as readonly ProofSibling[]) }
  }
  return undefined
}

function* endsOf(tree: ShownTree): Generator<ShownEnd> {
  if (tree?.kind === 'end') yield tree
  if (tree?.kind !== 'branch') return
  yield* endsOf(tree.left)
  yield* endsOf(tree.right)
}

/** The fields of a leaf as it was shown: available 16, held 16, lanes 32, holds 32, sequence 8. */
function leafIn({ rest }: ShownEnd): LeafStruct {
  const bytes = hexToBytes(rest)
  const word = (from: number, to: number): Hex => `0x${Buffer.from(bytes.subarray(from, to)).toString('hex')}`
  return {
    available: BigInt(word(0, 16)),
    held: BigInt(word(16, 32)),
    lanesRoot: word(32, 64),
    holdsRoot: word(64, 96),
    receiptSequence: BigInt(word(96, 104)),
  }
}

/** Rows that do not continue their payee's last row. */
function rowProofs({ posted, parent, rows }: EpochView): readonly DirectProof[] {
  const earlier = lastRows(rows, parent.epoch)
  return placedRows(rows, posted.epoch).flatMap(placed => {
    const before = earlier.get(placed.row.payeeId)
    const call = rowCall(rows, placed, before)
    const message = `the row of payee ${placed.row.payeeId} in epoch ${posted.epoch} does not continue the one before it`
    return call === undefined ? [] : [{ finding: { code: 'ROW_WRONG', message } as const, call }]
  })
}

function rowCall(rows: EpochView['rows'], placed: PlacedRow, before: PlacedRow | undefined): WatchCall | undefined {
  const { previousEpoch, incrementMicrocredits, cumulativeMicrocredits } = placed.row
  const isSkipped = before !== undefined && before.epoch > previousEpoch
  const expected = (before?.row.cumulativeMicrocredits ?? 0n) + incrementMicrocredits
  const isWrong = before?.epoch === previousEpoch && cumulativeMicrocredits !== expected
  if (before !== undefined && (isSkipped || isWrong)) {
    const args = [provenRow(rows, placed), provenRow(rows, before)] as const
    return { contract: 'settlement', functionName: 'cancelWrongRow', args }
  }
  if (previousEpoch === 0 || before?.epoch === previousEpoch) return undefined
  const { part, neighbours } = gapIn(rows, previousEpoch, placed.row.payeeId)
  const args = [provenRow(rows, placed), part, neighbours] as const
  return { contract: 'settlement', functionName: 'cancelRowWithoutPrevious', args }
}

/** Where an epoch has no row of a payee: between two rows of a part, or outside all parts; nowhere in an epoch that does not count. */
function gapIn(rows: EpochView['rows'], epoch: number, payeeId: number) {
  const parts = rows.get(epoch) ?? []
  const part = parts.findIndex(given => (given.at(-1)?.payeeId ?? 0) > payeeId)
  if (part === -1) return { part: parts.length, neighbours: [] }
  const index = (parts[part] ?? []).findIndex(row => row.payeeId > payeeId)
  if (index === 0) return { part, neighbours: [] }
  const neighbours = [index - 1, index].map(at =>
    rowProof({ epoch: BigInt(epoch), part, rows: parts[part] ?? [], index: at }),
  )
  return { part, neighbours }
}

function provenRow(rows: EpochView['rows'], { epoch, part, index }: PlacedRow): RowProof {
  return rowProof({ epoch: BigInt(epoch), part, rows: rows.get(epoch)?.[part] ?? [], index })
}

/** The newest row of each payee up to an epoch. Only epochs that count are given. */
function lastRows(rows: EpochView['rows'], until: number): ReadonlyMap<number, PlacedRow> {
  const epochs = [...rows.keys()].filter(epoch => epoch <= until).sort((a, b) => a - b)
  return new Map(epochs.flatMap(epoch => placedRows(rows, epoch).map(placed => [placed.row.payeeId, placed] as const)))
}

function placedRows(rows: EpochView['rows'], epoch: number): readonly PlacedRow[] {
  return (rows.get(epoch) ?? []).flatMap((given, part) => given.map((row, index) => ({ epoch, part, index, row })))
}

/** What the ledger has signed to have happened before the epoch closed, at a position that the epoch does not reach. */
function staleProofs({ posted, acceptances = [] }: EpochView): readonly DirectProof[] {
  const left = acceptances.filter(({ acceptance: { atMs, position } }) => {
    return atMs / 1_000n < BigInt(posted.closedAt) && position > BigInt(posted.journalPosition)
  })
  return left.map(acceptance => ({
    finding: {
      code: 'ACCEPTANCE_LEFT_OUT',
      message: `epoch ${posted.epoch} closed without ${acceptance.acceptance.digest}, which the ledger had taken before`,
    },
    call: { contract: 'disputedReceipts', functionName: 'cancelStale', args: [BigInt(posted.epoch), acceptance] },
  }))
}
