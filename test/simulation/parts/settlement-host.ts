import { type FollowingLedger, type Ledger, ShardedLedger } from '@deparrow/ledger'
import {
  ChainFollower,
  EpochPoster,
  feedJournal,
  JournalIndex,
  PollLoop,
  type SettlementChain,
} from '@deparrow/services/testing'
import { Machine, type SimProcess } from '../engine/machine.ts'
import type { Sim } from '../engine/sim.ts'
import { followed, followShards, type ShardsParts } from './follow-shards.ts'

export type SettlementHostParts = ShardsParts & {
  readonly chain: (process: SimProcess) => SettlementChain
}

const pollMs = 800
const backoffMaxMs = 5_000

const options = { gatherMs: 1_500, epochIntervalMs: 3_600_000, payeesPerCallMax: 3 } as const

/** A machine that follows the chain and posts epochs. All that it knows is in journal and chain. */
export class SettlementHost {
  readonly machine: Machine
  follower: ChainFollower | undefined
  poster: EpochPoster | undefined

  constructor(
    sim: Sim,
    name: string,
    private readonly parts: SettlementHostParts,
  ) {
    this.machine = new Machine(sim, name, process => this.boot(process))
  }

  private boot(process: SimProcess): void {
    process.run('settlement', async () => {
      const ledgers = await followShards(this.parts, process)
      const ledger = reserveDesk(ledgers)
      const index = new JournalIndex()
      await feedJournal(ledger, event => index.apply(event))
      const parts = { ledger, chain: this.parts.chain(process), index }
      const follower = new ChainFollower({ ...parts, blocksPerRequestMax: 7 })
      const isChainDoubtful = (): boolean => follower.followed === undefined || follower.chainAlarm !== undefined
      const poster = new EpochPoster({ ...parts, clock: process, options, isChainDoubtful })
      this.follower = follower
      this.poster = poster
      this.repeat(process, 'the chain follower', () => follower.poll())
      this.repeat(process, 'the poster', () => poster.tick())
      await Promise.all(ledgers.map(followed))
    })
  }

  private repeat(process: SimProcess, what: string, step: () => Promise<void>): void {
    const judged = (): Promise<void> =>
      step().catch((error: unknown) => {
        process.judge(what, error)
        throw error
      })
    new PollLoop({ step: judged, wait: process.wait, intervalMs: pollMs, backoffMaxMs }).start()
  }
}

/** What settlement needs of a ledger of several shards: the journal of the reserve's shard, and a desk for all of them. */
function reserveDesk(ledgers: readonly FollowingLedger[]): Ledger {
  const [reserve] = ledgers
  if (reserve === undefined) throw new RangeError('there is at least one shard')
  if (ledgers.length === 1) return reserve
  const desk = new ShardedLedger(ledgers)
  return new Proxy<Ledger>(reserve, {
    get(target, name) {
      const of = typeof name === 'string' && name in desk ? desk : target
      const value: unknown = Reflect.get(of, name)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}
