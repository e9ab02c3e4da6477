import { type Address, lowerHex, zeroHash } from '@deparrow/ledger'
import { AnswerInvalidError } from '@deparrow/sdk/network'
import {
  type DemandRecord,
  demandStates,
  type EpochView,
  type PostedEpoch,
  type PostedParent,
  type ShownDebit,
  type WatchedItem,
  type WatchedPayee,
  type WatchedStatus,
  type WatchParameters,
} from '@deparrow/sdk/watcher'
import type { DisputesContract } from '../chain/contracts.ts'
import { answered, type SettlementChain } from '../chain/open-settlement.ts'
import { inboxOf } from '../verify/chain/chain-inbox.ts'
import type { InboxItem } from '../verify/chain/journal-facts.ts'
import { deepBlocks, LogWindow } from './log-window.ts'
import { PostedRows } from './posted-rows.ts'
import { isEntryShown, shownDebitIn } from './shown-debits.ts'

/** What a chain shows of the epochs that are not final, without what the journal says of them. */
export type ChainSight = {
  readonly blockNumber: bigint
  readonly blockHash: string
  readonly nowSeconds: number
  readonly finalEpoch: number
  readonly parameters: WatchParameters
  /** The whole inbox, in its order. */
  readonly inbox: readonly InboxItem[]
  readonly views: readonly Omit<EpochView, 'own'>[]
  /** Whether deep blocks were taken back since the last reading. */
  readonly isForked: boolean
}

/** The contract's `EpochStatus`, by its numbers, as far as a watcher looks at it. */
const watchedStatuses: Readonly<Record<number, WatchedStatus>> = {
  3: 'pending',
  4: 'cancelled',
  5: 'final',
  6: 'final',
}

/**
 * Looks at the contracts of one deployment for one watcher. Everything of a reading is as of one block; nothing is remembered but what the contract can never
 * change. Throws `NETWORK_UNREACHABLE` and `ANSWER_INVALID`.
 */
export class ChainWatch {
  private readonly logs: LogWindow
  private readonly rows: PostedRows
  private readonly payeeTimes = new Map<number, WatchedPayee>()
  /** Cancelled epochs behind whose demands there is no bond of the watcher's, by the block in which that was first so. */
  private readonly settledSince = new Map<number, bigint>()
  private parameters: WatchParameters | undefined

  constructor(
    private readonly chain: SettlementChain,
    private readonly disputes: DisputesContract,
    private readonly me: Address,
  ) {
    this.logs = new LogWindow(chain)
    this.rows = new PostedRows(chain, this.logs)
  }

  look(blockNumber: bigint): Promise<ChainSight> {
    return answered(this.chain.rpcOrigin, () => this.lookNow(blockNumber))
  }

  private async lookNow(blockNumber: bigint): Promise<ChainSight> {
    const { client, settlement } = this.chain
    const block = await client.getBlock({ blockNumber })
    const isForked = await this.logs.readTo(blockNumber)
    if (isForked) {
      this.payeeTimes.clear()
      this.settledSince.clear()
    }
    const at = { ...settlement, blockNumber } as const
    const [last, final] = await Promise.all([
      client.readContract({ ...at, functionName: 'lastEpoch' }),
      client.readContract({ ...at, functionName: 'finalEpoch' }),
    ])
    const ids = Array.from({ length: Number(last - final) }, (_, index) => Number(final) + 1 + index).filter(
      id => blockNumber - (this.settledSince.get(id) ?? blockNumber) < deepBlocks,
    )
    const posted = await this.postedEpochs(ids, blockNumber)
    const common = { nowSeconds: Number(block.timestamp), ...(await this.common(posted, blockNumber)) }
    const views: Omit<EpochView, 'own'>[] = []
    for (const epoch of posted) {
      const view = { ...common, ...(await this.viewOf(epoch, common.inbox, blockNumber)) }
      if (epoch.status === 'cancelled' && view.demands.length === 0) this.settle(epoch.epoch, blockNumber)
      views.push(view)
    }
    return {
      blockNumber,
      blockHash: block.hash,
      nowSeconds: common.nowSeconds,
      finalEpoch: Number(final),
      parameters: common.parameters,
      inbox: common.inbox,
      views,
      isForked,
    }
  }

  private settle(epoch: number, blockNumber: bigint): void {
    if (!this.settledSince.has(epoch)) this.settledSince.set(epoch, blockNumber)
  }

