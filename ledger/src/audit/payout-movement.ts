import type { EventOf } from '../journal/event.ts'
import { payoutInstructionType, withdrawalType } from '../payout/withdrawal.ts'
import { type Audit, ascendingProblem, digestOf, expectEntries, isSignedBy, nonceProblem } from './checks.ts'

export function instructionProblem(audit: Audit, event: EventOf<'PayoutInstructed'>): string | undefined {
  const { instruction } = event.data
  const { wallet } = instruction.message
  if (!isSignedBy(audit, payoutInstructionType, instruction, wallet)) return 'the wallet did not sign the instruction'
  const digest = digestOf(audit, payoutInstructionType, instruction.message)
  audit.books.instructions.set(wallet, { digest, instruction: instruction.message })
  const problem = ascendingProblem(audit.books, `instruction:${wallet}`, instruction.message.nonce)
  return problem ?? expectEntries(event, {})
}

export function payoutProblem(audit: Audit, event: EventOf<'PayoutScheduled'>): string | undefined {
  const { wallet, amountMicrocredits, withdrawal } = event.data
  const moved = { [`wallet:${wallet}`]: -amountMicrocredits, [`payable:${wallet}`]: amountMicrocredits }
  if (withdrawal === undefined) return standingProblem(audit, event) ?? expectEntries(event, moved)
  const { message } = withdrawal
  const isAllowed = message.wallet === wallet && message.amountMicrocredits === amountMicrocredits
  if (!isAllowed || !isSignedBy(audit, withdrawalType, withdrawal, wallet)) {
    return 'the wallet did not sign the withdrawal'
  }
  return nonceProblem(audit.books, wallet, message) ?? expectEntries(event, moved)
}

function standingProblem({ books }: Audit, event: EventOf<'PayoutScheduled'>): string | undefined {
  const standing = books.instructions.get(event.data.wallet)
  if (standing === undefined || standing.digest !== event.data.instructionDigest)
    return 'pays out without an instruction'
  if (Number(standing.instruction.expires) * 1000 <= event.atMs) return 'pays out by an instruction that has expired'
  const isEnough = event.data.amountMicrocredits >= standing.instruction.minimumMicrocredits
  return isEnough ? undefined : 'pays out less than the instruction’s minimum'
}
