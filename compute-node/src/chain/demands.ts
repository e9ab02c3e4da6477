import { type Hex, lowerHex } from '@deparrow/ledger'
import { demandKinds } from '@deparrow/sdk/disputes'
import { blockAtTime, overBlocks } from './block-ranges.ts'
import type { DisputesContract } from './contracts.ts'
import type { SettlementChain } from './open-settlement.ts'

/** The contract's `DemandState`, by its numbers. */
export const demandStates = ['unknown', 'open', 'answered', 'expired', 'refunded'] as const

export type DemandState = (typeof demandStates)[number]

/** What a demand asks, as the contract has it. */
export type Question = {
  readonly epoch: bigint
  readonly kind: number
  readonly place: Hex
  readonly key: Hex
  readonly value: bigint
}

/** A demand, by its event and by how it stands now. */
export type KnownDemand = {
  readonly id: Hex
  readonly epoch: bigint
  readonly kind: (typeof demandKinds)[number] | 'unknown'
  readonly question: Question
  readonly asker: Hex
  readonly state: DemandState
  /** Block time in seconds: of an open demand, the last at which it can be answered; of an answered one, that from which nothing can follow it. */
  readonly deadline: bigint
  readonly round: number
}

/** How a demand stands, as of the newest block. */
export async function readDemand({ client }: SettlementChain, disputes: DisputesContract, id: Hex) {
  const { asker, deadline, epoch, round, state } = await client.readContract({
    ...disputes,
    functionName: 'demandOf',
    args: [id],
  })
  const name: DemandState = demandStates[state] ?? 'unknown'
  return { asker: lowerHex(asker), deadline: BigInt(deadline), epoch: BigInt(epoch), round, state: name }
}

/** Demands that were opened since a block time, oldest first; of one epoch when it is named. */
export async function readDemands(
  chain: SettlementChain,
  disputes: DisputesContract,
  {
    sinceSeconds,
    toBlock,
    epoch,
  }: { readonly sinceSeconds: bigint; readonly toBlock: bigint; readonly epoch?: bigint },
): Promise<readonly KnownDemand[]> {
  const { client, deploymentBlock } = chain
  const from = await blockAtTime(client, sinceSeconds, deploymentBlock, toBlock)
  const logs = await overBlocks(from, toBlock, (fromBlock, last) =>
    client.getContractEvents({
      ...disputes,
      eventName: 'Demanded',
      ...(epoch === undefined ? {} : { args: { epoch } }),
      fromBlock,
      toBlock: last,
      strict: true,
    }),
  )
  return Promise.all(
    logs.map(async ({ args }) => {
      const id = lowerHex(args.id)
      const { kind, ...question } = args.question
      const now = await readDemand(chain, disputes, id)
      return { id, kind: demandKinds[kind] ?? 'unknown', question: { kind, ...question }, ...now, epoch: args.epoch }
    }),
  )
}
