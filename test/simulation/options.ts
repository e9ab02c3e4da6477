import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

export type SimulationOptions = {
  readonly firstSeed: number
  readonly seeds: number
  /** Commands of each seed. */
  readonly commands: number
  readonly workers: number
  /** Prints every step; of one seed. */
  readonly isTraced: boolean
}

/** What CI runs: more than 200 000 commands in 304 worlds. */
const seedsDefault = 304
const commandsDefault = 670

const largest = 2 ** 31 - 1

export const usage =
  'usage: npm run test:sim -- [--seeds N] [--first-seed S] [--commands M] [--workers W] | --seed S [--commands M] [--trace]'

/** Reads the command line. Throws {@link UsageError} for anything else than what {@link usage} says. */
export function readOptions(args: readonly string[]): SimulationOptions {
  const values = parse(args)
  const only = numberOf('seed', values.seed)
  const isTraced = values.trace === true
  if (isTraced && only === undefined) throw new UsageError('--trace needs --seed')
  return {
    firstSeed: only ?? numberOf('first-seed', values['first-seed']) ?? 1,
    seeds: only === undefined ? (numberOf('seeds', values.seeds) ?? seedsDefault) : 1,
    commands: numberOf('commands', values.commands) ?? commandsDefault,
    workers: only === undefined ? (numberOf('workers', values.workers) ?? availableParallelism()) : 1,
    isTraced,
  }
}

function parse(args: readonly string[]) {
  const number = { type: 'string' } as const
  const options = {
    seed: number,
    seeds: number,
    'first-seed': number,
    commands: number,
    workers: number,
    trace: { type: 'boolean' },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause))
  }
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d{1,10}$/.test(text) && value >= 1 && value <= largest) return value
  throw new UsageError(`--${name} is a whole number from 1 to ${largest}, not ${text}`)
}

/** Thrown for a command line that says nothing that can be run. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
