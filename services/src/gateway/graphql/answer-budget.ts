import { badInput } from './read-errors.ts'
import type { SubscriptionContext } from './subscription-slots.ts'

/**
 * What one answer may hold: about 10 MB of rows (400 bytes each), as much text as sixteen whole logs, 8 MB of events; and how often it may
 * ask projections or ledger on behalf of single fields, so that lists within lists stay cheap.
 */
const budgets = {
  rows: 25_000,
  'characters of logs': 16 * 256 * 1024,
  'characters of events': 8 * 2 ** 20,
  lookups: 500,
} as const

type Resource = keyof typeof budgets

/** A job with its typed data takes as much as this many rows. */
export const rowsOfJob = 10

const spent = new WeakMap<object, Map<Resource, number>>()

/**
 * Counts what a request is given, over all its fields and aliases. Throws `BAD_USER_INPUT` above the bound. A subscription's events
 * are answers of their own, and bounded by the limits of its document.
 */
export function spend(context: object, resource: Resource, amount: number): void {
  if ((context as SubscriptionContext).id !== undefined) return
  const ofRequest = spent.get(context) ?? new Map<Resource, number>()
  const total = (ofRequest.get(resource) ?? 0) + amount
  if (total > budgets[resource]) {
    throw badInput(`one answer may hold ${budgets[resource]} ${resource}; ask for less at once`)
  }
  spent.set(context, ofRequest.set(resource, total))
}
