import type { Address, Hex } from '@deparrow/ledger'
import { AnswerInvalidError } from '../errors.ts'
import { type Fields, optional, read } from './read.ts'

/** The selection that {@link readBalance} reads. */
export const balanceFields = 'address available held payable'

/** The selection that {@link readEntry} reads. */
export const entryFields = `shard position entryIndex time event account amount balanceAfter availableAfter heldAfter payableAfter
  jobId counterparty subject { kind id }`

/** The selection that {@link readStatementPage} reads. */
export const statementFields = `entries { ${entryFields} } next nextCursor`

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
  readonly shard: number
  readonly position: bigint
  /** Place of the entry within its event, from 0. */
  readonly entryIndex: number
  readonly time: string
  readonly event: string
  readonly account: string
  readonly amountMicrocredits: bigint
  /** Of the account. */
  readonly balanceAfterMicrocredits: bigint
  /** Of the wallet: all that it had after this entry. */
  readonly walletAfter: Omit<Balance, 'address'>
  readonly jobId: Hex | null
  /** The other party, where the event names one. */
  readonly counterparty: Address | null
  readonly subject: MovementSubject | null
}

/** What a movement was about, by the digest of the signed order or promise. */
export type MovementSubject = { readonly kind: 'job' | 'escrow' | 'iou'; readonly id: Hex }

/** Entries from the newest to older ones; give `next` as `before`, or `nextCursor` as `cursor` with the same filter, to go on. */
export type StatementPage = {
  readonly entries: readonly StatementEntry[]
  readonly next: bigint | null
  readonly nextCursor: string | null
}

/** Credits out of the rewards budget: a grant with the treasurer's reason, or a bonus. */
export type Reward = {
  readonly position: bigint
  readonly time: string
  readonly event: string
  readonly amountMicrocredits: bigint
  readonly reason: string | null
}

/** The selection that {@link readReward} reads. */
export const rewardFields = 'position time event amount reason'

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
  return {
    entries: read.objects(page, 'entries').map(readEntry),
    next: optional(read.amount, page, 'next'),
    nextCursor: optional(read.text, page, 'nextCursor'),
  }
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

/** Reads a `Reward` of the schema; throws `ANSWER_INVALID`. */
export function readReward(reward: Fields): Reward {
  return {
    position: read.amount(reward, 'position'),
    time: read.text(reward, 'time'),
    event: read.text(reward, 'event'),
    amountMicrocredits: read.amount(reward, 'amount'),
    reason: optional(read.text, reward, 'reason'),
  }
}

/** Reads a `MovementSubject` of the schema, or null where there is none; throws `ANSWER_INVALID`. */
export function readSubject(fields: Fields): MovementSubject | null {
  const subject = optional(read.object, fields, 'subject')
  if (subject === null) return null
  const kind = (['job', 'escrow', 'iou'] as const).find(known => known === subject['kind'])
  if (kind === undefined) throw new AnswerInvalidError('the gateway', 'the field kind is no kind of a subject')
  return { kind, id: read.hash(subject, 'id') }
}

/** Reads a `StatementEntry` of the schema; throws `ANSWER_INVALID`. */
export function readEntry(entry: Fields): StatementEntry {
  return {
    shard: read.integer(entry, 'shard'),
    position: read.amount(entry, 'position'),
    entryIndex: read.integer(entry, 'entryIndex'),
    time: read.text(entry, 'time'),
    event: read.text(entry, 'event'),
    account: read.text(entry, 'account'),
    amountMicrocredits: read.signedAmount(entry, 'amount'),
    balanceAfterMicrocredits: read.amount(entry, 'balanceAfter'),
    walletAfter: {
      availableMicrocredits: read.amount(entry, 'availableAfter'),
      heldMicrocredits: read.amount(entry, 'heldAfter'),
      payableMicrocredits: read.amount(entry, 'payableAfter'),
    },
    jobId: optional(read.hash, entry, 'jobId'),
    counterparty: optional(read.address, entry, 'counterparty'),
    subject: readSubject(entry),
  }
}
