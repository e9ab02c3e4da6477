import type { LedgerEventType } from '../journal/event.ts'
import { walletDebits } from '../journal/wallet-debits.ts'

/** Every type of event: the keys of a record that does not compile while one is missing. */
export const ledgerEventTypes = Object.keys(walletDebits) as readonly LedgerEventType[]
