import { isDeepStrictEqual } from 'node:util'
import { type Address, type Hex, type InboxKind, zeroAddress, zeroHash } from '@deparrow/ledger'
import type { DemandLog } from '../demand-chain.port.ts'
import {
  type ChainBlock,
  type ChainCancelReason,
  type ChainIdentity,
  ChainUnavailableError,
  type EpochHeader,
  type OutgoingCall,
  type PosterView,
  type SendOutcome,
  type SettlementCall,
  type SettlementChain,
  type SettlementLog,
  type StakeChange,
} from '../token-chain.port.ts'
import { type Block, type Change, hashOf, ifTaken, type Queued } from './in-memory-block.ts'
import {
  appendInbox,
  ContractRevert,
  type ContractState,
  cancel,
  claim,
  emptyContract,
  epochBondWei,
  execute,
  finalAtOf,
  freeBondWei,
  headOf,
  heldMicrocredits,
  startExit,
  statusOf,
} from './in-memory-contract.ts'
import { type Asked, answerSeconds, openDemand, openDemandsOf } from './in-memory-demands.ts'

const emptyHeader: EpochHeader = {
  parent: 0,
  inboxCut: 0,
  journalPosition: 0,
  closedAt: 0,
  journalHash: zeroHash,
  burnMicrocredits: 0n,
  leavesRoot: zeroHash,
  leavesTotalMicrocredits: 0n,
  rowCount: 0,
}

/**
 * A chain with the settlement contract, in memory, for tests: one block a call unless told otherwise, and faults on demand. It
 * outlives the objects under test, as a chain does.
 */
export class InMemorySettlementChain implements SettlementChain {
  chain: ChainIdentity
  confirmations = 1
  /** What happens to the next call that is sent; afterwards all goes well again. */
  nextSend: 'mined' | 'minedUnheard' | 'inMempool' | 'lost' = 'mined'
  /** Answers that fail before the chain is reachable again. */
  failuresLeft = 0
  /** What a provider does to the logs that it answers. */
  distortLogs = (logs: readonly SettlementLog[]): readonly SettlementLog[] => logs
  /** The same for what was said of demands. */
  distortDemands = (logs: readonly DemandLog[]): readonly DemandLog[] => logs
  /** Every call that was mined, with its nonce. */
  readonly mined: Queued[] = []
  /** What was offered with each call that was sent, in its order. */
  readonly offered: OutgoingCall[] = []
  /** What a gas costs, in wei. */
  feePerGasWei = 1n
  /** What the poster's account has of the chain's coin, in wei. */
  coinWei = 10n ** 18n
  /** Seconds that the next block comes later than others. */
  pauseSeconds = 0n
  private blocks: Block[]
  private mempool: readonly Queued[] = []
  private waitingChanges: readonly Change[] = []
  private fork = 0

  constructor(identity: Pick<ChainIdentity, 'chainId' | 'genesisHash'>) {
    this.chain = { ...identity, hasSettlement: true }
    this.blocks = [
      {
        number: 0n,
        hash: identity.genesisHash,
        timeSeconds: 0n,
        logs: [],
        demandLogs: [],
        state: emptyContract(),
        sent: [],
        changes: [],
      },
    ]
  }

  /** Mines a block with whatever waits in the mempool, and what `change` does to the contract. */
  mine(change?: Change): void {
    const parent = this.latest
    const state = structuredClone(parent.state)
    const timeSeconds = this.nextTimeSeconds
    this.pauseSeconds = 0n
    const number = parent.number + 1n
    const sent = this.mempool
    const waiting = this.waitingChanges
    this.waitingChanges = []
    const changes = change === undefined ? waiting : [...waiting, change]
    const bodies = [
      ...this.runMempool(state, Number(timeSeconds)),
      ...waiting.flatMap(again => ifTaken(again, state)),
      ...(change?.(state) ?? []),
    ]
    const transactionHash = hashOf(number, this.fork, 0xaa)
    const placed = bodies.map((body, logIndex) => {
      return { ...body, place: { transactionHash, blockNumber: number, logIndex } }
    })
    const logs = placed.filter(log => !('aboutEpoch' in log)) as unknown as readonly SettlementLog[]
    const demandLogs = placed.filter(log => 'aboutEpoch' in log) as unknown as Block['demandLogs']
    this.blocks.push({
      number,
      hash: hashOf(number, this.fork, 0xbb),
      timeSeconds,
      logs,
      demandLogs,
      state,
      sent,
      changes,
    })
  }

