import type { Answer, Demand, ShownNode } from './demands.ts'
import { judgeCredit, needGround } from './judge-credit.ts'
import { needAllowed, needHold } from './judge-debit.ts'
import { judgeKept, needKept } from './judge-kept.ts'
import { judgeReceipt, needReceipt } from './judge-receipt.ts'
import { inboxKey } from './messages.ts'
import type { KeyRing } from './signatures.ts'
import { type Entry, type Epoch, epochOf, leafAt, leafTotal, need, type State, type Statement } from './state.ts'

/** What the poster's bond pays by an answer. */
export type Due = { readonly account: string; readonly amount: number }

const networkAccounts = new Set(['treasury', 'rewards', 'clearing'])

/** What must stand before a demand makes sense. */
export function needStanding(state: State, epoch: Epoch, demand: Demand): void {
  if ('account' in demand && demand.kind !== 'leaf') {
    const isNetwork = networkAccounts.has(demand.account)
    need(state, 'network-has-no-statement', !isNetwork, 'NoStatementOfNetwork', { account: demand.account })
  }
  if (demand.kind === 'credit') needGround(state, epoch, demand)
  if (demand.kind === 'forced') needForcedItem(state, epoch, demand.index)
  if (demand.kind === 'kept') needKept(state, epoch, demand)
  if (demand.kind === 'receipt') needReceipt(state, epoch, demand)
}

/** Refuses an answer that does not show what the demand asks for. */
export function judge(state: State, epoch: Epoch, demand: Demand, answer: Answer): Due | undefined {
  for (const [account, statement] of answer.statements ?? []) takeStatement(state, epoch, account, statement)
  switch (demand.kind) {
    case 'leaf':
      need(state, 'always', answer.leaf === leafAt(epoch, demand.account), 'LeafProofInvalid')
      return
    case 'statement':
      need(state, 'always', epoch.statements.has(demand.account), 'StatementMissing')
      return
    case 'reveal':
      return judgeReveal(state, standing(state, epoch, demand.account), demand.path, answer.nodes ?? [])
    case 'entry':
      return needAllowed(state, epoch, standing(state, epoch, demand.account), demand.account, demand.key, answer)
    case 'hold':
      return needHold(state, epoch, standing(state, epoch, demand.account), demand.account, demand.key, answer)
    case 'lane': {
      const { opening, closing } = standing(state, epoch, demand.account)
      const isHigher = (closing.lanes.get(demand.key) ?? 0) >= (opening.lanes.get(demand.key) ?? 0)
      return need(state, 'lane-not-lower', isHigher, 'LaneDescends', { key: demand.key })
    }
    case 'credit':
      return judgeCredit(state, epoch, demand)
    case 'forced':
      return judgeForced(state, epoch, demand.index)
    case 'receipt':
      return judgeReceipt(state, epoch, demand, answer)
    case 'kept':
      return judgeKept(state, epoch, demand, answer)
  }
}

/** The first statement shown for an account stands for the epoch. */
function takeStatement(state: State, epoch: Epoch, account: string, statement: Statement): void {
  const before = epoch.statements.get(account)
  if (before !== undefined) {
    need(state, 'first-statement-stands', before === statement, 'StatementDiffers', { account })
    if (before === statement) return
  }
  const { opening, closing, entries } = statement
  const parent = epochOf(state, epoch.header.parent)
  const areLeaves = opening === leafAt(parent, account) && closing === leafAt(epoch, account)
  need(state, 'always', areLeaves, 'LeafProofInvalid', { account })
  let moved = 0
  for (const { credit, debit } of entries.values()) moved += credit - debit
  need(state, 'statement-balances', leafTotal(opening) + moved === leafTotal(closing), 'StatementDoesNotClose', {
    account,
  })
  const held = [...closing.holds.values()].reduce((sum, amount) => sum + amount, 0)
  need(state, 'held-is-holds', closing.held === held, 'HeldNotHolds', { account })
  need(state, 'sequence-not-lower', closing.sequence >= opening.sequence, 'SequenceDescends', { account })
  epoch.statements.set(account, statement)
}

export function standing(state: State, epoch: Epoch, account: string): Statement {
  const statement = epoch.statements.get(account)
  need(state, 'always', statement !== undefined, 'StatementMissing', { account })
  return statement as Statement
}

export function entryOf(statement: Statement, key: string): Entry {
  return statement.entries.get(key) ?? { credit: 0, debit: 0 }
}

/** The nodes one reveal shows: the children of a path with their sums, and the key of a child that is one leaf. */
export function nodesBelow(
  { placeOf }: Pick<KeyRing, 'placeOf'>,
  entries: ReadonlyMap<string, Entry>,
  path: string,
): readonly ShownNode[] {
  const nodes = new Map<string, ShownNode>()
  for (const [key, { credit, debit }] of entries) {
    const place = placeOf(key)
    if (!place.startsWith(path)) continue
    const child = place.slice(0, path.length + 1)
    const before = nodes.get(child)
    const single = before === undefined ? { key } : {}
    const sums = { credit: credit + (before?.credit ?? 0), debit: debit + (before?.debit ?? 0) }
    nodes.set(child, { path: child, ...sums, ...single })
  }
  return [...nodes.values()]
}

function judgeReveal(state: State, { entries }: Statement, path: string, shown: readonly ShownNode[]): undefined {
  const isTrue = JSON.stringify(shown) === JSON.stringify(nodesBelow(state.keys, entries, path))
  need(state, 'always', isTrue, 'SubtreeProofInvalid', { path })
}

function needForcedItem(state: State, epoch: Epoch, index: number): void {
  need(state, 'always', state.inbox[index]?.kind === 'ForcedWithdrawal', 'InboxItemUnknown', { index })
  need(state, 'ground-of-this-epoch', isCoveredHere(state, epoch, index), 'InboxItemOfOtherEpoch', { index })
}

export function isCoveredHere(state: State, epoch: Epoch, index: number): boolean {
  return index >= epochOf(state, epoch.header.parent).header.cut && index < epoch.header.cut
}

function judgeForced(state: State, epoch: Epoch, index: number): undefined {
  const item = state.inbox[index]
  const statement = standing(state, epoch, item?.account ?? '')
  const { debit } = entryOf(statement, inboxKey(index))
  const isPaid = debit === item?.detail || statement.closing.available === 0
  need(state, 'forced-paid-or-empty', isPaid, 'ForcedWithdrawalUnpaid', { index })
}
