import { formatMessage, type Hex, type Message, type MessageType } from '@deparrow/ledger'
import { type Fields, read } from '../api/read.ts'
import { type Answer, type RefusedAnswer, readRefusal } from '../api/refusal.ts'
import type { NonceLane } from '../commands/command.ts'
import { AnswerInvalidError, NetworkUnreachableError, RequestTimeoutError } from '../errors.ts'
import { messageDigest, signMessage } from '../signing/typed-data.ts'
import type { WalletContext } from './wallet-context.ts'

/** A signed message on its way to a mutation. */
export type Envelope<M extends Message> = {
  readonly type: MessageType
  readonly document: string
  /** Name of the mutation's field in the answer. */
  readonly field: string
  variables(message: Fields, signature: Hex): Fields
  /** Asked right before the message is signed; a refusal is the answer, and nothing is signed. */
  admit?(digest: Hex, message: M): RefusedAnswer | undefined
  /** Told that the message was refused. */
  refused?(digest: Hex): void
}

/** The union member of the answer that is no refusal. */
export type Accepted = { readonly member: Fields; readonly digest: Hex }

/** How often a message whose nonce somebody else has used meanwhile is signed again with the next one. */
export const nonceAttemptsMax = 3

/** How often the same signature is sent when no answer comes; the ledger decides a digest once, so sending again is safe. */
const sendAttemptsMax = 3

/** Signs a message with the lane's next nonce and sends it. Messages of a lane go one after the other. */
export async function sendInLane<M extends Message>(
  context: WalletContext,
  lane: NonceLane,
  build: (nonce: bigint) => M,
  envelope: Envelope<M>,
): Promise<Answer<Accepted>> {
  for (let attempt = 1; ; attempt++) {
    const answer = await context.nonces.run(lane, nonce => sendSigned(context, build(nonce), envelope))
    if (answer.ok || answer.refusal.code !== 'NONCE_USED' || attempt === nonceAttemptsMax) return answer
  }
}

/** Signs a message and sends it; the same signature again when no answer comes. */
export async function sendSigned<M extends Message>(
  context: WalletContext,
  message: M,
  envelope: Envelope<M>,
): Promise<Answer<Accepted>> {
  const digest = messageDigest(context.domain, envelope.type, message)
  const obstacle = envelope.admit?.(digest, message)
  if (obstacle !== undefined) return obstacle
  const signed = await signMessage(context.account, context.domain, envelope.type, message)
  const variables = envelope.variables(formatMessage(envelope.type, signed.message), signed.signature)
  const answer = await deliver(context, envelope, variables)
  const refusal = readRefusal(answer)
  if (refusal === undefined) return { ok: true, member: answer, digest }
  envelope.refused?.(digest)
  return { ok: false, refusal }
}

/** Sends what is signed, and the same again when no answer comes; throws what the last attempt threw. */
export async function deliver(
  context: WalletContext,
  { document, field }: { readonly document: string; readonly field: string },
  variables: Fields,
): Promise<Fields> {
  for (let attempt = 1; ; attempt++) {
    try {
      return read.object(await context.ask(document, variables), field)
    } catch (error) {
      if (attempt === sendAttemptsMax || !isWithoutAnswer(error)) throw error
    }
  }
}

/** Whether what was asked may have been done, though nobody said so. */
export function isWithoutAnswer(error: unknown): error is NetworkUnreachableError | RequestTimeoutError {
  return error instanceof NetworkUnreachableError || error instanceof RequestTimeoutError
}

/** Throws when the gateway answers about something else than what was sent. */
export function requireDigest(context: WalletContext, digest: Hex, answered: Hex): void {
  if (digest !== answered) {
    throw new AnswerInvalidError(context.graphql.url, `it names ${answered} where the signed message is ${digest}`)
  }
}
