import type { ContractCode, Replaced } from './compiler.ts'

/** The code of the contracts as they are, by name, without the optimiser. */
export type PlainCodes = readonly (readonly [name: string, code: ContractCode])[]

/** Runs these tests, by id and in this order, until one fails: on code without the optimiser, where there is a choice. */
export type Task = {
  /** The changed source; none runs the tests on the contracts as they are. */
  readonly mutated?: Replaced
  /** By name, the file of each contract that the change is part of. */
  readonly contracts: Readonly<Record<string, string>>
  readonly order: readonly string[]
  /** Tests that need optimised code, and are run last. */
  readonly orderOptimised: readonly string[]
}

export type Status = 'killed' | 'survived' | 'timedOut' | 'notCompiled' | 'equivalent'

export type Answer =
  | { readonly type: 'ready'; readonly tests: readonly { readonly id: string; readonly file: string }[] }
  /** A test begins. */
  | { readonly type: 'test'; readonly id: string }
  | { readonly type: 'done'; readonly status: Status; readonly test?: string; readonly failure?: string }
  /** The process cannot go on. */
  | { readonly type: 'broken'; readonly message: string }