  arrive(
    ...items: readonly { readonly kind?: InboxKind; readonly account?: Address; readonly amount: bigint }[]
  ): void {
    this.mine(state =>
      items.map(({ kind = 'deposit', account = zeroAddress, amount }) => appendInbox(state, kind, account, amount)),
    )
  }

  claim(account: Address): void {
    this.mine(state => [claim(state, account)])
  }

  /** In the same second as the newest block. Throws `ContractRevert` when the epoch is neither open nor pending. */
  cancel(epoch: number, reason: ChainCancelReason = 'guardian'): void {
    const nowSeconds = Number(this.latest.timeSeconds)
    this.mine(state => cancel(state, epoch, reason, nowSeconds))
  }

  /** Opens demands on an epoch in one block. Throws `ContractRevert` when the epoch is not pending. */
  demand(epoch: number, ...asked: readonly Asked[]): void {
    const nowSeconds = Number(this.latest.timeSeconds)
    this.mine(state => asked.flatMap(one => openDemand(state, epoch, one, nowSeconds)))
  }

  startExit(): void {
    this.mine(state => startExit(state))
  }

  stake(node: Address, change: StakeChange): void {
    this.mine(() => [{ type: 'stake', node, change }])
  }

  private get nextTimeSeconds(): bigint {
    return this.latest.timeSeconds + 1n + this.pauseSeconds
  }

  /**
   * Drops the newest blocks; the next ones have other hashes. What was done in the dropped ones is lost, or waits for the next block. Answers what brings
   * the dropped ones back instead.
   */
  reorg(depth: number, done: 'isLost' | 'waits' = 'isLost'): () => void {
    const { blocks } = this
    this.blocks = blocks.slice(0, blocks.length - depth)
    this.fork++
    if (done === 'waits') {
      const dropped = blocks.slice(-depth)
      this.mempool = [...dropped.flatMap(({ sent }) => sent), ...this.mempool]
      this.waitingChanges = dropped.flatMap(({ changes }) => changes)
    }
    return () => {
      this.blocks = blocks
      this.fork++
    }
  }

  get contract(): ContractState {
    return this.latest.state
  }

  get latest(): Block {
    return this.blocks.at(-1) as Block
  }

  async identity(): Promise<ChainIdentity> {
    this.answer('identity')
    return this.chain
  }

  async deploymentBlock(): Promise<bigint> {
    this.answer('deploymentBlock')
    return 0n
  }

  async confirmedBlock(): Promise<ChainBlock | undefined> {
    this.answer('confirmedBlock')
    return this.blocks.at(-this.confirmations)
  }

  async block(number: bigint): Promise<ChainBlock | undefined> {
    this.answer('block')
    return this.blocks[Number(number)]
  }

  async transactionBlock(hash: Hex): Promise<bigint | undefined> {
    this.answer('transactionBlock')
    return this.blocks.find(block => block.logs.some(log => log.place.transactionHash === hash))?.number
  }

  async logs(fromBlock: bigint, toBlock: bigint): Promise<readonly SettlementLog[]> {
    this.answer('logs')
    return this.distortLogs(this.blocks.slice(Number(fromBlock), Number(toBlock) + 1).flatMap(block => block.logs))
  }

  async postedTransaction(epoch: number, fromBlock: bigint, toBlock: bigint): Promise<Hex | undefined> {
    const logs = await this.logs(fromBlock, toBlock)
    return logs.find(log => log.type === 'epochPosted' && log.epoch === epoch)?.place.transactionHash
  }

