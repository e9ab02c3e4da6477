import { type PayoutRow, type RowProof, rowProof } from '@deparrow/contracts/rows'
import type { Address, Hex } from '@deparrow/ledger'
import { AnswerInvalidError } from '@deparrow/sdk/network'
import { blockAtTime } from './block-ranges.ts'
import type { SettlementChain } from './open-settlement.ts'
import { rowsInCalldata } from './row-parts.ts'

/** The newest row of a payee, with the proof that claims it. */
export type FoundRow = {
  readonly row: PayoutRow
  readonly proof: RowProof
  /** Whether its epoch is finalised, so that it can be claimed at once. */
  readonly isFinalised: boolean
}

/** What the contract knows of a payee; `id` is 0 for an account that was never paid out. */
export type Payee = { readonly id: number; readonly registeredAt: bigint; readonly claimedMicrocredits: bigint }

/** Epochs that are asked for at once. */
const epochsPerRequest = 50n

export async function readPayee({ client, settlement }: SettlementChain, account: Address): Promise<Payee> {
  const id = await client.readContract({ ...settlement, functionName: 'payeeId', args: [account] })
  if (id === 0) return { id, registeredAt: 0n, claimedMicrocredits: 0n }
  const [[, registeredAt], claimedMicrocredits] = await Promise.all([
    client.readContract({ ...settlement, functionName: 'payee', args: [id] }),
    client.readContract({ ...settlement, functionName: 'claimedMicrocredits', args: [id] }),
  ])
  return { id, registeredAt, claimedMicrocredits }
}

/**
 * The newest row of a payee in a finalised epoch, or in one of `finalEpochs`, which are final and wait to be finalised; `undefined` when there is none. It is read from the
 * calldata of the poster's transactions and checked against the root that the contract made of them. Epochs older than the payee's
 * registration have no row of it and are not looked at.
 */
export async function findNewestRow(
  chain: SettlementChain,
  { id, registeredAt }: Pick<Payee, 'id' | 'registeredAt'>,
  finalEpochs: readonly bigint[] = [],
): Promise<FoundRow | undefined> {
  if (id === 0) return undefined
  const { client, settlement } = chain
  const finalEpoch = await client.readContract({ ...settlement, functionName: 'finalEpoch' })
  const newest = finalEpochs.at(-1) ?? finalEpoch
  for (let to = newest; to > 0n; to -= epochsPerRequest) {
    const epochs = Array.from(
      { length: Number(to < epochsPerRequest ? to : epochsPerRequest) },
      (_, i) => to - BigInt(i),
    )
    const posted = await Promise.all(
      epochs.map(async epoch => ({
        epoch,
        ...(await client.readContract({ ...settlement, functionName: 'epoch', args: [epoch] })),
      })),
    )
    for (const epoch of posted) {
      if (!epoch.isFinalised && !finalEpochs.includes(epoch.epoch)) continue
      const found = await findRowIn(chain, epoch, id)
      if (found !== undefined) return { ...found, isFinalised: epoch.isFinalised }
    }
    // A cancelled epoch may be as old as it likes; one that was completed says that those before it are older.
    if (posted.some(({ completedAt }) => completedAt > 0n && completedAt < registeredAt)) return undefined
  }
  return undefined
}

type PostedEpoch = {
  readonly epoch: bigint
  readonly partCount: number
  readonly openedAt: bigint
  readonly completedAt: bigint
}

async function findRowIn(chain: SettlementChain, posted: PostedEpoch, id: number) {
  const { client, settlement } = chain
  for (let part = 0; part < posted.partCount; part++) {
    const args = [posted.epoch, part] as const
    const { root, firstPayeeId, lastPayeeId } = await client.readContract({
      ...settlement,
      functionName: 'rowsPart',
      args,
    })
    if (lastPayeeId < id) continue
    // Ids ascend over all parts.
    if (firstPayeeId > id) return undefined
    const rows = await readRows(chain, posted, part, root)
    const index = rows.findIndex(({ payeeId }) => payeeId === id)
    if (index === -1) return undefined
    const proof = rowProof({ epoch: posted.epoch, part, rows, index })
    return { row: rows[index] as PayoutRow, proof }
  }
  return undefined
}

/** The rows of a part out of the transaction that posted it. Throws `ANSWER_INVALID` when they are not those of the contract's root. */
async function readRows(
  chain: SettlementChain,
  posted: PostedEpoch,
  part: number,
  root: Hex,
): Promise<readonly PayoutRow[]> {
  const { client, settlement, deploymentBlock, rpcOrigin } = chain
  const latest = await client.getBlockNumber()
  const fromBlock = await blockAtTime(client, posted.openedAt, deploymentBlock, latest)
  const toBlock = await blockAtTime(client, posted.completedAt + 1n, fromBlock, latest)
  const logs = await client.getContractEvents({
    ...settlement,
    eventName: 'RowsPosted',
    args: { epoch: posted.epoch, part },
    fromBlock,
    toBlock,
  })
  for (const { transactionHash } of logs) {
    const { input } = await client.getTransaction({ hash: transactionHash })
    const rows = rowsInCalldata(input, root)
    if (rows !== undefined) return rows
  }
  throw new AnswerInvalidError(rpcOrigin, `it does not have the rows of part ${part} of epoch ${posted.epoch}`)
}
