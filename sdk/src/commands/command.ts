import type { Address, Clock, Message, MessageType } from '@deparrow/ledger'
import type { CommandName } from '../api/commands.ts'

/** Who signs, and when. */
export type SigningContext = { readonly address: Address; readonly clock: Clock }

/** Whose nonces a message uses: those of the signer for this wallet, in this lane. */
export type NonceLane = { readonly wallet: Address; readonly lane: number }

/** How a request becomes a message that can be signed. `laneOf` is left out for messages without a nonce of a lane. */
export type Command<R, M extends Message> = {
  readonly name: CommandName
  readonly type: MessageType
  readonly laneOf?: (context: SigningContext, request: R) => NonceLane
  readonly build: (context: SigningContext, request: R, nonce: bigint) => M
}

/** How long a signed movement may be presented, in seconds: time for a retry, none for an old signature to come back. */
const movementSecondsValid = 600

/** Unix seconds after which a movement that is signed now is refused. */
export function deadlineOf(context: SigningContext): bigint {
  return secondsFromNow(context, movementSecondsValid)
}

/** Unix seconds. */
export function secondsFromNow({ clock }: SigningContext, seconds: number): bigint {
  return BigInt(Math.floor(clock.nowMs() / 1_000) + seconds)
}

/** The lane of a request that may spend out of another wallet. */
export function spenderLane(
  { address }: SigningContext,
  { wallet = address, lane = 0 }: { readonly wallet?: Address; readonly lane?: number },
): NonceLane {
  return { wallet, lane }
}

/** The lane of a request that only the signer's own wallet can make. */
export function ownLane({ address }: SigningContext, { lane = 0 }: { readonly lane?: number }): NonceLane {
  return { wallet: address, lane }
}