  async posterView(epoch: number, wallets: readonly Address[]): Promise<PosterView> {
    this.answer('posterView')
    const block = this.blocks.at(-this.confirmations) as Block
    const { state } = block
    const posted = state.epochs[epoch - 1]
    return {
      block,
      nonce: state.nonce,
      headEpoch: headOf(state),
      lastEpoch: state.epochs.length,
      finalEpoch: state.finalEpoch,
      epoch: {
        ...(posted?.header ?? emptyHeader),
        status: statusOf(state, epoch, Number(block.timeSeconds)),
        rowsPosted: posted?.rowsPosted ?? 0,
        finalAtSeconds: posted === undefined ? 0 : finalAtOf(posted),
        openDemands: openDemandsOf(state, epoch),
      },
      answerSeconds,
      freeBondWei: freeBondWei(state, Number(block.timeSeconds)),
      epochBondWei,
      coinWei: this.coinWei,
      feePerGasWei: this.feePerGasWei,
      unregistered: wallets.filter(wallet => !state.payees.includes(wallet)),
    }
  }

  async contractWei(blockNumber?: bigint): Promise<bigint> {
    this.answer('contractWei')
    const { state } = blockNumber === undefined ? this.latest : (this.blocks[Number(blockNumber)] as Block)
    return heldMicrocredits(state) * 10n ** 12n
  }

  async isExitStarted(): Promise<boolean> {
    this.answer('isExitStarted')
    return (this.blocks.at(-this.confirmations) as Block).state.isExitStarted
  }

  async demandLogs(epoch: number, fromBlock: bigint, toBlock: bigint): Promise<readonly DemandLog[]> {
    this.answer('demandLogs')
    const logs = this.blocks.slice(Number(fromBlock), Number(toBlock) + 1).flatMap(block => block.demandLogs)
    return this.distortDemands(logs.filter(log => log.aboutEpoch === epoch))
  }

  async send(call: SettlementCall, nonce: number): Promise<SendOutcome> {
    const [outcome] = await this.sendAll([{ call }], nonce)
    return outcome as SendOutcome
  }

  async sendAll(calls: readonly OutgoingCall[], nonce: number): Promise<readonly SendOutcome[]> {
    const fate = this.nextSend
    this.nextSend = 'mined'
    this.offered.push(...calls)
    if (fate === 'lost') return calls.map(() => ({ status: 'unknown' }))
    if (nonce !== this.contract.nonce) return calls.map(() => ({ status: 'reverted', code: 'NONCE_USED' }))
    const codes = calls.map(({ call }) => this.codeOf(call))
    const possible = calls.filter((_, index) => codes[index] === undefined)
    if (this.mempool.length === 0) this.mempool = possible.map(({ call }, index) => ({ call, nonce: nonce + index }))
    if (fate !== 'inMempool' && possible.length > 0) this.mine()
    return calls.map(({ call }, index) => {
      const code = codes[index]
      if (code !== undefined) return { status: 'reverted', code }
      return fate === 'mined' ? this.outcomeOf(call, nonce) : { status: 'unknown' }
    })
  }

  /** The contract's error for a call in the next block; `undefined` when it takes the call. */
  private codeOf(call: SettlementCall): string | undefined {
    try {
      execute(structuredClone(this.contract), call, Number(this.nextTimeSeconds))
      return undefined
    } catch (error) {
      if (error instanceof ContractRevert) return error.code
      throw error
    }
  }

  private outcomeOf(call: SettlementCall, nonce: number): SendOutcome {
    const isMined = this.mined.some(one => one.nonce >= nonce && isDeepStrictEqual(one.call, call))
    if (!isMined) return { status: 'reverted', code: 'NONCE_USED' }
    return { status: 'confirmed', transactionHash: zeroHash, blockNumber: this.latest.number }
  }

  private runMempool(state: ContractState, nowSeconds: number): readonly object[] {
    const logs: object[] = []
    for (const sent of this.mempool) {
      if (sent.nonce !== state.nonce) continue
      state.nonce++
      this.mined.push(sent)
      try {
        logs.push(...execute(state, sent.call, nowSeconds))
      } catch (error) {
        if (!(error instanceof ContractRevert)) throw error
      }
    }
    this.mempool = []
    return logs
  }

  private answer(operation: string): void {
    if (this.failuresLeft === 0) return
    this.failuresLeft--
    throw new ChainUnavailableError(operation, { cause: new Error('connection refused') })
  }
}
