import { signatureSecondsMax } from '../account/transfer.ts'
import type { Hex } from '../hex.ts'
import { Actor } from '../testing/actors.ts'
import type { TestLedger } from '../testing/test-ledger.ts'
import type { Message, MessageType, Signed } from '../typed-data/types.ts'
import type { LedgerCommand } from './command.ts'
import type { RefusalCode } from './refusal.ts'

/** Rules that an input breaks. */
export type Broken = ReadonlySet<RefusalCode>

/** The rules of one command, and an input that breaks just those of them that it is told to. */
export type PrecedenceCase = {
  /** In the order in which they are checked. Rules of one rank exclude each other. */
  readonly ranks: readonly (readonly RefusalCode[])[]
  /** Rules of different ranks that no input can break at once. */
  readonly apart?: readonly (readonly [RefusalCode, RefusalCode])[]
  build(broken: Broken): { readonly ledger: TestLedger; readonly command: LedgerCommand }
}

export type PrecedenceCases = Readonly<Record<string, PrecedenceCase>>

export const ann = new Actor(1)
export const bob = new Actor(2)
export const cho = new Actor(3)
export const node = new Actor(11)
export const otherNode = new Actor(12)
/** Has no wallet, no permission and no node. */
export const stranger = new Actor(99)

export const deadlineRank = ['DEADLINE_PASSED', 'DEADLINE_TOO_FAR'] as const

/** Unix seconds at which a signature ends that breaks the rules on deadlines, or none of them. */
export function deadlineOf(broken: Broken, { nowMs }: TestLedger): bigint {
  const now = BigInt(nowMs / 1000)
  if (broken.has('DEADLINE_PASSED')) return now
  return broken.has('DEADLINE_TOO_FAR') ? now + BigInt(signatureSecondsMax) + 1n : now + 600n
}

/** The message under the key of who may sign it, or of who may not. */
export function seal<M extends Message>(broken: Broken, type: MessageType, message: M, signer: Actor): Signed<M> {
  return (broken.has('INVALID_SIGNATURE') ? stranger : signer).sign(type, message)
}

/** An address or hash as the ledger takes it, or in another spelling of the same bytes, which it does not. */
export function spelled(broken: Broken, hex: Hex): Hex {
  return broken.has('MALFORMED') ? `0x${hex.slice(2).toUpperCase()}` : hex
}
