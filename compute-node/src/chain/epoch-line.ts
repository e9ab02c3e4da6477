import type { SettlementChain } from './open-settlement.ts'

/** The contract's `EpochStatus`, by its numbers. */
export const epochStatuses = ['unknown', 'open', 'lapsed', 'pending', 'cancelled', 'final', 'finalised'] as const

export type EpochStatus = (typeof epochStatuses)[number]

/** An epoch that counts and is not finalised. */
export type LineEpoch = {
  readonly epoch: bigint
  readonly parent: bigint
  readonly status: EpochStatus
  /** Block times in seconds: when its books closed, and before which it cannot be final. */
  readonly completedAt: bigint
  readonly finalAt: bigint
  /** The journal's time up to which it reaches, in seconds. */
  readonly closedAt: bigint
  readonly inboxCut: bigint
  readonly journalPosition: bigint
  readonly openDemands: number
  readonly partCount: number
}

/** Epochs that build on the last finalised one, oldest first, as of a block. */
export async function readLine(
  { client, settlement }: Pick<SettlementChain, 'client' | 'settlement'>,
  blockNumber: bigint,
): Promise<readonly LineEpoch[]> {
  const at = { ...settlement, blockNumber } as const
  const [head, final] = await Promise.all([
    client.readContract({ ...at, functionName: 'headEpoch' }),
    client.readContract({ ...at, functionName: 'finalEpoch' }),
  ])
  const line: LineEpoch[] = []
  for (let epoch = head; epoch > final; epoch = (line[0] as LineEpoch).parent) {
    const [status, posted] = await Promise.all([
      client.readContract({ ...at, functionName: 'epochStatus', args: [epoch] }),
      client.readContract({ ...at, functionName: 'epoch', args: [epoch] }),
    ])
    const { parent, completedAt, finalAt, closedAt, inboxCut, journalPosition, openDemands, partCount } = posted
    // A parent is older by the contract's own rule; whoever says otherwise would have us ask for ever.
    if (parent >= epoch) throw new RangeError(`epoch ${epoch} builds on ${parent}`)
    const shown = { completedAt, finalAt, closedAt, inboxCut, journalPosition, openDemands, partCount }
    line.unshift({ epoch, parent, status: epochStatuses[status] ?? 'unknown', ...shown })
  }
  return line
}

/**
 * The epochs that can be finalised at a block time, one after the other. It is asked of the next block: on a chain that rests, the newest one does not know how late
 * it is.
 */
export function dueToFinalise(line: readonly LineEpoch[], nowSeconds: bigint): readonly bigint[] {
  const firstHeld = line.findIndex(({ finalAt, openDemands }) => finalAt > nowSeconds || openDemands > 0)
  return (firstHeld === -1 ? line : line.slice(0, firstHeld)).map(({ epoch }) => epoch)
}

/** Time of the block to come in seconds, as far as the chain says it; that of the newest one otherwise. */
export async function nextBlockTime({ client }: Pick<SettlementChain, 'client'>): Promise<bigint> {
  const latest = await client.getBlock()
  const pending = await client.getBlock({ blockTag: 'pending' }).catch(() => latest)
  return pending.timestamp > latest.timestamp ? pending.timestamp : latest.timestamp
}
