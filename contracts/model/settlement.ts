import { append, totalBelow } from './inbox.ts'
import { type Epoch, epochOf, type Header, leafTotal, need, pay, type Row, type State, send } from './state.ts'

/** Posts an epoch on the head and locks a bond for it. On chain no amount can be negative; here that is a check. */
export function postEpoch(state: State, caller: string, header: Header, now: number): number {
  need(state, 'always', caller === state.poster, 'CallerNotPoster')
  need(state, 'always', !state.isExit, 'ExitSwitched')
  need(state, 'parent-is-head', header.parent === state.head, 'ParentNotHead', { head: state.head })
  const parent = epochOf(state, header.parent)
  needCut(state, header, parent, now)
  need(state, 'always', header.position >= parent.header.position, 'JournalPositionBehindParent')
  needClosedAt(state, header, parent, now)
  const bond = state.params.epochBond
  const free = freeBond(state)
  need(state, 'bond-to-post', free >= bond, 'BondTooSmall', { free, bond })
  needRows(state, header, now)
  const amounts = [...header.leaves.values()].flatMap(({ available, held }) => [available, held])
  need(
    state,
    'always',
    [header.burn, ...amounts].every(amount => amount >= 0),
    'AmountNegative',
  )
  const payoutsTotal = parent.payoutsTotal + header.rows.reduce((sum, row) => sum + row.increment, 0)
  const burnsTotal = parent.burnsTotal + header.burn
  const leaves = [...header.leaves.values()].reduce((sum, leaf) => sum + leafTotal(leaf), 0)
  const accounted = leaves + payoutsTotal + burnsTotal
  const inbox = totalBelow(state, header.cut)
  need(state, 'books-close', inbox === accounted, 'BooksDoNotClose', { inbox, accounted })

  const id = ++state.lastEpoch
  const finalAt = now + state.params.windowSeconds
  const status = 'Pending'
  state.epochs.set(id, {
    id,
    header,
    postedAt: now,
    payoutsTotal,
    burnsTotal,
    finalAt,
    status,
    statements: new Map(),
  })
  state.head = id
  return id
}

function needCut(state: State, { cut, closedAt }: Header, parent: Epoch, now: number): void {
  const count = state.inbox.length
  need(state, 'always', cut >= parent.header.cut && cut <= count, 'InboxCutInvalid', { cut, count })
  const { inboxAgeSeconds, inboxSlackSeconds } = state.params
  const last = state.inbox[cut - 1]
  const isOld = last === undefined || cut === parent.header.cut || last.at + inboxAgeSeconds <= now
  need(state, 'item-old-enough', isOld, 'InboxItemTooYoung', { index: cut - 1 })
  const next = state.inbox[cut]
  const dueAt = (next?.at ?? 0) + inboxAgeSeconds + inboxSlackSeconds
  need(state, 'cut-advances', next === undefined || dueAt >= closedAt, 'InboxItemLeftOut', { index: cut, dueAt })
}

function needClosedAt(state: State, { closedAt }: Header, parent: Epoch, now: number): void {
  const earliest = now - state.params.lagSecondsMax
  need(state, 'always', closedAt >= parent.header.closedAt, 'ClosedAtInvalid', { closedAt })
  need(state, 'closed-at-recent', closedAt <= now && closedAt >= earliest, 'ClosedAtInvalid', { closedAt, now })
}

function needRows(state: State, header: Header, now: number): void {
  const seen = new Set<string>()
  for (const { payee, increment, cumulative, previousEpoch } of header.rows) {
    need(state, 'always', !seen.has(payee), 'RowsNotAscending', { payee })
    seen.add(payee)
    const registered = state.payees.get(payee)
    need(state, 'always', registered !== undefined, 'RowPayeeUnknown', { payee })
    need(state, 'always', (registered?.at ?? now) + state.params.inboxAgeSeconds <= now, 'RowPayeeTooYoung', { payee })
    need(state, 'always', increment > 0, 'RowIncrementZero', { payee })
    const isPlain = previousEpoch === 0 ? cumulative === increment : cumulative > increment
    need(state, 'always', isPlain, 'RowCumulativeInvalid', { payee })
    need(state, 'always', previousEpoch <= state.lastEpoch, 'RowPreviousEpochInvalid', { payee })
  }
}

/** What of the bond is not locked by epochs that wait to be finalised, each by the same amount. */
export function freeBond(state: State): number {
  const waiting = [...state.epochs.values()].filter(({ status }) => status === 'Pending').length
  return Math.max(0, state.bond - waiting * state.params.epochBond)
}

