import { formatMessage, type Hex, type Message, parseMessage } from '@deparrow/ledger'
import { type CommandName, commandDocument, type SignedCommand } from '../api/commands.ts'
import { type Fields, read } from '../api/read.ts'
import { type Answer, readRefusal, refuse } from '../api/refusal.ts'
import { type Balance, readBalance } from '../api/wallet.ts'
import type { Command } from '../commands/command.ts'
import { type CommandRequests, commands } from '../commands/commands.ts'
import { DeparrowError } from '../errors.ts'
import { messageDigest, signMessage } from '../signing/typed-data.ts'
import { deliver, isWithoutAnswer, nonceAttemptsMax, requireDigest } from './send-signed.ts'
import type { WalletContext } from './wallet-context.ts'

/** A command that is durable in the journal, with the balance of the wallet that it is about after it. */
export type Movement = {
  /** The digest that was signed: the id of the escrow, IOU or permission that the command made. */
  readonly commandId: Hex
  /** Of the first and the last event that the command caused. */
  readonly firstPosition: bigint
  readonly position: bigint
  /** Whether the ledger had decided the same signature before. */
  readonly repeated: boolean
  readonly balance: Balance
}

/**
 * Signs a command and hands it in; when no answer comes, the same signature again, which the ledger decides once. A nonce that somebody else
 * used meanwhile is replaced. Throws {@link AnswerLostError} when no answer came at all.
 */
export async function sendCommand<N extends CommandName>(
  context: WalletContext,
  name: N,
  request: CommandRequests[N],
): Promise<Answer<Movement>> {
  const command = commandOf(name)
  const lane = command.laneOf?.(context, request)
  const signAndHandIn = async (nonce: bigint): Promise<Answer<Movement>> => {
    const answer = await sign(context, command, request, nonce)
    return answer.ok ? handIn(context, answer.signed) : answer
  }
  if (lane === undefined) return signAndHandIn(0n)
  for (let attempt = 1; ; attempt++) {
    const answer = await context.nonces.run(lane, signAndHandIn)
    if (answer.ok || answer.refusal.code !== 'NONCE_USED' || attempt === nonceAttemptsMax) return answer
  }
}

/** Signs a command that is not sent, with a nonce that no other command of this wallet object gets. */
export async function signCommand<N extends CommandName>(
  context: WalletContext,
  name: N,
  request: CommandRequests[N],
): Promise<Answer<{ readonly signed: SignedCommand }>> {
  const command = commandOf(name)
  const lane = command.laneOf?.(context, request)
  if (lane === undefined) return sign(context, command, request, 0n)
  return context.nonces.run(lane, nonce => sign(context, command, request, nonce))
}

/** Hands in what somebody has signed. The ledger decides a signature once: handing it in again gives the first answer. */
export async function handIn(context: WalletContext, signed: SignedCommand): Promise<Answer<Movement>> {
  const { command, message, signature } = signed
  const digest = digestOf(context, signed)
  const mutation = { document: commandDocument(command), field: command }
  const answer = await deliver(context, mutation, { message, signature }).catch(error => {
    throw isWithoutAnswer(error) ? new AnswerLostError(error, signed, digest) : error
  })
  const refusal = readRefusal(answer)
  if (refusal !== undefined) return { ok: false, refusal }
  const movement = { ...readPlace(answer), commandId: read.hash(answer, 'commandId') }
  requireDigest(context, digest, movement.commandId)
  return { ok: true, ...movement, balance: readBalance(read.object(answer, 'wallet')) }
}

/** The digest that was signed. Throws `MALFORMED_COMMAND` for a message that is none of the command's type. */
export function digestOf(context: Pick<WalletContext, 'domain'>, { command, message }: SignedCommand): Hex {
  const { type } = commands[command]
  const parsed = parseMessage(type, message)
  if (parsed.ok) return messageDigest(context.domain, type, parsed.message)
  throw new DeparrowError('MALFORMED_COMMAND', `The message of ${command}: ${parsed.field} ${parsed.problem}.`)
}

/**
 * Signs a command with a nonce of its lane, or with any for a command without one. `MALFORMED` names the first field that cannot be, and
 * nothing is signed.
 */
export async function sign<N extends CommandName>(
  context: WalletContext,
  command: Command<CommandRequests[N], Message>,
  request: CommandRequests[N],
  nonce: bigint,
): Promise<Answer<{ readonly signed: SignedCommand }>> {
  const { name, type, build } = command
  const parsed = parseMessage(type, formatMessage(type, build(context, request, nonce)))
  if (!parsed.ok) {
    return refuse({ code: 'MALFORMED', message: `${parsed.field}: ${parsed.problem}.`, field: parsed.field })
  }
  const { message, signature } = await signMessage(context.account, context.domain, type, parsed.message)
  return { ok: true, signed: { command: name, message: formatMessage(type, message), signature } }
}

export function commandOf<N extends CommandName>(name: N): Command<CommandRequests[N], Message> {
  return commands[name] as unknown as Command<CommandRequests[N], Message>
}

/** The place of a decision in the journal. */
export function readPlace(fields: Fields): Pick<Movement, 'firstPosition' | 'position' | 'repeated'> {
  return {
    firstPosition: read.amount(fields, 'firstPosition'),
    position: read.amount(fields, 'position'),
    repeated: read.flag(fields, 'repeated'),
  }
}

/**
 * Thrown when no answer to a signed command came, however often it was sent: it may have been decided or not. Hand in `signed` again, now or
 * after a restart, instead of asking for the same thing anew, which would be signed and paid a second time.
 */
export class AnswerLostError extends DeparrowError {
  override readonly name = 'AnswerLostError'
  constructor(
    cause: DeparrowError,
    /** What was signed, as plain data. */
    readonly signed: SignedCommand,
    /** The digest that was signed: the command's id. */
    readonly commandId: Hex,
  ) {
    super(cause.code, `No answer came whether the ${signed.command} ${commandId} is done: ${cause.message}`, { cause })
  }
}
