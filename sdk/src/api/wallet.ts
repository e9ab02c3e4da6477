import type { Address, Hex } from '@deparrow/ledger'
import { type Fields, optional, read } from './read.ts'

/** The selection that {@link readBalance} reads. */
export const balanceFields = 'address available held payable'

/** The selection that {@link readStatementPage} reads. */
export const statementFields = 'entries { position time event account amount balanceAfter jobId } next'

/** The selection that {@link readClaim} reads. */
export const claimFields = 'epoch part payeeId increment cumulative previousEpoch proof unclaimed'

/** Credits of a wallet in µcr: spendable, in open holds, and on their way to the chain. */
export type Balance = {
  readonly address: Address
  readonly availableMicrocredits: bigint
  readonly heldMicrocredits: bigint
  readonly payableMicrocredits: bigint
}

/** One movement of a wallet; `amountMicrocredits` is negative for what left the account. */
export type StatementEntry = {
  readonly position: bigint
  readonly time: string
  readonly event: string
  readonly account: string
  readonly amountMicrocredits: bigint
  readonly balanceAfterMicrocredits: bigint
  readonly jobId: Hex | null
}

/** Entries from the newest to older ones; give `next` as `before` to go on. */
export type StatementPage = { readonly entries: readonly StatementEntry[]; readonly next: bigint | null }

/** The newest final payout row of a wallet with its proof; amounts in µcr. */
export type ClaimableRow = {
  readonly epoch: bigint
  readonly part: number
  readonly payeeId: number
  readonly incrementMicrocredits: bigint
  readonly cumulativeMicrocredits: bigint
  readonly previousEpoch: bigint
  readonly proof: readonly Hex[]
  readonly unclaimedMicrocredits: bigint
}

/** Reads the balances of a `Wallet` of the schema; throws `ANSWER_INVALID`. */
export function readBalance(wallet: Fields): Balance {
  return {
    address: read.address(wallet, 'address'),
    availableMicrocredits: read.amount(wallet, 'available'),
    heldMicrocredits: read.amount(wallet, 'held'),
    payableMicrocredits: read.amount(wallet, 'payable'),
  }
}

/** Reads a `StatementPage` of the schema; throws `ANSWER_INVALID`. */
export function readStatementPage(page: Fields): StatementPage {
  return { entries: read.objects(page, 'entries').map(readEntry), next: optional(read.amount, page, 'next') }
}

/** Reads a `Claim` of the schema; throws `ANSWER_INVALID`. */
export function readClaim(claim: Fields): ClaimableRow {
  const proof = read.texts(claim, 'proof')
  return {
    epoch: read.amount(claim, 'epoch'),
    part: read.integer(claim, 'part'),
    payeeId: read.integer(claim, 'payeeId'),
    incrementMicrocredits: read.amount(claim, 'increment'),
    cumulativeMicrocredits: read.amount(claim, 'cumulative'),
    previousEpoch: read.amount(claim, 'previousEpoch'),
    proof: proof.map(node => read.hash({ proof: node }, 'proof')),
    unclaimedMicrocredits: read.amount(claim, 'unclaimed'),
  }
}

function readEntry(entry: Fields): StatementEntry {
  return {
    position: read.amount(entry, 'position'),
    time: read.text(entry, 'time'),
    event: read.text(entry, 'event'),
    account: read.text(entry, 'account'),
    amountMicrocredits: read.signedAmount(entry, 'amount'),
    balanceAfterMicrocredits: read.amount(entry, 'balanceAfter'),
    jobId: optional(read.hash, entry, 'jobId'),
  }
}
