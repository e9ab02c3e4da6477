import { type Address, type Hex, type InboxKind, zeroAddress, zeroHash } from '@deparrow/ledger'
import {
  type ChainBlock,
  type ChainCancelReason,
  type ChainIdentity,
  ChainUnavailableError,
  type EpochHeader,
  type PosterView,
  type SendOutcome,
  type SettlementCall,
  type SettlementChain,
  type SettlementLog,
  type StakeChange,
} from '../token-chain.port.ts'
import {
  appendInbox,
  ContractRevert,
  type ContractState,
  cancel,
  claim,
  emptyContract,
  epochBondWei,
  execute,
  freeBondWei,
  headOf,
  heldMicrocredits,
  statusOf,
  windowSeconds,
} from './in-memory-contract.ts'

type Block = ChainBlock & { readonly logs: readonly SettlementLog[]; readonly state: ContractState }

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
  /** Every call that was mined, with its nonce. */
  readonly mined: { readonly call: SettlementCall; readonly nonce: number }[] = []
  /** What a gas costs, in wei. */
  feePerGasWei = 1n
  /** Seconds that the next block comes later than others. */
  pauseSeconds = 0n
  private blocks: Block[]
  private mempool: { readonly call: SettlementCall; readonly nonce: number } | undefined
  private fork = 0

  constructor(identity: Pick<ChainIdentity, 'chainId' | 'genesisHash'>) {
    this.chain = { ...identity, hasSettlement: true }
    this.blocks = [{ number: 0n, hash: identity.genesisHash, timeSeconds: 0n, logs: [], state: emptyContract() }]
  }

  /** Mines a block with whatever waits in the mempool, and what `change` does to the contract. */
  mine(change: (state: ContractState) => readonly object[] = () => []): void {
    const parent = this.latest
    const state = structuredClone(parent.state)
    const timeSeconds = this.nextTimeSeconds
    this.pauseSeconds = 0n
    const number = parent.number + 1n
    const bodies = [...this.runMempool(state, Number(timeSeconds)), ...change(state)]
    const transactionHash = hashOf(number, this.fork, 0xaa)
    const logs = bodies.map((body, logIndex) => {
      return { ...body, place: { transactionHash, blockNumber: number, logIndex } } as SettlementLog
    })
    this.blocks.push({ number, hash: hashOf(number, this.fork, 0xbb), timeSeconds, logs, state })
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

  stake(node: Address, change: StakeChange): void {
    this.mine(() => [{ type: 'stake', node, change }])
  }

  private get nextTimeSeconds(): bigint {
    return this.latest.timeSeconds + 1n + this.pauseSeconds
  }

  /** Drops the newest blocks; the next ones have other hashes. Answers what brings the dropped ones back instead. */
  reorg(depth: number): () => void {
    const { blocks } = this
    this.blocks = blocks.slice(0, blocks.length - depth)
    this.fork++
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
        finalAtSeconds: posted?.completedAtSeconds === undefined ? 0 : posted.completedAtSeconds + windowSeconds,
        openDemands: 0,
      },
      freeBondWei: freeBondWei(state, Number(block.timeSeconds)),
      epochBondWei,
      feePerGasWei: this.feePerGasWei,
      unregistered: wallets.filter(wallet => !state.payees.includes(wallet)),
    }
  }

  async contractWei(blockNumber?: bigint): Promise<bigint> {
    this.answer('contractWei')
    const { state } = blockNumber === undefined ? this.latest : (this.blocks[Number(blockNumber)] as Block)
    return heldMicrocredits(state) * 10n ** 12n
  }

  async send(call: SettlementCall, nonce: number): Promise<SendOutcome> {
    const fate = this.nextSend
    this.nextSend = 'mined'
    if (fate === 'lost') return { status: 'unknown' }
    if (nonce !== this.contract.nonce) return { status: 'reverted', code: 'NONCE_USED' }
    try {
      execute(structuredClone(this.contract), call, Number(this.nextTimeSeconds))
    } catch (error) {
      if (error instanceof ContractRevert) return { status: 'reverted', code: error.code }
      throw error
    }
    this.mempool ??= { call, nonce }
    if (fate === 'inMempool') return { status: 'unknown' }
    this.mine()
    if (fate === 'minedUnheard') return { status: 'unknown' }
    return { status: 'confirmed', transactionHash: zeroHash, blockNumber: this.latest.number }
  }

  private runMempool(state: ContractState, nowSeconds: number): readonly object[] {
    const sent = this.mempool
    this.mempool = undefined
    if (sent === undefined || sent.nonce !== state.nonce) return []
    state.nonce++
    this.mined.push(sent)
    try {
      return execute(state, sent.call, nowSeconds)
    } catch (error) {
      if (error instanceof ContractRevert) return []
      throw error
    }
  }

  private answer(operation: string): void {
    if (this.failuresLeft === 0) return
    this.failuresLeft--
    throw new ChainUnavailableError(operation, { cause: new Error('connection refused') })
  }
}

function hashOf(number: bigint, fork: number, kind: number): Hex {
  return `0x${kind.toString(16)}${fork.toString(16).padStart(8, '0')}${number.toString(16).padStart(54, '0')}`
}