/** The guardian takes a pending epoch and its descendants off the line; nobody loses a bond by it. */
export function cancelByGuardian(state: State, caller: string, id: number, now: number): void {
  need(state, 'always', caller === state.guardian, 'CallerNotGuardian')
  needPending(state, epochOf(state, id), now)
  cutOff(state, id)
}

/** Refuses an epoch that does not wait any more: one that is final, though nobody has said so, can no longer be cancelled. */
export function needPending(state: State, epoch: Epoch, now: number): void {
  const isPending = epoch.status === 'Pending' && hindrance(state, epoch, now) !== undefined
  need(state, 'always', isPending, 'EpochNotPending', { id: epoch.id })
}

/** Cancels a pending epoch and all that descend from it; returns the bonds of their open demands. */
export function cutOff(state: State, id: number): void {
  const cancelled = epochOf(state, id)
  for (let child = id; child <= state.lastEpoch; child++) {
    const epoch = epochOf(state, child)
    if (epoch.status !== 'Pending') continue
    epoch.status = 'Cancelled'
    for (const open of state.demands) {
      if (open.epoch !== child || open.status !== 'Open') continue
      open.status = 'Returned'
      if (!state.without.has('descendants-return-bonds')) pay(state, open.asker, state.params.demandBond)
    }
  }
  state.head = cancelled.header.parent
}

/** The epoch that stands on the final one, if its window is over and no demand holds it back. */
export function finalisable(state: State, now: number): Epoch | undefined {
  for (let id = state.finalEpoch + 1; id <= state.lastEpoch; id++) {
    const epoch = epochOf(state, id)
    if (epoch.status !== 'Pending' || epoch.header.parent !== state.finalEpoch) continue
    return hindrance(state, epoch, now) === undefined ? epoch : undefined
  }
  return undefined
}

/** What keeps an epoch from being final, on itself or on an ancestor. */
export function hindrance(state: State, epoch: Epoch, now: number): string | undefined {
  for (let id = epoch.id; id > state.finalEpoch; id = epochOf(state, id).header.parent) {
    const held = holdsBack(state, epochOf(state, id), now)
    if (held !== undefined) return held
  }
  return undefined
}

function holdsBack(state: State, epoch: Epoch, now: number): string | undefined {
  if (now < epoch.finalAt && !state.without.has('final-after-window')) return 'EpochNotFinal'
  const isOpen = state.demands.some(({ epoch: of, status }) => of === epoch.id && status === 'Open')
  return isOpen && !state.without.has('open-demand-holds-back') ? 'DemandOpen' : undefined
}

export function finalise(state: State, id: number, now: number): void {
  const epoch = epochOf(state, id)
  need(state, 'always', epoch.status === 'Pending', 'EpochNotPending', { id })
  const held = hindrance(state, epoch, now)
  need(state, 'always', held === undefined, held ?? '', { id })
  need(state, 'always', epoch.header.parent === state.finalEpoch, 'ParentNotFinalised', { id })
  // The schedule gives by the second, and in a second more than any epoch here burns.
  const scheduled = epoch.postedAt > epochOf(state, epoch.header.parent).postedAt ? Number.POSITIVE_INFINITY : 0
  epoch.status = 'Finalised'
  state.finalEpoch = id
  state.finalisedAt = now
  state.holdings -= epoch.header.burn
  const emitted = Math.min(Math.floor(epoch.header.burn / 2), scheduled)
  if (emitted === 0) return
  state.holdings += emitted
  append(state, 'Emission', '', emitted, now, id)
}

/** Pays what a final epoch's row says the payee has earned so far, less what it has been paid. */
export function claim(state: State, payee: string, id: number): void {
  const row = rowOf(state, payee, id)
  need(state, 'claim-final-only', epochOf(state, id).status === 'Finalised', 'EpochNotFinalised', { id })
  const claimed = state.claimed.get(payee) ?? 0
  need(state, 'always', row.cumulative > claimed, 'NothingToClaim', { payee })
  state.claimed.set(payee, row.cumulative)
  send(state, payee, row.cumulative - claimed)
}

export function rowOf(state: State, payee: string, id: number): Row {
  const row = epochOf(state, id).header.rows.find(candidate => candidate.payee === payee)
  need(state, 'always', row !== undefined, 'RowProofInvalid', { payee, id })
  return row as Row
}
