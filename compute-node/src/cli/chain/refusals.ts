import { formatEther, formatGwei } from 'viem'
import { epochStatuses } from '../../chain/epoch-line.ts'
import type { CallRefusal } from '../../chain/refusal.ts'
import { CliError } from '../cli-error.ts'
import { dateOf } from './times.ts'

type Sentence = (args: readonly unknown[]) => string

const big = (value: unknown) => BigInt(value as bigint)
const dpc = (value: unknown) => `${formatEther(big(value))} DPC`

/** What a person can do about it, for refusals that happen to people. */
const sentences: Readonly<Record<string, Sentence>> = {
  TRANSACTION_PENDING: ([hash]) =>
    `Another transaction of this wallet waits to be mined${hash === undefined ? '' : ` (${hash})`}. Nothing was sent; try again when it is, or take its place with --replace.`,
  NONCE_USED: () => 'Another transaction of this wallet came first. Nothing was done; try again.',
  FEE_ABOVE_CAP: ([base, cap]) =>
    `Blocks ask for ${formatGwei(big(base))} gwei a gas, and --max-fee-gwei allows ${formatGwei(big(cap))}. Nothing was sent.`,
  INSUFFICIENT_FUNDS: ([needed]) =>
    `The wallet has too little Ether for gas${needed === undefined ? '' : `; it needs up to ${formatEther(big(needed))} ETH`}.`,
  ExitStarted: () =>
    'The exit has started: deposits, epochs and demands are over. Take out what is yours with: deparrow chain exit',
  DepositsAreStopped: () => 'The guardian has stopped deposits for ever.',
  ERC20InsufficientBalance: ([, held, needed]) => `The wallet holds ${dpc(held)}, and this needs ${dpc(needed)}.`,
  RevocationNotNewer: ([nonce, last]) => `Nonce ${nonce} is not above ${last}, which the wallet took back before.`,
  WindowOver: ([epoch, endsAt]) =>
    `Epoch ${epoch} could be asked about until ${dateOf(big(endsAt))}. A demand that follows an answer can still come: --follows`,
  PurseTooSmall: ([needed, held]) => `The purse holds ${dpc(held)}, and this needs ${dpc(needed)}.`,
  EpochNotPending: ([epoch, status]) =>
    `Epoch ${epoch} is ${epochStatuses[Number(status)] ?? 'unknown'}; only a pending one can be asked about.`,
  NotFollowable: ([id]) => `${id} is no answered demand of this epoch that can still be followed.`,
  RoundsTooMany: ([max]) => `At most ${max} demands may follow one another.`,
  AccountWithoutStatement: () => 'The network’s own accounts have leaves but no statements.',
  ItemOutsideEpoch: ([epoch, index]) => `Epoch ${epoch} does not cover inbox item ${index}, or its parent does.`,
  ItemUnrelated: ([index]) => `Inbox item ${index} is of another kind.`,
  InboxItemUnknown: ([index, count]) => `There is no inbox item ${index}; the inbox has ${count}.`,
  DemandNotOpen: ([id]) => `The demand ${id} is not open.`,
  DemandStillAnswerable: ([, deadline]) => `The demand can be answered until ${dateOf(big(deadline))}.`,
  EpochNotCancelled: ([epoch, status]) =>
    `A bond returns when the epoch was cancelled; epoch ${epoch} is ${epochStatuses[Number(status)] ?? 'unknown'}.`,
  UnbondingUntil: ([, until]) => `What unbonds can be withdrawn from ${dateOf(big(until))}.`,
}

/** A refusal in one sentence. */
export function refusalText(what: string, { code, args }: CallRefusal): string {
  const sentence = sentences[code]
  if (sentence !== undefined) return sentence(args)
  return `The contract refuses the ${what}: ${code}${args.length === 0 ? '' : ` (${args.map(String).join(', ')})`}.`
}

/** The error that ends the command: the sender's own codes as they are, a contract's error as the `reason` of `CHAIN_REJECTED`. */
export function refusedCall(
  what: string,
  refusal: CallRefusal,
  details: Readonly<Record<string, unknown>> = {},
): CliError {
  const { code, args } = refusal
  const isOurs = /^[A-Z_]+$/.test(code)
  const said = isOurs ? details : { reason: code, arguments: args, ...details }
  return new CliError(isOurs ? code : 'CHAIN_REJECTED', refusalText(what, refusal), said)
}
