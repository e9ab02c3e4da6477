import type { Address } from '@deparrow/ledger'
import { GraphQLError } from 'graphql'

/** What every resolver gets as its context. */
export type GatewayContext = {
  /** The signed-in wallet, `undefined` without a valid token. */
  readonly wallet: Address | undefined
}

/** Throws `UNAUTHENTICATED` without a session, `FORBIDDEN` for somebody else's; `what` names what is read. */
export function requireWallet(context: GatewayContext, owners: readonly Address[], what: string): void {
  if (context.wallet === undefined) {
    throw new GraphQLError(
      'Sign in first: ask for a challenge, sign it, and send the token as Authorization: Bearer.',
      {
        extensions: { code: 'UNAUTHENTICATED' },
      },
    )
  }
  if (!owners.includes(context.wallet)) {
    throw new GraphQLError(`Only ${what} may read this. Sign in with that wallet.`, {
      extensions: { code: 'FORBIDDEN' },
    })
  }
}

/** Throws `BAD_USER_INPUT` unless the number lies between the bounds. */
export function requireBetween(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value
  throw new GraphQLError(`${name} must be from ${least} to ${most}`, { extensions: { code: 'BAD_USER_INPUT' } })
}