  private async postedEpochs(ids: readonly number[], blockNumber: bigint): Promise<readonly PostedEpoch[]> {
    const found = await Promise.all(ids.map(id => this.postedEpoch(id, blockNumber)))
    return found.filter(epoch => epoch !== undefined && epoch.status !== 'final') as readonly PostedEpoch[]
  }

  private async postedEpoch(id: number, blockNumber: bigint): Promise<PostedEpoch | undefined> {
    const { client, settlement } = this.chain
    const at = { ...settlement, blockNumber, args: [BigInt(id)] } as const
    const [status, epoch] = await Promise.all([
      client.readContract({ ...at, functionName: 'epochStatus' }),
      client.readContract({ ...at, functionName: 'epoch' }),
    ])
    const known = watchedStatuses[status]
    if (known === undefined || epoch.completedAt === 0n) return undefined
    return {
      epoch: id,
      status: known,
      parent: Number(epoch.parent),
      inboxCut: Number(epoch.inboxCut),
      journalPosition: Number(epoch.journalPosition),
      journalHash: lowerHex(epoch.journalHash),
      closedAt: Number(epoch.closedAt),
      completedAt: Number(epoch.completedAt),
      burnMicrocredits: epoch.burnMicrocredits,
      leavesRoot: lowerHex(epoch.leavesRoot),
      leavesTotalMicrocredits: epoch.leavesTotalMicrocredits,
    }
  }

  /** What is the same for all epochs. */
  private async common(posted: readonly PostedEpoch[], blockNumber: bigint) {
    const { client, rpcOrigin } = this.chain
    const own = { ...this.disputes, blockNumber, functionName: 'purseWei', args: [this.me] } as const
    return {
      me: this.me,
      parameters: await this.readParameters(),
      purseWei: await client.readContract(own),
      rows: await this.countedRows(posted),
      inbox: inboxOf(this.logs.events('InboxItemAppended'), this.logs.events('DelegateRevoked'), rpcOrigin),
      payees: await this.payees(),
    }
  }

  /** An epoch that was taken back has paid nobody. */
  private async countedRows(posted: readonly PostedEpoch[]): Promise<EpochView['rows']> {
    const final = this.logs.events('EpochFinalised').map(({ args }) => Number(args.epoch))
    const pending = posted.filter(({ status }) => status === 'pending').map(({ epoch }) => epoch)
    const counted = new Set([...final, ...pending])
    return new Map([...(await this.rows.read())].filter(([epoch]) => counted.has(epoch)))
  }

  private async readParameters(): Promise<WatchParameters> {
    const { windowSeconds, answerSeconds, roundsMax, inboxAgeSeconds } = this.chain.periods
    this.parameters ??= {
      windowSeconds: Number(windowSeconds),
      answerSeconds: Number(answerSeconds),
      roundsMax: Number(roundsMax),
      inboxAgeSeconds: Number(inboxAgeSeconds),
      askerBondWei: await this.chain.client.readContract({ ...this.disputes, functionName: 'askerBondWei' }),
    }
    return this.parameters
  }

  private async payees(): Promise<readonly WatchedPayee[]> {
    const { client, settlement } = this.chain
    const named = this.logs.events('PayeeRegistered')
    await Promise.all(
      named.map(async ({ args: { id, account }, blockNumber }) => {
        const wallet = lowerHex(account)
        if (this.payeeTimes.get(id)?.wallet === wallet) return
        const asked = { ...settlement, functionName: 'payee', args: [id], blockNumber } as const
        const [, registeredAt] = await client.readContract(asked)
        this.payeeTimes.set(id, { id, wallet, registeredAt: Number(registeredAt) })
      }),
    )
    return named.map(({ args }) => this.payeeTimes.get(args.id) as WatchedPayee)
  }

