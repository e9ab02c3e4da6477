import { dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { type Address, lowerHex } from '@deparrow/ledger'
import { AnswerInvalidError, NetworkUnreachableError } from '@deparrow/sdk/network'
import { createPublicClient, type HttpTransport, http, type Log, type PublicClient, parseEventLogs } from 'viem'
import { overBlocks } from '../../chain/block-ranges.ts'
import { inboxIn, placeOf } from './chain-inbox.ts'
import type { ChainEpoch, ChainRecord } from './chain-record.ts'

/** The contract's `EpochStatus`, by number, as far as an epoch counts: pending, final, finalised. */
const countedStatuses: ReadonlySet<number> = new Set([3, 5, 6])

const finalisedStatus = 6

type MinedLog = Log<bigint, number, false>

/**
 * Reads what a chain says of a settlement contract, as of its latest block. Throws `NetworkUnreachableError` when the chain does not answer, and
 * `AnswerInvalidError` when there is no such contract.
 */
export async function readChain(rpcUrl: string, settlement: Address): Promise<ChainRecord> {
  const transport = http(rpcUrl, { timeout: 15_000, retryCount: 2, batch: { batchSize: 50 } })
  const client: PublicClient<HttpTransport> = createPublicClient({ transport })
  try {
    return await new ChainReading(client, settlement, rpcUrl).read()
  } catch (error) {
    if (error instanceof AnswerInvalidError) throw error
    throw new NetworkUnreachableError(rpcUrl, { cause: error })
  }
}

class ChainReading {
  private readonly contract: { readonly address: Address; readonly abi: typeof settlementAbi }

  constructor(
    private readonly client: PublicClient<HttpTransport>,
    private readonly settlement: Address,
    private readonly rpcUrl: string,
  ) {
    this.contract = { address: settlement, abi: settlementAbi }
  }

  async read(): Promise<ChainRecord> {
    const [chainId, genesis, latest, code] = await Promise.all([
      this.client.getChainId(),
      this.client.getBlock({ blockNumber: 0n }),
      this.client.getBlock({ blockTag: 'latest' }),
      this.client.getCode({ address: this.settlement }),
    ])
    if (code === undefined || code === '0x') {
      throw new AnswerInvalidError(this.rpcUrl, `it has no contract at ${this.settlement}`)
    }
    const blockNumber = latest.number
    const logs = await this.logs(blockNumber)
    return {
      chainId,
      genesisHash: lowerHex(genesis.hash),
      blockNumber,
      ...eventsIn(logs, this.rpcUrl),
      epochs: await this.epochs(blockNumber),
      contractWei: await this.contractWei(blockNumber),
    }
  }

  private async logs(toBlock: bigint): Promise<readonly MinedLog[]> {
    const from = await this.client.readContract({ ...this.contract, functionName: 'deploymentBlock' })
    return overBlocks(from, toBlock, (fromBlock, last) =>
      this.client.getLogs({ address: this.settlement, fromBlock, toBlock: last }),
    )
  }

  private async epochs(blockNumber: bigint): Promise<readonly ChainEpoch[]> {
    const last = await this.client.readContract({ ...this.contract, functionName: 'lastEpoch', blockNumber })
    const epochs: ChainEpoch[] = []
    for (let epoch = 1n; epoch <= last; epoch++) epochs.push(await this.epoch(epoch, blockNumber))
    return epochs
  }

  private async epoch(id: bigint, blockNumber: bigint): Promise<ChainEpoch> {
    const at = { ...this.contract, blockNumber } as const
    const [status, posted] = await Promise.all([
      this.client.readContract({ ...at, functionName: 'epochStatus', args: [id] }),
      this.client.readContract({ ...at, functionName: 'epoch', args: [id] }),
    ])
    const parts = await Promise.all(
      Array.from({ length: posted.partCount }, (_, part) =>
        this.client.readContract({ ...at, functionName: 'rowsPart', args: [id, part] }),
      ),
    )
    return {
      epoch: Number(id),
      isCounted: countedStatuses.has(status),
      isFinal: status === finalisedStatus,
      parent: Number(posted.parent),
      inboxCut: Number(posted.inboxCut),
      journalPosition: Number(posted.journalPosition),
      journalHash: lowerHex(posted.journalHash),
      burnMicrocredits: posted.burnMicrocredits,
      leavesRoot: lowerHex(posted.leavesRoot),
      leavesTotalMicrocredits: posted.leavesTotalMicrocredits,
      parts: parts.map(({ rowCount, root }) => ({ rowCount, root: lowerHex(root) })),
    }
  }

  /** Without the poster's bond, which owes nobody anything. */
  private async contractWei(blockNumber: bigint): Promise<bigint> {
    const token = await this.client.readContract({ ...this.contract, functionName: 'token' })
    const [balanceWei, bondWei] = await Promise.all([
      this.client.readContract({
        address: token,
        abi: dpcTokenAbi,
        functionName: 'balanceOf',
        args: [this.settlement],
        blockNumber,
      }),
      this.client.readContract({ ...this.contract, functionName: 'bondWei', blockNumber }),
    ])
    return balanceWei - bondWei
  }
}

function eventsIn(
  logs: readonly MinedLog[],
  rpcUrl: string,
): Pick<ChainRecord, 'inbox' | 'payees' | 'finals' | 'claims'> {
  const mined = [...logs]
  const payees = parseEventLogs({ abi: settlementAbi, eventName: 'PayeeRegistered', logs: mined })
  const finals = parseEventLogs({ abi: settlementAbi, eventName: 'EpochFinalised', logs: mined })
  const claims = parseEventLogs({ abi: settlementAbi, eventName: 'Claimed', logs: mined })
  return {
    inbox: inboxIn(logs, rpcUrl),
    payees: payees.map(({ args }) => ({ id: args.id, wallet: lowerHex(args.account) })),
    finals: finals.map(log => ({
      epoch: Number(log.args.epoch),
      burnMicrocredits: log.args.burnMicrocredits,
      place: placeOf(log),
    })),
    claims: claims.map(log => ({
      wallet: lowerHex(log.args.account),
      paidMicrocredits: log.args.paidMicrocredits,
      cumulativeMicrocredits: log.args.cumulativeMicrocredits,
      place: placeOf(log),
    })),
  }
}
