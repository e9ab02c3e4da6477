import type { Address } from '@deparrow/ledger'
import { Person } from './person.ts'

/** A node: the key that signs receipts, and the wallet that is paid. */
export type ComputeNode = { readonly signer: Person; readonly payout: Person }

/** Everybody in the run. */
export type People = {
  readonly agents: readonly Person[]
  readonly nodes: readonly ComputeNode[]
  /** One node more, which works as well as the others; but the operator's gateway takes no receipt of it. */
  readonly ignored: ComputeNode
  /** Spends for the first agents under their permissions. */
  readonly delegates: readonly Person[]
  readonly watcher: Person
  /** Has nothing to do with anybody, and pays for what anybody may send. */
  readonly stranger: Person
}

export function peopleOf(
  seed: number,
  counts: { readonly agents: number; readonly nodes: number; readonly delegates: number },
): People {
  const many = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index))
  return {
    agents: many(counts.agents, index => new Person(seed, `agent ${index}`)),
    nodes: many(counts.nodes, index => nodeOf(seed, `${index}`)),
    ignored: nodeOf(seed, 'ignored'),
    delegates: many(counts.delegates, index => new Person(seed, `delegate ${index}`)),
    watcher: new Person(seed, 'watcher'),
    stranger: new Person(seed, 'stranger'),
  }
}

/** The wallets of all agents and nodes. */
export function walletsOf({ agents, nodes, ignored }: People): readonly Address[] {
  return [...agents, ...[...nodes, ignored].map(({ payout }) => payout)].map(({ address }) => address)
}

function nodeOf(seed: number, name: string): ComputeNode {
  return { signer: new Person(seed, `node ${name}`), payout: new Person(seed, `payout wallet ${name}`) }
}
