import { dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { type Address, type Hex, lowerHex } from '@deparrow/ledger'
import {
  BlockNotFoundError,
  createPublicClient,
  http,
  type LocalAccount,
  type PublicClient,
  TransactionReceiptNotFoundError,
  type Transport,
} from 'viem'
import { type Wait, waitOnTimer } from '../../poll-loop.ts'
import type { DemandLog } from '../../settlement/demand-chain.port.ts'
import {
  type ChainBlock,
  type ChainEpoch,
  type ChainIdentity,
  ChainUnavailableError,
  chainEpochStatuses,
  type OutgoingCall,
  type PosterView,
  type SendOutcome,
  type SettlementCall,
  type SettlementChain,
  type SettlementLog,
  UnknownLogError,
} from '../../settlement/token-chain.port.ts'
import { DisputeContracts } from './dispute-contracts.ts'
import { PosterAccount, type SendOptions } from './poster-account.ts'
import { decodeLogs, transactionsOfPushes } from './settlement-logs.ts'

export type ViemSettlementChainParts = {
  /** How the chain is reached; {@link rpcTransport} for JSON-RPC over HTTP. */
  readonly transport: Transport
  readonly settlement: Address
  /** Where nodes stake; without it no stakes are followed. */
  readonly registry?: Address | undefined
  /** The poster: signs and pays for epochs. */
  readonly account: LocalAccount
  readonly options: SendOptions
  readonly wait?: Wait
}

/** JSON-RPC over HTTP: 10 s for an answer, three retries after 1, 2 and 4 delays, calls of one moment in one request. */
export function rpcTransport(rpcUrl: string, retryDelayMs = 150): Transport {
  return http(rpcUrl, { retryCount: 3, retryDelay: retryDelayMs, timeout: 10_000, batch: { batchSize: 50 } })
}

/** Local chain: one confirmation, up to 5 s for a transaction, whose block comes within a second. */
export const sendOptionsLocal: SendOptions = { confirmations: 1, receiptPollMs: 100, receiptPollsMax: 50 }

/** {@link SettlementChain} on viem. */
export class ViemSettlementChain implements SettlementChain {
  private readonly client: PublicClient
  private readonly poster: PosterAccount
  private readonly disputes: DisputeContracts
  private readonly contract: { readonly address: Address; readonly abi: typeof settlementAbi }
  private readonly followed: readonly Address[]
  private token: Address | undefined
  private answerSeconds: number | undefined

  constructor(private readonly parts: ViemSettlementChainParts) {
    const { transport, settlement, registry, account, options, wait = waitOnTimer } = parts
    this.client = createPublicClient({ transport })
    this.contract = { address: settlement, abi: settlementAbi }
    this.followed = registry === undefined ? [settlement] : [settlement, registry]
    this.disputes = new DisputeContracts(this.client, settlement)
    const targets = { settlement, disputes: () => this.disputes.addresses() }
    this.poster = new PosterAccount({ client: this.client, targets, account, options, wait })
  }

  identity(): Promise<ChainIdentity> {
    return available('identity', async () => {
      const [chainId, genesis, code] = await Promise.all([
        this.client.getChainId(),
        this.client.getBlock({ blockNumber: 0n }),
        this.client.getCode({ address: this.parts.settlement }),
      ])
      return { chainId, genesisHash: lowerHex(genesis.hash), hasSettlement: code !== undefined && code !== '0x' }
    })
  }

  deploymentBlock(): Promise<bigint> {
    return available('deploymentBlock', () =>
      this.client.readContract({ ...this.contract, functionName: 'deploymentBlock' }),
    )
  }

  confirmedBlock(): Promise<ChainBlock | undefined> {
    return available('confirmedBlock', async () => {
      const latest = await this.client.getBlock({ blockTag: 'latest' })
      const depth = BigInt(this.parts.options.confirmations - 1)
      if (depth === 0n) return chainBlock(latest)
      return latest.number < depth ? undefined : this.findBlock(latest.number - depth)
    })
  }

  block(number: bigint): Promise<ChainBlock | undefined> {
    return available('block', () => this.findBlock(number))
  }

  transactionBlock(hash: Hex): Promise<bigint | undefined> {
    return available('transactionBlock', async () => {
      try {
        return (await this.client.getTransactionReceipt({ hash })).blockNumber
      } catch (error) {
        if (error instanceof TransactionReceiptNotFoundError) return undefined
        throw error
      }
    })
  }

  logs(fromBlock: bigint, toBlock: bigint): Promise<readonly SettlementLog[]> {
    return available('logs', async () => {
      const logs = await this.client.getLogs({ address: [...this.followed], fromBlock, toBlock })
      const receipts = transactionsOfPushes(logs).map(hash => this.client.getTransactionReceipt({ hash }))
      return decodeLogs(
        logs,
        (await Promise.all(receipts)).flatMap(receipt => receipt.logs),
      )
    })
  }

  postedTransaction(epoch: number, fromBlock: bigint, toBlock: bigint): Promise<Hex | undefined> {
    return available('postedTransaction', async () => {
      const logs = await this.client.getContractEvents({
        ...this.contract,
        eventName: 'EpochPosted',
        args: { epoch: BigInt(epoch) },
        fromBlock,
        toBlock,
      })
      return logs[0]?.transactionHash
    })
  }

  posterView(epoch: number, wallets: readonly Address[]): Promise<PosterView> {
    return available('posterView', async () => {
      const block = await this.confirmedBlock()
      if (block === undefined) throw new NoConfirmedBlockError()
      const at = { ...this.contract, blockNumber: block.number }
      const [
        nonce,
        headEpoch,
        lastEpoch,
        finalEpoch,
        chainEpoch,
        freeBondWei,
        epochBondWei,
        coinWei,
        feePerGasWei,
        payeeIds,
      ] = await Promise.all([
        this.client.getTransactionCount({ address: this.parts.account.address, blockNumber: block.number }),
        this.client.readContract({ ...at, functionName: 'headEpoch' }),
        this.client.readContract({ ...at, functionName: 'lastEpoch' }),
        this.client.readContract({ ...at, functionName: 'finalEpoch' }),
        this.readEpoch(epoch, block.number),
        this.client.readContract({ ...at, functionName: 'freeBondWei' }),
        this.client.readContract({ ...at, functionName: 'epochBondWei' }),
        this.client.getBalance({ address: this.parts.account.address, blockNumber: block.number }),
        this.poster.feePerGasWei(),
        Promise.all(
          wallets.map(wallet => this.client.readContract({ ...at, functionName: 'payeeId', args: [wallet] })),
        ),
      ])
      return {
        block,
        nonce,
        headEpoch: Number(headEpoch),
        lastEpoch: Number(lastEpoch),
        finalEpoch: Number(finalEpoch),
        epoch: chainEpoch,
        unregistered: wallets.filter((_wallet, index) => payeeIds[index] === 0),
        freeBondWei,
        epochBondWei,
        coinWei,
        feePerGasWei,
        answerSeconds: await this.readAnswerSeconds(),
      }
    })
  }

  isExitStarted(): Promise<boolean> {
    return available('isExitStarted', async () => {
      const block = await this.confirmedBlock()
      if (block === undefined) throw new NoConfirmedBlockError()
      const at = { ...this.contract, blockNumber: block.number }
      return (await this.client.readContract({ ...at, functionName: 'exitStartedAt' })) > 0n
    })
  }

  demandLogs(epoch: number, fromBlock: bigint, toBlock: bigint): Promise<readonly DemandLog[]> {
    return available('demandLogs', () => this.disputes.logs(epoch, fromBlock, toBlock))
  }

  contractWei(blockNumber?: bigint): Promise<bigint> {
    return available('contractWei', async () => {
      this.token ??= await this.client.readContract({ ...this.contract, functionName: 'token' })
      const at = blockNumber === undefined ? {} : { blockNumber }
      const [balanceWei, bondWei] = await Promise.all([
        this.client.readContract({
          address: this.token,
          abi: dpcTokenAbi,
          functionName: 'balanceOf',
          args: [this.parts.settlement],
          ...at,
        }),
        this.client.readContract({ ...this.contract, functionName: 'bondWei', ...at }),
      ])
      return balanceWei - bondWei
    })
  }

  send(call: SettlementCall, nonce: number): Promise<SendOutcome> {
    return this.poster.send(call, nonce)
  }

  sendAll(calls: readonly OutgoingCall[], nonce: number): Promise<readonly SendOutcome[]> {
    return this.poster.sendAll(calls, nonce)
  }

  /** Fixed when the contract was deployed. */
  private async readAnswerSeconds(): Promise<number> {
    this.answerSeconds ??= Number(await this.client.readContract({ ...this.contract, functionName: 'answerSeconds' }))
    return this.answerSeconds
  }

  private async findBlock(blockNumber: bigint): Promise<ChainBlock | undefined> {
    try {
      return chainBlock(await this.client.getBlock({ blockNumber }))
    } catch (error) {
      if (error instanceof BlockNotFoundError) return undefined
      throw error
    }
  }

  private async readEpoch(epoch: number, blockNumber: bigint): Promise<ChainEpoch> {
    const at = { ...this.contract, blockNumber, args: [BigInt(epoch)] } as const
    const [status, posted] = await Promise.all([
      this.client.readContract({ ...at, functionName: 'epochStatus' }),
      this.client.readContract({ ...at, functionName: 'epoch' }),
    ])
    return {
      status: chainEpochStatuses[status] ?? 'unknown',
      parent: Number(posted.parent),
      inboxCut: Number(posted.inboxCut),
      journalPosition: Number(posted.journalPosition),
      closedAt: Number(posted.closedAt),
      journalHash: posted.journalHash,
      burnMicrocredits: posted.burnMicrocredits,
      leavesRoot: posted.leavesRoot,
      leavesTotalMicrocredits: posted.leavesTotalMicrocredits,
      rowCount: posted.rowCount,
      rowsPosted: posted.rowsPosted,
      finalAtSeconds: Number(posted.finalAt),
      openDemands: posted.openDemands,
    }
  }
}

function chainBlock(block: { number: bigint; hash: Hex; timestamp: bigint }): ChainBlock {
  return { number: block.number, hash: lowerHex(block.hash), timeSeconds: block.timestamp }
}

/** Whatever goes wrong between here and the chain is one error to the rest of the program. */
async function available<T>(operation: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof UnknownLogError || cause instanceof ChainUnavailableError) throw cause
    throw new ChainUnavailableError(operation, { cause })
  }
}

/** The reason inside a `ChainUnavailableError` when the chain is younger than the confirmations asked for. */
export class NoConfirmedBlockError extends Error {
  override readonly name = 'NoConfirmedBlockError'
  constructor() {
    super('the chain has no block with the confirmations asked for yet')
  }
}
