import { signatureSecondsMax } from '../account/transfer.ts'
import type { EventOf } from '../journal/event.ts'
import { payoutInstructionType, withdrawalType } from '../payout/withdrawal.ts'
import {
  type Audit,
  amountProblem,
  ascendingProblem,
  deadlineProblem,
  digestOf,
  expectEntries,
  isSignedBy,
  nonceProblem,
} from './checks.ts'
import { countPayouts } from './epoch-movement.ts'
import { forcedDebt } from './inbox-movement.ts'

/** An instruction is signed for two years at most. */
const instructionMsMax = 2 * 365 * 24 * 3_600_000

export function instructionProblem(audit: Audit, event: EventOf<'PayoutInstructed'>): string | undefined {
  const { instruction } = event.data
  const { wallet, expires, nonce } = instruction.message
  if (!isSignedBy(audit, payoutInstructionType, instruction, wallet)) return 'the wallet did not sign the instruction'
  if (Number(expires) * 1000 > event.atMs + instructionMsMax) return 'is an instruction for more than two years'
  audit.books.instructions.set(wallet, {
    digest: digestOf(audit, payoutInstructionType, instruction.message),
    instruction: instruction.message,
    lastPaidAtMs: audit.books.instructions.get(wallet)?.lastPaidAtMs,
  })
  return ascendingProblem(audit.books, `instruction:${wallet}`, nonce) ?? expectEntries(event, {})
}

export function payoutProblem(audit: Audit, event: EventOf<'PayoutScheduled'>): string | undefined {
  const { wallet, amountMicrocredits, withdrawal, instructionDigest, inboxIndex } = event.data
  const moved = { [`wallet:${wallet}`]: -amountMicrocredits, [`payable:${wallet}`]: amountMicrocredits }
  countPayouts(audit.books, event)
  const entryProblem = () => amountProblem(amountMicrocredits) ?? expectEntries(event, moved)
  if (inboxIndex !== undefined) return forcedProblem(audit, event, inboxIndex) ?? entryProblem()
  if (withdrawal === undefined) return standingProblem(audit, event) ?? entryProblem()
  const { message } = withdrawal
  const isAllowed = message.wallet === wallet && message.amountMicrocredits === amountMicrocredits
  if (!isAllowed || instructionDigest !== undefined || !isSignedBy(audit, withdrawalType, withdrawal, wallet)) {
    return 'the wallet did not sign the withdrawal'
  }
  return (
    nonceProblem(audit.books, wallet, message) ??
    deadlineProblem(event, message.deadline, signatureSecondsMax) ??
    entryProblem()
  )
}

/** What a wallet asked of the contract is paid whole, or takes all that is available. */
function forcedProblem({ books }: Audit, event: EventOf<'PayoutScheduled'>, inboxIndex: number): string | undefined {
  const { wallet, amountMicrocredits, withdrawal, instructionDigest } = event.data
  if (withdrawal !== undefined || instructionDigest !== undefined) return 'pays out for two reasons'
  const forced = books.forced.get(inboxIndex)
  const owed = forcedDebt(books, inboxIndex, wallet)
  const left = books.balances.get(`wallet:${wallet}`) ?? 0n
  if (forced === undefined || amountMicrocredits > owed) return 'pays out what nobody asked of the contract'
  if (amountMicrocredits < owed && left > 0n) return 'pays out less than was asked of the contract'
  books.forced.set(inboxIndex, { ...forced, paidMicrocredits: forced.paidMicrocredits + amountMicrocredits })
  return undefined
}

/** An instruction pays the whole balance, when it reaches the minimum and the interval has passed. */
function standingProblem({ books }: Audit, event: EventOf<'PayoutScheduled'>): string | undefined {
  const { wallet, amountMicrocredits, instructionDigest } = event.data
  const standing = books.instructions.get(wallet)
  if (standing === undefined || standing.digest !== instructionDigest) return 'pays out without an instruction'
  const { instruction, lastPaidAtMs } = standing
  if (Number(instruction.expires) * 1000 <= event.atMs) return 'pays out by an instruction that has expired'
  if (amountMicrocredits < instruction.minimumMicrocredits) return 'pays out less than the instruction’s minimum'
  if ((books.balances.get(`wallet:${wallet}`) ?? 0n) !== 0n) return 'does not pay the whole balance out'
  const isTooSoon = lastPaidAtMs !== undefined && event.atMs < lastPaidAtMs + instruction.intervalSeconds * 1000
  if (isTooSoon) return 'pays out again within the instruction’s interval'
  books.instructions.set(wallet, { ...standing, lastPaidAtMs: event.atMs })
  return undefined
}
