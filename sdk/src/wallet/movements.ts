import {
  type Address,
  type Hex,
  type Message,
  type MessageType,
  orderCancellationType,
  type PayoutInstruction,
  payoutInstructionType,
  transferType,
  withdrawalType,
} from '@deparrow/ledger'
import { type Job, readJob } from '../api/job.ts'
import { operations } from '../api/operations.ts'
import { type Fields, read } from '../api/read.ts'
import type { Answer } from '../api/refusal.ts'
import { type Balance, readBalance } from '../api/wallet.ts'
import { type Envelope, requireDigest, sendInLane, sendSigned } from './send-signed.ts'
import type { WalletContext } from './wallet-context.ts'

/** A movement that is durable in the journal, with the wallet's balance after it. */
export type Movement = { readonly commandId: Hex; readonly position: bigint; readonly balance: Balance }

/** How long a signed movement may be presented, in seconds: time for a retry, none for an old signature to come back. */
const movementSecondsValid = 600

/** Standing instructions last a year unless told otherwise. */
const instructionSecondsDefault = 365 * 24 * 3600

/** Signs and sends a transfer of credits to another wallet. */
export async function transfer(
  context: WalletContext,
  request: { readonly to: Address; readonly amountMicrocredits: bigint; readonly lane?: number },
): Promise<Answer<Movement>> {
  const { to, amountMicrocredits, lane = 0 } = request
  const build = (nonce: bigint) => ({
    from: context.address,
    to,
    amountMicrocredits,
    lane,
    nonce,
    deadline: deadlineOf(context),
  })
  return movementOf(await sendInLane(context, lane, build, envelopeOf(transferType, 'transfer')))
}

/** Signs and sends a withdrawal: credits become DPC, payable on chain to this wallet when the next epoch is final. */
export async function withdraw(
  context: WalletContext,
  request: { readonly amountMicrocredits: bigint; readonly lane?: number },
): Promise<Answer<Movement>> {
  const { amountMicrocredits, lane = 0 } = request
  const build = (nonce: bigint) => ({
    wallet: context.address,
    amountMicrocredits,
    lane,
    nonce,
    deadline: deadlineOf(context),
  })
  return movementOf(await sendInLane(context, lane, build, envelopeOf(withdrawalType, 'withdraw')))
}

/** Signs and sends a standing instruction: this wallet's credits are paid out to itself whenever they reach the minimum. */
export async function instructPayouts(
  context: WalletContext,
  request: {
    readonly minimumMicrocredits: bigint
    readonly intervalSeconds: number
    readonly expiresInSeconds?: number
    /** A higher nonce replaces the instruction; default: the time in milliseconds. */
    readonly nonce?: bigint
  },
): Promise<Answer<Movement>> {
  const nowMs = context.clock.nowMs()
  const instruction: PayoutInstruction = {
    wallet: context.address,
    minimumMicrocredits: request.minimumMicrocredits,
    intervalSeconds: request.intervalSeconds,
    expires: BigInt(Math.floor(nowMs / 1_000) + (request.expiresInSeconds ?? instructionSecondsDefault)),
    nonce: request.nonce ?? BigInt(nowMs),
  }
  return movementOf(await sendSigned(context, instruction, envelopeOf(payoutInstructionType, 'instructPayouts')))
}

/** Signs and sends a cancellation. What the node has used until it hears of it is paid. */
export async function cancelJob(context: WalletContext, orderDigest: Hex): Promise<Answer<{ readonly job: Job }>> {
  const cancellation = { orderDigest, payer: context.address, deadline: deadlineOf(context) }
  const sent = await sendSigned(context, cancellation, {
    type: orderCancellationType,
    document: operations.cancelJob,
    field: 'cancelJob',
    variables: (message, signature) => ({ cancellation: message, signature }),
  })
  if (!sent.ok) return sent
  const job = readJob(sent.member)
  requireDigest(context, orderDigest, job.id)
  return { ok: true, job }
}

function envelopeOf<M extends Message>(
  type: MessageType,
  field: 'transfer' | 'withdraw' | 'instructPayouts',
): Envelope<M> {
  return { type, document: operations[field], field, variables: (message, signature) => ({ message, signature }) }
}

function movementOf(sent: Answer<{ readonly member: Fields }>): Answer<Movement> {
  if (!sent.ok) return sent
  return {
    ok: true,
    commandId: read.hash(sent.member, 'commandId'),
    position: read.amount(sent.member, 'position'),
    balance: readBalance(read.object(sent.member, 'wallet')),
  }
}

function deadlineOf(context: WalletContext): bigint {
  return BigInt(Math.floor(context.clock.nowMs() / 1_000) + movementSecondsValid)
}
