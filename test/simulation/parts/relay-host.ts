import type { EventStore } from '@deparrow/ledger'
import { type EventBus, JournalRelay } from '@deparrow/services/testing'
import { Machine, type SimProcess } from '../engine/machine.ts'
import type { Sim } from '../engine/sim.ts'

export type RelayHostParts = {
  readonly sim: Sim
  readonly name: string
  readonly shard: string
  readonly store: (process: SimProcess) => EventStore
  readonly bus: (process: SimProcess) => EventBus
}

const watchMs = 300

/** A machine that publishes one shard's journal. */
export class RelayHost {
  readonly machine: Machine
  private relay: JournalRelay | undefined

  constructor(private readonly parts: RelayHostParts) {
    this.machine = new Machine(parts.sim, parts.name, process => this.boot(process))
  }

  get publishedPosition(): number {
    return this.relay?.publishedPosition ?? 0
  }

  private boot(process: SimProcess): void {
    const { shard, store, bus } = this.parts
    const relay = new JournalRelay({ store: store(process), bus: bus(process), shard, wait: process.wait })
    this.relay = relay
    relay.start()
    process.run('the relay', async () => {
      for (;;) {
        await process.sleep(watchMs)
        if (relay.lastError !== undefined) process.judge('the relay', relay.lastError)
        if (relay.state === 'refused') process.sim.fail('the relay goes on', `${process.name} refuses to publish`)
      }
    })
  }
}
