import type { NonceLane } from '../commands/command.ts'

type Lane = { lastNonce: bigint; isKnown: boolean; tail: Promise<unknown> }

/**
 * Hands out the nonces of a signer's lanes, for its own wallet and for those that it spends from as a delegate, ascending from the ledger's
 * last one. What is signed within a lane is sent one after the other, because a later nonce makes an earlier one invalid.
 */
export class NonceLanes {
  readonly #lanes = new Map<string, Lane>()

  /** `readLastNonce` asks the ledger for the highest nonce used in a lane, 0 for none. */
  constructor(private readonly readLastNonce: (place: NonceLane) => Promise<bigint>) {}

  /**
   * Calls `use` with the lane's next nonce, the first of `count`, once all earlier calls for this lane have ended. A nonce is handed out once.
   * The ledger is asked at first and again after each use that failed or was refused, because somebody else may sign in the same lane.
   */
  run<T extends { readonly ok: boolean }>(place: NonceLane, use: (nonce: bigint) => Promise<T>, count = 1): Promise<T> {
    const lane = this.#lane(place)
    const result = lane.tail.then(async () => {
      if (!lane.isKnown) {
        const used = await this.readLastNonce(place)
        if (used > lane.lastNonce) lane.lastNonce = used
      }
      const first = lane.lastNonce + 1n
      lane.lastNonce += BigInt(count)
      lane.isKnown = false
      const answer = await use(first)
      lane.isKnown = answer.ok
      return answer
    })
    lane.tail = result.catch(() => undefined)
    return result
  }

  #lane({ wallet, lane: number }: NonceLane): Lane {
    const key = `${wallet.toLowerCase()}:${number}`
    const known = this.#lanes.get(key)
    if (known !== undefined) return known
    const lane: Lane = { lastNonce: 0n, isKnown: false, tail: Promise.resolve() }
    this.#lanes.set(key, lane)
    return lane
  }
}
