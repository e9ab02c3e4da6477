import type { ChainPlace, LedgerEvent } from '@deparrow/ledger'
import { inChainOrder } from '../settlement/chain-order.ts'
import type { ChainBlock, SettlementChain } from '../settlement/token-chain.port.ts'
import type { AuditedJournals, AuditListener } from './audited-journals.ts'
import { type ChainRecord, isBefore, recordOfEvent, recordOfLog } from './chain-record.ts'
import type { LegFinding, LegState } from './leg-state.ts'

/** The chain as the audit reads it. */
export type AuditedChain = Pick<
  SettlementChain,
  'deploymentBlock' | 'confirmedBlock' | 'block' | 'logs' | 'contractWei'
>

export type ChainLegParts = {
  readonly chain: AuditedChain
  readonly journals: AuditedJournals
  readonly blocksPerRequestMax: number
}

/** 1 credit = 10^6 µcr = 1 DPC = 10^18 wei. */
const weiPerMicrocredit = 10n ** 12n

type Recorded = ChainRecord & { readonly position: number }

/**
 * Holds the settlement contract against the journal, apart from the follower that wrote it there: every deposit, burn and claim of the contract is in
 * the journal, once and with the same content, and the other way round; and the contract holds the DPC for all that is owed. Once the exit has started
 * DPC leaves past the journal, which goes on owing it; that is counted by the contract's own logs. Keeps only what one side has and the other has not yet.
 */
export class ChainLeg implements AuditListener {
  private readonly recorded = new Map<string, Recorded>()
  private readonly seen = new Map<string, ChainRecord>()
  private newestRecorded: ChainPlace | undefined
  private followed: ChainBlock | undefined
  private nextBlock: bigint | undefined
  /** What the contract's own logs say that it holds, in µcr. */
  private seenMicrocredits = 0n
  /** What the contract's logs say that has left it by the exit, in µcr. */
  private exitedMicrocredits = 0n

  constructor(
    readonly state: LegState,
    private readonly parts: ChainLegParts,
  ) {
    parts.journals.listen(this)
  }

  /** How many deposits, burns and claims one side has and the other has not yet. */
  get lag(): number {
    return this.recorded.size + this.seen.size
  }

  take(shard: number, event: LedgerEvent): void {
    const record = shard === this.state.shard ? recordOfEvent(event) : undefined
    if (record === undefined) return
    this.newestRecorded = record.place
    const seen = this.seen.get(record.key)
    if (seen?.text === record.text) this.seen.delete(record.key)
    else this.recorded.set(record.key, { ...record, position: event.position })
  }

  reset(): void {
    this.recorded.clear()
    this.seen.clear()
    this.newestRecorded = undefined
    this.followed = undefined
    this.nextBlock = undefined
    this.seenMicrocredits = 0n
    this.exitedMicrocredits = 0n
  }

  /** Compares once. Throws what the chain throws; then it is late. */
  async compare(): Promise<void> {
    const { chain, journals } = this.parts
    const confirmed = await chain.confirmedBlock()
    if (confirmed === undefined) return
    const reorganised = await this.reorganised(confirmed)
    if (reorganised !== undefined) {
      this.state.differs(reorganised)
      // What was matched is not kept, so both sides are read again.
      return await journals.restart()
    }
    if (this.state.alarm !== undefined) await this.readAgain()
    if (!(await this.readTo(confirmed)) || this.followed === undefined) return
    const contractWei = await chain.contractWei(this.followed.number)
    const finding = this.judge(this.followed, contractWei)
    if (finding !== undefined) return this.state.differs(finding)
    const [oldest] = this.recorded.values()
    const audited = journals.position(this.state.shard)
    this.state.agrees(oldest === undefined ? audited : oldest.position - 1, audited)
  }

  private async reorganised(confirmed: ChainBlock): Promise<LegFinding | undefined> {
    const { followed } = this
    if (followed === undefined) return undefined
    const isThere = confirmed.number >= followed.number
    const found = isThere ? await this.parts.chain.block(followed.number) : undefined
    if (found?.hash === followed.hash) return undefined
    const end = isThere ? (found?.hash ?? 'no such block') : `a chain that ends at block ${confirmed.number}`
    return this.finding({ account: undefined, expected: `block ${followed.number}, ${followed.hash}`, found: end })
  }

