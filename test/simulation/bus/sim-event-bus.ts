import {
  BusUnavailableError,
  type DeliveredEvent,
  type EventBus,
  type LedgerCloudEvent,
  type ShardPublisher,
} from '@deparrow/services/testing'
import type { SimProcess } from '../engine/machine.ts'
import type { Network } from '../engine/network.ts'
import type { BusLog, BusLogs } from './bus-log.ts'

const lookAgainMs = 700

const pageEventsMax = 200

/** The event bus as one process reaches it. Its broker gives a follower now and then what it gave before. */
export class SimEventBus implements EventBus {
  constructor(
    private readonly network: Network,
    private readonly logs: BusLogs,
    private readonly process: SimProcess,
  ) {}

  async open(shard: string): Promise<ShardPublisher> {
    const log = this.logs.of(shard)
    const { epoch, last } = await this.ask(`open ${shard}`, () => log.open())
    return {
      last,
      publish: batch => this.publish(log, epoch, batch),
      close: async () => {},
    }
  }

  async *follow(
    shard: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly DeliveredEvent[], void> {
    const log = this.logs.of(shard)
    let index = Number(cursor ?? 0)
    while (!signal.aborted) {
      const from = Math.max(0, index - this.repeated())
      const page = await this.ask(`fetch ${shard} ${from}`, () => pageOf(log, from))
      index = Math.max(index, from + page.length)
      if (page.length > 0) yield page
      if (index >= log.events.length) await this.woken(log, signal)
    }
  }

  async close(): Promise<void> {}

  private publish(log: BusLog, epoch: number, batch: readonly LedgerCloudEvent[]): Promise<void> {
    const [first] = batch
    return this.ask(`publish ${log.shard} ${first?.position}+${batch.length} epoch ${epoch}`, () =>
      log.commit(epoch, batch),
    )
  }

  /** How many records that were read before are read again. */
  private repeated(): number {
    const { isHealed, random } = this.process.sim
    return !isHealed && random.chance(0.05) ? random.between(1, 20) : 0
  }

  private async woken(log: BusLog, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const wake = (): void => woken.abort('woken')
    const forget = log.onNextCommit(() => {
      this.process.sim.scheduler.after(900, wake)
    })
    signal.addEventListener('abort', wake)
    await this.process.wait(lookAgainMs, woken.signal)
    signal.removeEventListener('abort', wake)
    forget()
  }

  private ask<T>(what: string, effect: () => T): Promise<T> {
    const unavailable = (cause: Error): Error => new BusUnavailableError({ reason: 'INJECTED', cause })
    return this.network.call({
      from: this.process,
      to: 'bus',
      what,
      effect,
      unanswered: unavailable,
      refused: unavailable,
    })
  }
}

function pageOf(log: BusLog, from: number): readonly DeliveredEvent[] {
  return log.events
    .slice(from, from + pageEventsMax)
    .map((event, offset) => ({ ...event, cursor: `${from + offset + 1}` }))
}
