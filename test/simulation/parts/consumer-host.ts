import type { LedgerCrypto } from '@deparrow/ledger'
import { type ConsumerState, consumeTo, type EventBus, initialConsumerState } from '@deparrow/services/testing'
import { Machine, type SimProcess } from '../engine/machine.ts'
import type { Sim } from '../engine/sim.ts'

export type ConsumerHostParts = {
  readonly sim: Sim
  readonly name: string
  readonly shard: string
  readonly crypto: LedgerCrypto
  readonly bus: (process: SimProcess) => EventBus
}

const retryMs = 200

/**
 * A machine with the reference consumer. Its place and its balances are in one durable record; now and then a new process has lost the
 * cursor, which is only a hint.
 */
export class ConsumerHost {
  readonly machine: Machine
  readonly state: ConsumerState = initialConsumerState()

  constructor(readonly parts: ConsumerHostParts) {
    this.machine = new Machine(parts.sim, parts.name, process => this.boot(process))
  }

  private boot(process: SimProcess): void {
    const { sim, shard, crypto, bus } = this.parts
    if (sim.random.chance(0.3)) this.state.cursor = undefined
    const { signal } = new AbortController()
    process.run('the consumer', async () => {
      for (;;) {
        const reading = consumeTo({ bus: bus(process), shard, crypto }, this.state, Number.POSITIVE_INFINITY, signal)
        await reading.catch((error: unknown) => process.judge('the consumer', error))
        await process.sleep(retryMs)
      }
    })
  }
}
