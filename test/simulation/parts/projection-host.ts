import type { Address, EventStore, WalletBalance } from '@deparrow/ledger'
import { catchUpReadModel, type ReadModel } from '@deparrow/services/testing'
import type { ReaderCheck } from '../check/reader-check.ts'
import { Machine, type SimProcess } from '../engine/machine.ts'
import type { Sim } from '../engine/sim.ts'

export type ProjectionHostParts = {
  readonly sim: Sim
  readonly journals: readonly string[]
  readonly readModel: ReadModel
  readonly store: (process: SimProcess) => EventStore
  readonly readers: ReaderCheck
}

const retryMs = 300

/** After so many events of a shard its balances are read out and compared. */
const compareEveryEvents = 150

/** A machine that folds all journals into a read model, whose database outlives its processes. */
export class ProjectionHost {
  readonly machine: Machine
  /** How far each shard's journal is known to be folded, by the shard's number. */
  readonly folded = new Map<number, number>()
  private readonly comparedAt = new Map<number, number>()

  constructor(private readonly parts: ProjectionHostParts) {
    this.machine = new Machine(parts.sim, 'projection', process => this.boot(process))
  }

  private boot(process: SimProcess): void {
    const store = this.parts.store(process)
    for (const [number, shard] of this.parts.journals.entries()) {
      process.run('the projections', async () => {
        for (;;) {
          await this.fold(process, store, shard, number).catch((error: unknown) =>
            process.judge('the projections', error),
          )
          await process.sleep(retryMs)
        }
      })
    }
  }

  private async fold(process: SimProcess, store: EventStore, shard: string, number: number): Promise<void> {
    const { readModel } = this.parts
    const { signal } = new AbortController()
    for (;;) {
      const position = await catchUpReadModel({ store, shard, number }, readModel)
      this.folded.set(number, position)
      process.sim.note(`${process.name} has folded ${shard} to ${position}`)
      if (position >= (this.comparedAt.get(number) ?? 0) + compareEveryEvents) await this.compare(number, shard)
      await store.waitBeyond(shard, position, signal)
    }
  }

  balance(wallet: Address): Promise<WalletBalance> {
    return this.parts.readModel.balance(wallet)
  }

  /** Compares all balances of a shard with those of its journal at the projections' position. */
  async compare(number: number, shard: string): Promise<number> {
    const { readModel, readers } = this.parts
    const position = await readModel.position(number)
    const balances = await readModel.balances(number)
    this.comparedAt.set(number, position)
    const found = new Map(balances.map(({ account, amountMicrocredits }) => [account as string, amountMicrocredits]))
    readers.balances('the projections', shard, position, found)
    return position
  }
}
