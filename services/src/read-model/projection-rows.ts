import type { AccountName, Address, EventOf, Hex } from '@deparrow/ledger'
import type { Insertable } from 'kysely'
import type { HoldRow } from './fold-state.ts'
import type { ReadSchema } from './read-schema.ts'

/** Rows that a run of events adds, and the names of what it changes in the state. */
export type ProjectionRows = {
  readonly statementEntries: Insertable<ReadSchema['statement_entry']>[]
  readonly spends: Insertable<ReadSchema['permission_spend']>[]
  readonly rewards: Insertable<ReadSchema['reward']>[]
  readonly settledJobs: Insertable<ReadSchema['settled_job']>[]
  /** Holds that have ended, which are no longer in the state. */
  readonly endedHolds: HoldRow[]
  /** IOUs that are paid, which are no longer in the state. */
  readonly paidIous: Insertable<ReadSchema['iou']>[]
  readonly epochs: EventOf<'EpochClosed'>[]
  readonly finalities: EventOf<'EpochFinalised'>[]
  /** The last position of each time. */
  readonly times: Map<number, number>
  readonly changed: {
    readonly wallets: Set<Address>
    readonly accounts: Set<AccountName>
    /** Also those that have ended by now. */
    readonly holds: Set<Hex>
    readonly permissions: Set<Hex>
    readonly ious: Set<Hex>
  }
}

export function emptyProjectionRows(): ProjectionRows {
  return {
    statementEntries: [],
    spends: [],
    rewards: [],
    settledJobs: [],
    endedHolds: [],
    paidIous: [],
    epochs: [],
    finalities: [],
    times: new Map(),
    changed: {
      wallets: new Set(),
      accounts: new Set(),
      holds: new Set(),
      permissions: new Set(),
      ious: new Set(),
    },
  }
}
