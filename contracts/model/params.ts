/** Times in seconds, amounts in whole µcr. They keep the proportions of a deployment, small enough that a game is short. */
export type Params = {
  readonly windowSeconds: number
  readonly answerSeconds: number
  /** How many demands may follow one another, the first included: a reveal for each level of a tree, and four more. */
  readonly rowMax: number
  readonly inboxAgeSeconds: number
  /** How long after an item could be covered it must be covered. */
  readonly inboxSlackSeconds: number
  /** How much earlier than D before its certificate's end a receipt must be pushed. */
  readonly pushMarginSeconds: number
  readonly lagSecondsMax: number
  readonly exitSeconds: number
  readonly graceSeconds: number
  readonly epochBond: number
  readonly demandBond: number
  readonly reward: number
  /** The most that the poster's bond pays for one order that is unknown to the books. */
  readonly orderCap: number
  readonly feePercent: number
}

export const smallParams: Params = {
  windowSeconds: 60,
  answerSeconds: 8,
  rowMax: 12,
  inboxAgeSeconds: 4,
  inboxSlackSeconds: 30,
  pushMarginSeconds: 2,
  lagSecondsMax: 100,
  exitSeconds: 900,
  graceSeconds: 40,
  epochBond: 1000,
  demandBond: 5,
  reward: 100,
  orderCap: 200,
  feePercent: 10,
}

/** Throws `RangeError` for times and bonds with which the protocol would not keep what it says. */
export function requireSound(params: Params): void {
  const { windowSeconds, answerSeconds, rowMax, exitSeconds, demandBond, reward, epochBond } = params
  const heldBackSeconds = windowSeconds + 2 * rowMax * answerSeconds
  if (exitSeconds <= 3 * heldBackSeconds) throw new RangeError(`exit after ${exitSeconds} s may come of demands alone`)
  if (reward < rowMax * demandBond) throw new RangeError(`a row of demands costs more than its reward of ${reward}`)
  if (epochBond < reward) throw new RangeError(`the bond of an epoch does not cover the reward of ${reward}`)
}
