import assert from 'node:assert/strict'
import type { Answer, Demand } from './demands.ts'
import { type Action, apply, deploy, poster, type Result } from './model.ts'
import { smallParams } from './params.ts'
import type { Rule } from './rules.ts'
import type { Sign } from './signatures.ts'
import type { Header, Leaf, State } from './state.ts'

/** The contract that a spec plays with, as `begin` deployed it last, and everybody's keys. */
export let state: State
export let sign: (name: string) => Sign

export function begin(...without: readonly Rule[]): void {
  state = deploy({ params: smallParams, posterBond: 3000, genesisRewards: 0, without: new Set(without) })
  sign = name => state.keys.keyOf(name)
}

export function run(caller: string, action: Action, now: number): number {
  const result = apply(state, caller, action, now)
  assert.equal(result.isAccepted, true, JSON.stringify(result))
  return result.isAccepted ? result.value : 0
}

export function refused(result: Result): string {
  return result.isAccepted ? 'accepted' : result.error
}

export function header(fields: Partial<Header>): Header {
  const empty = { parent: 0, cut: 0, position: 0, closedAt: 10, burn: 0, leaves: new Map<string, Leaf>(), rows: [] }
  return { ...empty, ...fields }
}

export const post = (fields: Partial<Header>, now = 10) =>
  apply(state, poster, { type: 'postEpoch', header: header(fields) }, now)
export const ask = (demand: Demand, now = 10) => apply(state, 'asker', { type: 'openDemand', epoch: 1, demand }, now)
export const answer = (demand: number, shown: Answer, now = 10) =>
  apply(state, poster, { type: 'answer', demand, answer: shown }, now)
