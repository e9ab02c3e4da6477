import type { ChainClient } from './open-settlement.ts'

/** Blocks in one request for logs; providers that allow fewer are asked for less. */
const blocksPerRequest = 5_000n

/** Pieces that are read before more is asked for again, which a provider with a limit refuses. */
const piecesBeforeMore = 8

/**
 * Reads a range of blocks, both ends included, in pieces and in order. A piece that fails is tried again at half the length; that of a single
 * block fails for good. After some pieces twice as much is asked for again: the provider may only have been busy.
 */
export async function overBlocks<T>(
  fromBlock: bigint,
  toBlock: bigint,
  read: (fromBlock: bigint, toBlock: bigint) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = []
  let span = blocksPerRequest
  let pieces = 0
  for (let from = fromBlock; from <= toBlock; ) {
    const to = from + span > toBlock ? toBlock : from + span - 1n
    try {
      found.push(...(await read(from, to)))
      from = to + 1n
      if (++pieces % piecesBeforeMore === 0 && span < blocksPerRequest) span *= 2n
    } catch (error) {
      if (span === 1n) throw error
      span /= 2n
      pieces = 0
    }
  }
  return found
}

/** The first block from `first` to `last` whose time is not before `timeSeconds`; `last` when all are earlier. Costs a read for each halving. */
export async function blockAtTime(
  client: Pick<ChainClient, 'getBlock'>,
  timeSeconds: bigint,
  first: bigint,
  last: bigint,
): Promise<bigint> {
  let [from, to] = [first, last]
  while (from < to) {
    const middle = (from + to) / 2n
    const { timestamp } = await client.getBlock({ blockNumber: middle })
    if (timestamp < timeSeconds) from = middle + 1n
    else to = middle
  }
  return from
}
