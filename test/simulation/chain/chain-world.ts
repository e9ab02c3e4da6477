import type { Address, InboxKind } from '@deparrow/ledger'
import { appendInbox, claimOnChain, InMemorySettlementChain, type StakeChange } from '@deparrow/services/testing'
import type { Random } from '../engine/random.ts'
import type { Sim } from '../engine/sim.ts'

export type Arrival = { readonly kind: InboxKind; readonly account: Address; readonly amountMicrocredits: bigint }

/** The chain itself, which mines by its own clock whatever becomes of those who follow it, and whose newest blocks may be replaced. */
export class ChainWorld {
  readonly chain: InMemorySettlementChain
  private readonly random: Random
  private arriving: Arrival[] = []
  private bringBack: (() => void) | undefined
  private isCancelWanted = false
  /** The highest block that ever had its confirmations. */
  private confirmed = 0n

  constructor(
    private readonly sim: Sim,
    identity: { readonly chainId: number; readonly genesisHash: `0x${string}` },
  ) {
    this.random = sim.random.fork()
    this.chain = new InMemorySettlementChain(identity)
    this.chain.confirmations = this.random.between(1, 3)
    for (let block = 0; block < 3; block++) this.mine()
    this.mineLater()
  }

  /** Whether blocks that had their confirmations are gone for now. */
  get isForked(): boolean {
    return this.bringBack !== undefined
  }

  arrive(item: Arrival): void {
    this.arriving.push(item)
  }

  /** Takes the next epoch back that is whole, as its guardian or a demand would. */
  cancelNextEpoch(): void {
    this.isCancelWanted = true
  }

  /** What a node has at stake changes. */
  stake(node: Address, change: StakeChange): void {
    if (this.isForked) return
    this.chain.stake(node, change)
    this.sim.note(`the stake of ${node} is ${change.type}`)
    this.countConfirmed()
  }

  /** Drops the blocks that nobody can have counted yet, with what is in them. */
  shallowReorg(): void {
    const depth = Number(this.chain.latest.number - this.confirmed)
    if (depth === 0 || this.isForked) return
    const count = this.chain.contract.inbox.length
    this.chain.reorg(depth)
    this.sim.count('shallow reorgs')
    this.sim.note(`the chain drops ${depth} blocks and ${count - this.chain.contract.inbox.length} items`)
  }

  /** Drops blocks that were counted. Only empty ones come in their place, until the old ones are back; nothing waits to be mined in them. */
  deepReorg(durationUs: number): void {
    if (this.isForked || this.chain.latest.number < 12n) return
    this.mine()
    const depth = this.chain.confirmations + this.random.between(1, 5)
    this.bringBack = this.chain.reorg(depth)
    this.sim.count('deep reorgs')
    this.sim.note(`the chain drops ${depth} blocks for ${durationUs} us`)
    this.sim.scheduler.after(durationUs, () => this.healFork())
  }

  healFork(): void {
    if (this.bringBack === undefined) return
    this.bringBack()
    this.bringBack = undefined
    this.sim.note('the chain has its blocks back')
  }

  private mineLater(): void {
    this.sim.scheduler.after(this.random.between(600_000, 1_400_000), () => {
      this.mine()
      this.mineLater()
    })
  }

  private mine(): void {
    if (this.isForked) return this.chain.mine()
    const arriving = this.arriving.splice(0)
    this.chain.mine(state => {
      const items = arriving.map(({ kind, account, amountMicrocredits }) =>
        appendInbox(state, kind, account, amountMicrocredits),
      )
      return [...items, ...this.claimants(state).map(wallet => claimOnChain(state, wallet))]
    })
    this.cancelWanted()
    this.countConfirmed()
  }

  private countConfirmed(): void {
    const confirmed = this.chain.latest.number + 1n - BigInt(this.chain.confirmations)
    if (confirmed > this.confirmed) this.confirmed = confirmed
  }

  /** An epoch that this block has made whole cannot be final in the next one. */
  private cancelWanted(): void {
    const { contract, latest } = this.chain
    const newest = contract.epochs.at(-1)
    const isFresh = newest?.completedAtSeconds === Number(latest.timeSeconds)
    if (!this.isCancelWanted || this.sim.isHealed || !isFresh) return
    this.isCancelWanted = false
    this.chain.cancel(contract.epochs.length)
    this.sim.count('epochs cancelled on chain')
    this.sim.note(`the chain takes epoch ${contract.epochs.length} back`)
  }

  /** Some of those whom the contract owes something, unless an epoch is still in its window. */
  private claimants({ finalEpoch, epochs, cumulative, claimed }: ChainWorld['chain']['contract']): readonly Address[] {
    if (epochs.slice(finalEpoch).some(({ isCancelled }) => !isCancelled)) return []
    const owed = [...cumulative].filter(([wallet, amount]) => amount > (claimed.get(wallet) ?? 0n))
    return owed.map(([wallet]) => wallet).filter(() => this.random.chance(0.25))
  }
}
