type Lane = { lastNonce: bigint; isKnown: boolean; tail: Promise<unknown> }

/**
 * Hands out the nonces of a wallet's lanes, ascending from the ledger's last one. What is signed within a lane is sent one after
 * the other, because a later nonce makes an earlier one invalid.
 */
export class NonceLanes {
  readonly #lanes = new Map<number, Lane>()

  /** `readLastNonce` asks the ledger for the highest nonce used in a lane, 0 for none. */
  constructor(private readonly readLastNonce: (lane: number) => Promise<bigint>) {}

  /**
   * Calls `use` with the lane's next nonce once all earlier calls for this lane have ended. A nonce is handed out once. The ledger
   * is asked at first and again after each use that failed or was refused, because somebody else may sign in the same lane.
   */
  run<T extends { readonly ok: boolean }>(laneNumber: number, use: (nonce: bigint) => Promise<T>): Promise<T> {
    const lane = this.#lane(laneNumber)
    const result = lane.tail.then(async () => {
      if (!lane.isKnown) {
        const used = await this.readLastNonce(laneNumber)
        if (used > lane.lastNonce) lane.lastNonce = used
      }
      lane.lastNonce += 1n
      lane.isKnown = false
      const answer = await use(lane.lastNonce)
      lane.isKnown = answer.ok
      return answer
    })
    lane.tail = result.catch(() => undefined)
    return result
  }

  #lane(laneNumber: number): Lane {
    const known = this.#lanes.get(laneNumber)
    if (known !== undefined) return known
    const lane: Lane = { lastNonce: 0n, isKnown: false, tail: Promise.resolve() }
    this.#lanes.set(laneNumber, lane)
    return lane
  }
}
