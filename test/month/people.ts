import { Person } from './person.ts'

/** A node: the key that signs receipts, and the wallet that is paid. */
export type ComputeNode = { readonly signer: Person; readonly payout: Person }

/** Everybody in the run. */
export type People = {
  readonly agents: readonly Person[]
  readonly nodes: readonly ComputeNode[]
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
    nodes: many(counts.nodes, index => ({
      signer: new Person(seed, `node ${index}`),
      payout: new Person(seed, `payout wallet ${index}`),
    })),
    delegates: many(counts.delegates, index => new Person(seed, `delegate ${index}`)),
    watcher: new Person(seed, 'watcher'),
    stranger: new Person(seed, 'stranger'),
  }
}
