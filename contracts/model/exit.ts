import { cutOff, finalisable } from './settlement.ts'
import { epochOf, leafAt, leafTotal, need, type State, send } from './state.ts'

/** Switches the contract to exit, one way, after a long time without a final epoch. */
export function switchToExit(state: State, now: number): void {
  need(state, 'always', !state.isExit, 'ExitSwitched')
  const dueAt = state.finalisedAt + state.params.exitSeconds
  need(state, 'exit-after-silence', now >= dueAt, 'ExitTooEarly', { dueAt })
  need(state, 'always', finalisable(state, now) === undefined, 'EpochFinalisable')
  for (const { id, status, header } of state.epochs.values()) {
    if (status === 'Pending' && header.parent === state.finalEpoch) cutOff(state, id)
  }
  state.isExit = true
  for (const network of ['treasury', 'rewards', 'clearing']) {
    state.holdings -= leafTotal(leafAt(epochOf(state, state.finalEpoch), network))
  }
  const { cut } = epochOf(state, state.finalEpoch).header
  for (const { kind, amount } of state.inbox.slice(cut)) if (kind !== 'Deposit') state.holdings -= amount
}

/** Pays the leaf of the last final epoch to its account, once. */
export function takeLeaf(state: State, account: string): void {
  need(state, 'always', state.isExit, 'ExitNotSwitched')
  need(state, 'exit-once', !state.exited.has(account), 'ExitTaken', { account })
  const isNetwork = ['treasury', 'rewards', 'clearing'].includes(account)
  const amount = leafTotal(leafAt(epochOf(state, state.finalEpoch), account))
  need(state, 'always', amount > 0 && !isNetwork, 'NothingToTake', { account })
  state.exited.add(account)
  send(state, account.replace(/^payable:/, ''), amount)
}

/** Returns a deposit that no final epoch covers to its sender, once. */
export function takeDeposit(state: State, index: number): void {
  need(state, 'always', state.isExit, 'ExitNotSwitched')
  const item = state.inbox[index]
  const isUncovered = item?.kind === 'Deposit' && index >= epochOf(state, state.finalEpoch).header.cut
  need(state, 'always', isUncovered, 'NothingToTake', { index })
  need(state, 'exit-once', !state.exited.has(`deposit ${index}`), 'ExitTaken', { index })
  state.exited.add(`deposit ${index}`)
  send(state, item?.account ?? '', item?.amount ?? 0)
}
