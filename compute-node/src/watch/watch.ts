/** The watcher without its command: an entry of its own for programs that drive it by themselves. */

export { openSettlementChain, type SettlementChain } from '../chain/open-settlement.ts'
export { sendOptionsDevelopment, TransactionSender } from '../chain/transaction-sender.ts'
export { acceptanceStruct } from './acceptance-struct.ts'
export { EpochWatch, type EpochWatchParts, type LookResult } from './epoch-watch.ts'
export { JournalFollower } from './journal-follower.ts'
