import type { StakeChange } from '@deparrow/services/testing'
import type { Disturbance } from './engine/faults.ts'
import type { Random } from './engine/random.ts'
import type { Sim } from './engine/sim.ts'
import { parties } from './work/party.ts'
import type { World } from './world.ts'

/** Brings disaster now and then, of the kinds that the seed has drawn, until the world is healed. */
export class Chaos {
  private readonly random: Random

  constructor(
    private readonly sim: Sim,
    private readonly world: World,
  ) {
    this.random = sim.random.fork()
    this.strikeLater()
  }

  private strikeLater(): void {
    const { scheduler, faults } = this.sim
    scheduler.after(this.random.pause(faults.calmUs), () => {
      if (this.sim.isHealed || faults.disturbances.length === 0) return
      const kind = this.random.pick(faults.disturbances)
      this.sim.count(`disturbance: ${kind}`)
      this.strike(kind)
      this.strikeLater()
    })
  }

  private strike(kind: Disturbance): void {
    const { random, sim, world } = this
    switch (kind) {
      case 'crash':
        return random.pick(sim.machines).crash('struck')
      case 'partition':
        return this.partition()
      case 'clockJump':
        return this.moveClock(random.between(-120_000, 120_000))
      case 'clockDay':
        return this.moveClock(random.chance(0.8) ? random.between(0, 3_600_000) : 24 * 3_600_000)
      case 'steal': {
        const host = random.pick(world.ledgerHostsAll)
        host.steals = true
        return host.machine.crash('to steal the shard')
      }
      case 'shallowReorg':
        return world.chain.shallowReorg()
      case 'deepReorg':
        return world.chain.deepReorg(random.between(2_000_000, 15_000_000))
      case 'cancelEpoch':
        return world.chain.cancelNextEpoch()
      case 'nodeStake':
        return world.chain.stake(random.pick(parties.nodes).address, this.stakeChange())
      case 'secondRelay':
        if (world.relays.length < 3 * world.names.length) world.addRelay(random.below(world.names.length))
        return
      case 'secondSettlement':
        if (world.settlements.length < 2) world.addSettlement()
        return
      case 'rewind':
        for (const { state } of world.consumers) if (random.chance(0.5)) state.cursor = undefined
        return
    }
  }

  private stakeChange(): StakeChange {
    const { random } = this
    const amountWei = BigInt(random.between(1, 1_000_000)) * 10n ** 12n + BigInt(random.below(2)) * 7n
    const change = random.pick(['added', 'added', 'unbonding', 'withdrawn', 'slashed'] as const)
    return change === 'added' || change === 'unbonding' ? { type: change, amountWei } : { type: change }
  }

  private partition(): void {
    const { random, sim, world } = this
    const from = random.pick(sim.machines).name
    const to = random.chance(0.2)
      ? from
      : random.pick(['store', 'bus', 'chain', ...sim.machines.map(({ name }) => name)])
    world.network.partition(random.chance(0.1) ? 'store' : from, to, random.between(200_000, 8_000_000))
  }

  /** One machine's clock, mostly that of a writer. */
  private moveClock(byMs: number): void {
    const { random, sim, world } = this
    const machine = random.chance(0.7) ? random.pick(world.ledgerHostsAll).machine : random.pick(sim.machines)
    machine.clockSkewMs += byMs
    sim.note(`the clock of ${machine.name} jumps by ${byMs} ms`)
  }
}
