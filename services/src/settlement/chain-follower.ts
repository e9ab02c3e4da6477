import type { Address, ChainPlace, Hex, Ledger, LedgerRefusal } from '@deparrow/ledger'
import { commandOf, isRecorded, isRepeat, type KnownStakes } from './chain-command.ts'
import { requireChainOf } from './chain-identity.ts'
import { inChainOrder, isLater } from './chain-order.ts'
import type { JournalIndex, NodeStake } from './journal-index.ts'
import type { ChainBlock, SettlementChain, SettlementLog } from './token-chain.port.ts'

/**
 * Why nothing more is taken from the chain and no epoch is posted. `REORG` and `CHAIN_SHORT`: a block that was followed is gone.
 * `TRANSACTION_MOVED`: what the journal recorded last is not in its block. `REFUSED`: the ledger will not have what the chain
 * says. It is worked out anew at each poll, so it ends when the chain again shows what was followed, and only then.
 */
export type ChainAlarm =
  | { readonly code: 'REORG'; readonly blockNumber: bigint; readonly followedHash: Hex; readonly foundHash: Hex }
  | { readonly code: 'CHAIN_SHORT'; readonly followedBlock: bigint; readonly confirmedBlock: bigint | undefined }
  | { readonly code: 'TRANSACTION_MOVED'; readonly place: ChainPlace; readonly foundBlock: bigint | undefined }
  | { readonly code: 'REFUSED'; readonly place: ChainPlace; readonly refusal: LedgerRefusal }

/** Ten minutes of blocks of 12 seconds and more. */
const blocksReadAgain = 64

/** The contract's `PUSH_MARGIN_SECONDS`: a receipt that is pushed later than this, and D, before its hold ends does not count. */
const pushMarginSeconds = 300

export type FollowerParts = {
  readonly ledger: Ledger
  readonly chain: SettlementChain
  readonly index: JournalIndex
  readonly blocksPerRequestMax: number
}

/**
 * Takes what the settlement contract said into the journal, once it has its confirmations: in the order of the chain, nothing
 * skipped, nothing twice. Where to go on follows from the journal: the block of the newest thing recorded, read again.
 */
export class ChainFollower {
  /** The newest block of which everything is in the journal. */
  followed: ChainBlock | undefined
  chainAlarm: ChainAlarm | undefined
  /** Whether the exit has started; `undefined` until the chain was asked. */
  isExitStarted: boolean | undefined
  /** Transactions that completed epochs, as far as they were seen by this object. */
  readonly postedTransactions = new Map<number, Hex>()
  /** By this object; what the index has heard may be older. */
  private readonly recordedStakes = new Map<Address, NodeStake>()
  /** Whether the chain was found to be the one of the journal. */
  isVerified = false
  private nextBlock: bigint | undefined

  constructor(private readonly parts: FollowerParts) {}

  /**
   * Takes in all that is confirmed and new. Throws `WrongChainError`, and `ChainUnavailableError` or the ledger's error when one
   * of them does not answer; the next poll goes on where this one stopped.
   */
  async poll(): Promise<void> {
    await this.verify()
    const confirmed = await this.parts.chain.confirmedBlock()
    // An older log would not be read again after a restart, and an alarm is the end of what was known.
    if (this.chainAlarm !== undefined) this.isExitStarted = undefined
    if (confirmed !== undefined) this.isExitStarted ??= await this.parts.chain.isExitStarted()
    this.chainAlarm = (await this.checkPast(confirmed)) ?? (await this.advance(confirmed))
    if (this.chainAlarm?.code === 'REFUSED') await this.readAgainFromStart()
    if (this.chainAlarm === undefined && this.followed !== undefined) await this.tellImported(this.followed)
  }

  /** Told at each poll, because the ledger keeps it in memory alone. */
  private tellImported({ timeSeconds }: ChainBlock): Promise<void> {
    return this.parts.ledger.inboxImported((Number(timeSeconds) + pushMarginSeconds) * 1_000)
  }

  private async verify(): Promise<void> {
    if (this.isVerified) return
    const { config } = this.parts.index
    if (config === undefined) throw new JournalNotOpenError()
    await requireChainOf(config, this.parts.chain)
    this.isVerified = true
  }

