import { getAddress, type LocalAccount } from 'viem'
import { createSiweMessage } from 'viem/siwe'
import { operations } from '../api/operations.ts'
import { type Fields, read } from '../api/read.ts'
import { readRefusal } from '../api/refusal.ts'
import { AnswerInvalidError, DeparrowError, NetworkMismatchError } from '../errors.ts'
import type { WalletContext } from './wallet-context.ts'

/** A session with the gateway. The token stays in memory. */
export type Session = { readonly token: string; readonly expiresAtMs: number }

/**
 * Signs in with the wallet (ERC-4361): asks for a challenge, signs its message (ERC-191) and gets a bearer token. The challenge
 * must be for the host that was asked, so that a gateway cannot have a message signed that opens a session elsewhere.
 * Throws {@link NetworkMismatchError}, or {@link SignInRefusedError} when the gateway refuses.
 */
export async function signIn(
  context: Pick<WalletContext, 'ask' | 'account' | 'address' | 'network' | 'gatewayUrl' | 'clock' | 'graphql'>,
): Promise<Session> {
  const data = await context.ask(operations.challenge, { address: context.address })
  const challenge = read.object(data, 'challenge')
  const message = messageFor(context, challenge)
  const signature = await (context.account as LocalAccount).signMessage({ message })
  const answer = read.object(await context.ask(operations.signIn, { message, signature }), 'signIn')
  const refusal = readRefusal(answer)
  if (refusal !== undefined) throw new SignInRefusedError(refusal.code, refusal.message)
  const expiresAtMs = Date.parse(read.text(answer, 'expiresAt'))
  if (Number.isNaN(expiresAtMs)) throw new AnswerInvalidError(context.graphql.url, 'expiresAt is no time')
  if (read.address(answer, 'address') !== context.address) {
    throw new AnswerInvalidError(context.graphql.url, 'the session is for another wallet')
  }
  return { token: read.text(answer, 'token'), expiresAtMs }
}

function messageFor(
  context: Pick<WalletContext, 'address' | 'network' | 'gatewayUrl' | 'clock'>,
  challenge: Fields,
): string {
  const domain = read.text(challenge, 'domain')
  const host = new URL(context.gatewayUrl).host
  if (!isSameHost(domain, host)) throw new NetworkMismatchError('a sign-in challenge for', host, domain.slice(0, 120))
  return createSiweMessage({
    address: getAddress(context.address),
    chainId: context.network.chainId,
    domain,
    nonce: read.text(challenge, 'nonce'),
    uri: read.text(challenge, 'uri'),
    version: '1',
    issuedAt: new Date(context.clock.nowMs()),
  })
}

/** All names of this machine are one host: nothing on another machine can be reached under them. */
function isSameHost(domain: string, host: string): boolean {
  const isLoopback = (name: string) => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(name)
  return domain === host || (isLoopback(domain) && isLoopback(host))
}

/** Thrown when the gateway does not take the signed challenge; `refusalCode` says why. */
export class SignInRefusedError extends DeparrowError {
  override readonly name = 'SignInRefusedError'
  constructor(
    readonly refusalCode: string,
    message: string,
  ) {
    super('SIGN_IN_REFUSED', `The gateway refused the sign-in (${refusalCode}): ${message}`)
  }
}
