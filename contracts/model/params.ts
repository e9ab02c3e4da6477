/** Times in seconds, amounts in whole µcr. They keep the proportions of a deployment, small enough that a game is short. */
export type Params = {
  readonly windowSeconds: number
  readonly answerSeconds: number
  /** How many demands may follow one another, the first included. */
  readonly rowMax: number
  readonly inboxAgeSeconds: number
  /** How long after an item could be covered it must be covered. */
  readonly inboxSlackSeconds: number
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
  rowMax: 13,
  inboxAgeSeconds: 4,
  inboxSlackSeconds: 30,
  lagSecondsMax: 100,
  exitSeconds: 900,
  graceSeconds: 40,
  epochBond: 1000,
  demandBond: 5,
  reward: 100,
  orderCap: 200,
  feePercent: 10,
}