  private async viewOf(posted: PostedEpoch, inbox: readonly WatchedItem[], blockNumber: bigint) {
    if (posted.status !== 'pending') return this.cancelledView(posted, blockNumber)
    const covered = inbox.filter(({ index }) => index < posted.inboxCut)
    if (covered.length !== posted.inboxCut) {
      this.logs.forget()
      throw new AnswerInvalidError(this.chain.rpcOrigin, `its logs lack inbox items that epoch ${posted.epoch} covers`)
    }
    const parent = await this.parentOf(posted, blockNumber)
    const demands = await this.demandsOn(posted.epoch, blockNumber)
    const newest = covered.at(-1)
    const leftOut = inbox.find(({ index }) => index === posted.inboxCut)
    return {
      posted,
      parent,
      inbox: await Promise.all(
        covered.map(async item => {
          if (item.kind !== 'receipt' || item.index < parent.inboxCut) return item
          return { ...item, arrivedAt: await this.arrivalOf(item, blockNumber) }
        }),
      ),
      newestItemAt: newest === undefined ? 0 : await this.arrivalOf(newest, blockNumber),
      leftOutSince: leftOut && (await this.arrivalOf(leftOut, blockNumber)),
      demands,
      shownDebits: await this.shownDebits(demands),
      stated: this.logs
        .events('Stated')
        .filter(({ args }) => Number(args.epoch) === posted.epoch)
        .map(({ args }) => ({ place: lowerHex(args.place), statement: args.statement })),
      revealed: this.logs
        .events('Revealed')
        .filter(({ args }) => Number(args.epoch) === posted.epoch)
        .map(({ args: { place, tree, path, pathBits, frontier } }) => {
          return { place: lowerHex(place), tree, path: lowerHex(path), pathBits, frontier: lowerHex(frontier) }
        }),
    }
  }

  private async shownDebits(demands: readonly DemandRecord[]): Promise<readonly ShownDebit[]> {
    const asked = new Map(demands.filter(isEntryShown).map(record => [record.id, record]))
    const shown: ShownDebit[] = []
    for (const { args, transactionHash } of asked.size === 0 ? [] : this.logs.events('Answered')) {
      const record = asked.get(lowerHex(args.id))
      if (record === undefined) continue
      const { input } = await this.chain.client.getTransaction({ hash: transactionHash })
      const debit = shownDebitIn(input, record)
      if (debit !== undefined) shown.push(debit)
    }
    return shown
  }

  /** Block time of an inbox item, in seconds. */
  private async arrivalOf({ index }: Pick<WatchedItem, 'index'>, blockNumber: bigint): Promise<number> {
    const { client, settlement } = this.chain
    const asked = { ...settlement, functionName: 'inboxItem', args: [BigInt(index)], blockNumber } as const
    return Number((await client.readContract(asked)).arrivedAt)
  }

  /** Of a cancelled epoch only the watcher's own bonds are looked at. */
  private async cancelledView(posted: PostedEpoch, blockNumber: bigint) {
    const demands = await this.demandsOn(posted.epoch, blockNumber, this.me)
    const open = demands.filter(({ state }) => state === 'open')
    const parent = { epoch: posted.parent, inboxCut: 0, journalPosition: 0, closedAt: 0, leavesRoot: zeroHash }
    return { posted, parent, inbox: [], newestItemAt: 0, demands: open, stated: [], revealed: [] }
  }

  private async parentOf({ parent }: PostedEpoch, blockNumber: bigint): Promise<PostedParent> {
    const { client, settlement } = this.chain
    const asked = { ...settlement, functionName: 'epoch', args: [BigInt(parent)], blockNumber } as const
    const epoch = await client.readContract(asked)
    return {
      epoch: parent,
      inboxCut: Number(epoch.inboxCut),
      journalPosition: Number(epoch.journalPosition),
      closedAt: Number(epoch.closedAt),
      leavesRoot: lowerHex(epoch.leavesRoot),
    }
  }

  private async demandsOn(epoch: number, blockNumber: bigint, by?: Address): Promise<readonly DemandRecord[]> {
    const { client } = this.chain
    const asked = this.logs.events('Demanded').filter(({ args }) => {
      return Number(args.epoch) === epoch && (by === undefined || lowerHex(args.asker) === by)
    })
    return Promise.all(
      asked.map(async ({ args: { id, question } }) => {
        const own = { ...this.disputes, functionName: 'demandOf', args: [id], blockNumber } as const
        const { asker, round, deadline, state } = await client.readContract(own)
        const { place, key } = question
        return {
          id: lowerHex(id),
          question: { ...question, place: lowerHex(place), key: lowerHex(key) },
          asker: lowerHex(asker),
          round,
          deadline: Number(deadline),
          state: demandStates[state] ?? 'unknown',
        }
      }),
    )
  }
}