  private async checkPast(confirmed: ChainBlock | undefined): Promise<ChainAlarm | undefined> {
    const { followed } = this
    if (followed === undefined) return this.checkJournalPlace(confirmed)
    const found =
      confirmed === undefined || confirmed.number < followed.number
        ? undefined
        : confirmed.number === followed.number
          ? confirmed
          : await this.parts.chain.block(followed.number)
    if (found === undefined) {
      return { code: 'CHAIN_SHORT', followedBlock: followed.number, confirmedBlock: confirmed?.number }
    }
    if (found.hash === followed.hash) return undefined
    return { code: 'REORG', blockNumber: found.number, followedHash: followed.hash, foundHash: found.hash }
  }

  /** After a start only the journal tells what was followed: its newest place must still be where it was. */
  private async checkJournalPlace(confirmed: ChainBlock | undefined): Promise<ChainAlarm | undefined> {
    const place = this.parts.index.lastPlace
    if (place === undefined) return undefined
    if (confirmed === undefined || confirmed.number < place.blockNumber) {
      return { code: 'CHAIN_SHORT', followedBlock: place.blockNumber, confirmedBlock: confirmed?.number }
    }
    const foundBlock = await this.parts.chain.transactionBlock(place.transactionHash)
    return foundBlock === place.blockNumber ? undefined : { code: 'TRANSACTION_MOVED', place, foundBlock }
  }

  private async advance(confirmed: ChainBlock | undefined): Promise<ChainAlarm | undefined> {
    if (confirmed === undefined) return undefined
    const span = BigInt(this.parts.blocksPerRequestMax)
    let from = await this.readFrom(confirmed)
    while (from <= confirmed.number) {
      const to = from + span > confirmed.number ? confirmed.number : from + span - 1n
      const logs = await this.parts.chain.logs(from, to)
      const end = await this.parts.chain.block(to)
      // The chain changed while it was read: what was read may belong to neither side, so it is read again.
      if (end === undefined || (to === confirmed.number && end.hash !== confirmed.hash)) return undefined
      const alarm = await this.record(inChainOrder(logs))
      if (alarm !== undefined) return alarm
      this.followed = end
      from = to + 1n
      this.nextBlock = from
    }
    return undefined
  }

  /** Where to read on: blocks read not long ago are read again, since a provider whose machines are not equally far leaves out what one has not seen. */
  private async readFrom(confirmed: ChainBlock): Promise<bigint> {
    const { chain, index, blocksPerRequestMax } = this.parts
    if (this.nextBlock === undefined) return index.lastPlace?.blockNumber ?? (await chain.deploymentBlock())
    if (this.nextBlock > confirmed.number) return this.nextBlock
    const again = BigInt(Math.min(blocksReadAgain, blocksPerRequestMax - 1))
    return this.nextBlock > again ? this.nextBlock - again : 0n
  }

  private async record(logs: readonly SettlementLog[]): Promise<ChainAlarm | undefined> {
    for (const log of logs) {
      if (log.type === 'epochPosted') this.postedTransactions.set(log.epoch, log.place.transactionHash)
      if (log.type === 'exitStarted') this.isExitStarted = true
      const { index } = this.parts
      const command = isRecorded(log, index, this.stakes) ? undefined : commandOf(log, index, this.stakes)
      if (command === undefined) continue
      const answer = await this.parts.ledger.submit(command)
      if (answer.status === 'accepted' && command.type === 'RecordNodeStake')
        this.recordedStakes.set(command.node, command)
      if (answer.status === 'accepted' || isRepeat(log, answer.refusal)) continue
      return { code: 'REFUSED', place: log.place, refusal: answer.refusal }
    }
    return undefined
  }

  private readonly stakes: KnownStakes = node => {
    const heard = this.parts.index.stakes.get(node)
    const recorded = this.recordedStakes.get(node)
    if (heard === undefined || recorded === undefined) return heard ?? recorded
    return isLater(recorded.place, heard.place) ? recorded : heard
  }

  /** A provider that left out a log is the likely reason for a refusal: the next poll reads everything again. */
  private async readAgainFromStart(): Promise<void> {
    this.nextBlock = await this.parts.chain.deploymentBlock()
    this.followed = undefined
  }
}

/** Thrown when the follower is started before the journal has its first event: a wiring mistake. */
export class JournalNotOpenError extends Error {
  override readonly name = 'JournalNotOpenError'
  constructor() {
    super('the journal has no LedgerOpened event, so there is no chain to compare with')
  }
}
