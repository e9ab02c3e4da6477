import {
  ClearingStalledError,
  type FollowingLedger,
  followClearing,
  type LedgerAnswer,
  type LedgerCommand,
  type LedgerDesk,
  ShardedLedger,
} from '@deparrow/ledger'
import { PollLoop } from '@deparrow/services/testing'
import { Machine, type SimProcess } from '../engine/machine.ts'
import type { Sim } from '../engine/sim.ts'
import { shardOf } from '../work/shard-of.ts'
import { followed, followShards, type ShardsParts } from './follow-shards.ts'
import { NotWriterError } from './ledger-host.ts'

/** The shortest and the longest pause between two attempts to follow another shard, as the clearing service has them. */
const retryMs = 100
const backoffMaxMs = 5_000

/** A machine that stands between clients and the shards' writers, and carries what is between the shards. */
export class GatewayHost {
  readonly machine: Machine
  /** Answers clients, once the shards are followed. */
  desk: LedgerDesk | undefined
  ledgers: readonly FollowingLedger[] = []

  constructor(
    sim: Sim,
    name: string,
    private readonly parts: ShardsParts,
  ) {
    this.machine = new Machine(sim, name, process => this.boot(process))
  }

  async submit(command: LedgerCommand): Promise<LedgerAnswer> {
    const { desk, ledgers } = this
    if (desk === undefined || !this.machine.process.isAlive) throw new NotWriterError()
    const answer = await desk.submit(command)
    if (answer.status === 'accepted') {
      const { position } = (ledgers[shardOf(answer)] as FollowingLedger).head()
      const isSeen = position >= answer.lastPosition
      const detail = (): string =>
        `${answer.commandId} is at ${answer.lastPosition}, ${this.machine.name} at ${position}`
      this.machine.sim.require(isSeen, 'whoever is told of a command sees what it did', detail)
    }
    return answer
  }

  private boot(process: SimProcess): void {
    this.desk = undefined
    process.run('the gateway', async () => {
      const ledgers = await followShards(this.parts, process)
      this.ledgers = ledgers
      this.desk = ledgers.length === 1 ? ledgers[0] : new ShardedLedger(ledgers)
      for (const [shard, ledger] of ledgers.entries()) this.carry(process, shard, ledger)
      await Promise.all(ledgers.map(followed))
    })
  }

  /** Takes into one shard what the others send, for ever. */
  private carry(process: SimProcess, toShard: number, ledger: FollowingLedger): void {
    const { journals, store } = this.parts
    const { signal } = new AbortController()
    for (const fromShard of journals.keys()) {
      if (fromShard === toShard) continue
      const step = (): Promise<void> =>
        followClearing({ store: store(process), journals, ledger }, fromShard, signal).catch((error: unknown) => {
          if (!isOvertaken(error)) process.judge('clearing', error)
          throw error
        })
      new PollLoop({ step, wait: process.wait, intervalMs: retryMs, backoffMaxMs }).start()
    }
  }
}

/** Sendings that were asked for at once may overtake each other on their way; the next attempt takes them in their order. */
function isOvertaken(error: unknown): boolean {
  return error instanceof ClearingStalledError && error.refusal.code === 'CLEARING_OUT_OF_ORDER'
}