  /** Reads what is confirmed and new; `false` when the chain changed meanwhile, and the next try begins where this one stopped. */
  private async readTo(confirmed: ChainBlock): Promise<boolean> {
    const { chain, blocksPerRequestMax } = this.parts
    let from = this.nextBlock ?? (await chain.deploymentBlock())
    while (from <= confirmed.number) {
      const lastOfSpan = from + BigInt(blocksPerRequestMax) - 1n
      const to = lastOfSpan < confirmed.number ? lastOfSpan : confirmed.number
      const logs = await chain.logs(from, to)
      const end = await chain.block(to)
      if (end === undefined || (to === confirmed.number && end.hash !== confirmed.hash)) return false
      for (const log of inChainOrder(logs)) {
        if (log.type === 'exitTaken') this.exitedMicrocredits += log.amountMicrocredits
        this.see(recordOfLog(log))
      }
      this.followed = end
      from = to + 1n
      this.nextBlock = from
    }
    return true
  }

  /** Asks again for the blocks in which the two sides differ: a provider may have left something out, or made it up. */
  private async readAgain(): Promise<void> {
    const followed = this.followed?.number ?? -1n
    const doubtful = [...this.recorded.values(), ...this.seen.values()].map(({ place }) => place.blockNumber)
    const blocks = [...new Set(doubtful)].filter(number => number <= followed).slice(0, blocksReadAgainMax)
    for (const number of blocks) {
      const logs = await this.parts.chain.logs(number, number)
      const open = new Set([...this.recorded.keys(), ...this.forget(number)])
      for (const record of inChainOrder(logs).map(recordOfLog)) {
        // What was matched in the same block was counted before.
        if (record !== undefined && (open.has(record.key) || this.isAfterRecorded(record))) this.see(record)
      }
    }
  }

  /** Takes back what was seen in a block and is not matched; answers what that was. */
  private forget(blockNumber: bigint): readonly string[] {
    const forgotten = [...this.seen].filter(([, { place }]) => place.blockNumber === blockNumber)
    for (const [key, { amountMicrocredits }] of forgotten) {
      this.seen.delete(key)
      this.seenMicrocredits -= amountMicrocredits
    }
    return forgotten.map(([key]) => key)
  }

  private see(record: ChainRecord | undefined): void {
    if (record === undefined) return
    this.seenMicrocredits += record.amountMicrocredits
    if (this.recorded.get(record.key)?.text === record.text) this.recorded.delete(record.key)
    else this.seen.set(record.key, record)
  }

  private isAfterRecorded({ place }: ChainRecord): boolean {
    return this.newestRecorded === undefined || isBefore(this.newestRecorded, place)
  }

  private judge(followed: ChainBlock, contractWei: bigint): LegFinding | undefined {
    return this.judgeRecorded(followed) ?? this.judgeSeen() ?? this.judgeReserve(contractWei)
  }

  /** What the journal has must be on chain by now, as the journal has it. */
  private judgeRecorded(followed: ChainBlock): LegFinding | undefined {
    for (const { key, text, account, place, position } of this.recorded.values()) {
      const seen = this.seen.get(key)
      if (seen !== undefined) return { position, account, expected: text, found: seen.text }
      if (place.blockNumber > followed.number) return undefined
      return { position, account, expected: text, found: `nothing like it up to block ${followed.number}` }
    }
    return undefined
  }

  /** The journal takes what happened on chain in its order: what it has passed over is missing; what comes later may still be taken. */
  private judgeSeen(): LegFinding | undefined {
    const [missing] = this.seen.values()
    if (missing === undefined || this.isAfterRecorded(missing)) return undefined
    return this.finding({ account: missing.account, expected: 'nothing else on chain', found: missing.text })
  }

  private judgeReserve(contractWei: bigint): LegFinding | undefined {
    const total = (records: Iterable<ChainRecord>) =>
      [...records].reduce((sum, { amountMicrocredits }) => sum + amountMicrocredits, 0n)
    const reserve = this.parts.journals.balance(this.state.shard, 'reserve')
    const owed = reserve - total(this.recorded.values()) + total(this.seen.values())
    const account = 'reserve'
    if (owed !== this.seenMicrocredits) {
      return this.finding({
        account,
        expected: `${owed} µcr`,
        found: `${this.seenMicrocredits} µcr by the contract’s logs`,
      })
    }
    const expectedWei = (owed - this.exitedMicrocredits) * weiPerMicrocredit
    if (contractWei >= expectedWei) return undefined
    return this.finding({ account, expected: `${expectedWei} wei of DPC`, found: `${contractWei} wei` })
  }

  private finding(what: Omit<LegFinding, 'position'>): LegFinding {
    return { position: this.parts.journals.position(this.state.shard), ...what }
  }
}

/** Blocks asked for again in one comparison while an alarm stands. */
const blocksReadAgainMax = 20
