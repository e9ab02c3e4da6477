import { type Address, lowerHex, weiPerMicrocredit } from '@deparrow/ledger'
import { getAbiItem, parseEventLogs } from 'viem'
import { overBlocks } from './block-ranges.ts'
import { type KnownDemand, readDemands } from './demands.ts'
import { type LineEpoch, readLine } from './epoch-line.ts'
import type { SettlementChain } from './open-settlement.ts'
import { findNewestRow, readPayee } from './payouts.ts'
import { readStakes, type Stake } from './stakes.ts'

/** What the contract holds beside the poster's bond, and what it owes. Amounts in wei. */
export type Reserve = {
  readonly heldWei: bigint
  /** Everything that ever entered the inbox, less burns, claims and what left by the exit. */
  readonly owedWei: bigint
  readonly isFull: boolean
}

/** How a settlement contract stands, all as of one block but for the claimable row. */
export type SettlementStatus = {
  readonly blockNumber: bigint
  readonly timeSeconds: bigint
  readonly headEpoch: bigint
  readonly finalEpoch: bigint
  readonly finalisedAt: bigint
  readonly line: readonly LineEpoch[]
  readonly openDemands: readonly KnownDemand[]
  readonly reserve: Reserve
  readonly bond: { readonly wei: bigint; readonly freeWei: bigint }
  /** Number of items, and how many of them the last finalised epoch and the head cover. */
  readonly inbox: { readonly count: bigint; readonly coveredByFinal: bigint; readonly coveredByHead: bigint }
  readonly isDepositsStopped: boolean
  readonly exit: { readonly startableAt: bigint; readonly startedAt: bigint }
}

/** What one account has in the contracts. */
export type OwnStatus = {
  readonly account: Address
  /** 0 for an account that was never paid out. */
  readonly payeeId: number
  readonly claimedMicrocredits: bigint
  readonly claimableMicrocredits: bigint
  readonly dpcWei: bigint
  readonly etherWei: bigint
  readonly purseWei: bigint
  readonly stakes: readonly Stake[]
}

/** Reads it. The reserve takes all events of payments since the deployment. */
export async function readStatus(chain: SettlementChain): Promise<SettlementStatus> {
  const { client, settlement, disputes, periods } = chain
  const { number: blockNumber, timestamp: timeSeconds } = await client.getBlock()
  const at = { ...settlement, blockNumber } as const
  const [headEpoch, finalEpoch, finalisedAt, wei, freeWei, count, isDepositsStopped, startedAt, line] =
    await Promise.all([
      client.readContract({ ...at, functionName: 'headEpoch' }),
      client.readContract({ ...at, functionName: 'finalEpoch' }),
      client.readContract({ ...at, functionName: 'finalisedAt' }),
      client.readContract({ ...at, functionName: 'bondWei' }),
      client.readContract({ ...at, functionName: 'freeBondWei' }),
      client.readContract({ ...at, functionName: 'inboxCount' }),
      client.readContract({ ...at, functionName: 'isDepositsStopped' }),
      client.readContract({ ...at, functionName: 'exitStartedAt' }),
      readLine(chain, blockNumber),
    ])
  const { inboxCut: coveredByFinal, burnsTotalMicrocredits } = await client.readContract({
    ...at,
    functionName: 'epoch',
    args: [finalEpoch],
  })
  const since = line[0]?.completedAt
  const demands =
    disputes === undefined || since === undefined
      ? []
      : await readDemands(chain, disputes, { sinceSeconds: since, toBlock: blockNumber })
  return {
    ...{ blockNumber, timeSeconds, headEpoch, finalEpoch, finalisedAt, line, isDepositsStopped },
    openDemands: demands.filter(({ state }) => state === 'open'),
    reserve: await readReserve(chain, blockNumber, { count, bondWei: wei, burnsTotalMicrocredits }),
    bond: { wei, freeWei },
    inbox: { count, coveredByFinal, coveredByHead: line.at(-1)?.inboxCut ?? coveredByFinal },
    exit: { startableAt: finalisedAt + periods.exitSeconds, startedAt },
  }
}

/** Reads what an account has. Throws `ANSWER_INVALID` when the chain does not have the rows that the contract knows. */
export async function readOwnStatus(chain: SettlementChain, account: Address, blockNumber: bigint): Promise<OwnStatus> {
  const { client, token, disputes } = chain
  const [payee, dpcWei, etherWei, purseWei, stakes] = await Promise.all([
    readPayee(chain, account),
    client.readContract({ ...token, functionName: 'balanceOf', args: [account], blockNumber }),
    client.getBalance({ address: account, blockNumber }),
    disputes === undefined
      ? 0n
      : client.readContract({ ...disputes, functionName: 'purseWei', args: [account], blockNumber }),
    readStakes(chain, account, blockNumber),
  ])
  const newest = await findNewestRow(chain, payee)
  const cumulative = newest?.row.cumulativeMicrocredits ?? 0n
  const { id: payeeId, claimedMicrocredits } = payee
  const claimableMicrocredits = cumulative > claimedMicrocredits ? cumulative - claimedMicrocredits : 0n
  const paid = { payeeId, claimedMicrocredits, claimableMicrocredits }
  return { account: lowerHex(account), ...paid, dpcWei, etherWei, purseWei, stakes }
}

type Booked = { readonly count: bigint; readonly bondWei: bigint; readonly burnsTotalMicrocredits: bigint }

async function readReserve(chain: SettlementChain, blockNumber: bigint, booked: Booked): Promise<Reserve> {
  const { client, settlement, token } = chain
  const { address } = settlement
  const [balanceWei, enteredMicrocredits, leftMicrocredits] = await Promise.all([
    client.readContract({ ...token, functionName: 'balanceOf', args: [address], blockNumber }),
    client.readContract({ ...settlement, functionName: 'inboxTotal', args: [booked.count], blockNumber }),
    readLeft(chain, blockNumber),
  ])
  const heldWei = balanceWei - booked.bondWei
  const owedWei = (enteredMicrocredits - booked.burnsTotalMicrocredits - leftMicrocredits) * weiPerMicrocredit
  return { heldWei, owedWei, isFull: heldWei >= owedWei }
}

const leavingEvents = ['Claimed', 'ExitClaimed', 'ExitBurnt', 'ExitDepositReturned', 'ExitItemBurnt'] as const

/** What was claimed, and what left or was burnt by the exit, in µcr. */
async function readLeft({ client, settlement, deploymentBlock }: SettlementChain, toBlock: bigint): Promise<bigint> {
  const events = leavingEvents.map(name => getAbiItem({ abi: settlement.abi, name }))
  const logs = await overBlocks(deploymentBlock, toBlock, async (fromBlock, last) =>
    parseEventLogs({
      abi: settlement.abi,
      eventName: [...leavingEvents],
      logs: await client.getLogs({ address: settlement.address, events, fromBlock, toBlock: last }),
    }),
  )
  return logs.reduce(
    (sum, { args }) => sum + ('paidMicrocredits' in args ? args.paidMicrocredits : args.amountMicrocredits),
    0n,
  )
}
