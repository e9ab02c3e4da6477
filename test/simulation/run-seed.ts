import { KyselyReadModel, openSqlite, type ReadModel } from '@deparrow/services/testing'
import { Chaos } from './chaos.ts'
import { checkAtRest, restlessness } from './check/rest-check.ts'
import type { Disturbance } from './engine/faults.ts'
import { Sim, type Violation } from './engine/sim.ts'
import { Trace } from './engine/trace.ts'
import { type Plants, World } from './world.ts'

export type SeedOptions = {
  readonly seed: number
  readonly commands: number
  readonly plants?: Plants
  /** What befalls the world, instead of what the seed draws. */
  readonly disturbances?: readonly Disturbance[]
  /** Gets every step as it happens. */
  readonly print?: (line: string) => void
}

export type SeedResult = {
  readonly seed: number
  readonly violation: Violation | undefined
  readonly lastSteps: readonly string[]
  /** Over all that happened: equal for equal seeds and options. */
  readonly traceHash: string
  readonly steps: number
  readonly simulatedMs: number
  /** Commands that were answered. */
  readonly answered: number
  readonly counts: ReadonlyMap<string, number>
}

/** A world that is not done by then is one that does not get on. */
const troubledMsMax = 30 * 60_000

/** Once nothing fails any more everything must have come to rest within this time. */
const healingMsMax = 6 * 60_000

/** How long an alarm stands before somebody starts the settlement again. */
const operatorUs = 60_000_000

/** Further than any hold, escrow or change of prices of a seed reaches. */
const beyondEverythingMs = 3 * 3_600_000

/** Runs one world from its first event to its rest, with an eye on every invariant after every step. */
export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const readModel = await KyselyReadModel.open(openSqlite(':memory:'))
  try {
    return await runWorld(options, readModel)
  } finally {
    await readModel.close()
  }
}

async function runWorld(options: SeedOptions, readModel: ReadModel): Promise<SeedResult> {
  const { seed, commands, plants, disturbances, print } = options
  const sim = new Sim(seed, new Trace(print), disturbances)
  const world = new World(sim, { commands, readModel, ...(plants === undefined ? {} : { plants }) })
  new Chaos(sim, world)
  await runUntil(world, () => world.commandsLeft <= 0, troubledMsMax)
  heal(world)
  await comeToRest(world)
  passTime(world)
  await comeToRest(world)
  if (sim.violation === undefined) await checkAtRest(sim, world)
  return {
    seed,
    violation: sim.violation,
    lastSteps: sim.trace.last(),
    traceHash: sim.trace.digest(),
    steps: sim.scheduler.steps,
    simulatedMs: sim.nowMs,
    answered: world.answers.answered,
    counts: sim.counts,
  }
}

async function runUntil(world: World, isDone: () => boolean, withinMs: number): Promise<boolean> {
  const { sim } = world
  const endMs = sim.nowMs + withinMs
  for (;;) {
    if (sim.violation !== undefined || sim.nowMs > endMs) return false
    if (isDone()) return true
    await sim.scheduler.step()
    for (const { parts, state } of world.consumers) world.readers.consumer(parts.shard, state)
  }
}

/**
 * From here on nothing new goes wrong; what went wrong before is still there, and clocks go on from where they stand. A settlement that began
 * to follow blocks of a chain that nobody has any more says so until somebody starts it again.
 */
function heal({ sim, network, chain, settlements }: World): void {
  sim.note('nothing fails any more')
  sim.isHealed = true
  network.heal()
  chain.healFork()
  sim.scheduler.after(operatorUs, () => {
    for (const { follower, machine } of settlements) {
      if (follower?.chainAlarm !== undefined) machine.crash('somebody looks after the alarm')
    }
  })
}

/** All clocks agree again, at a time when everything that could end by itself has. */
function passTime({ sim, check, ledgers }: World): void {
  const { random } = sim
  const latestMs = Math.max(
    ...check.journals.map(({ replica }) => replica.state.atMs),
    ...sim.machines.map(machine => machine.nowMs()),
  )
  for (const machine of sim.machines) machine.clockSkewMs += latestMs + beyondEverythingMs - machine.nowMs()
  sim.note(`all clocks are at ${latestMs + beyondEverythingMs}`)
  for (const hosts of ledgers) if (random.chance(0.5)) random.pick(hosts).machine.crash('to start anew')
}

async function comeToRest(world: World): Promise<void> {
  const { sim } = world
  let looked = 0
  let obstacle: string | undefined = 'nothing was looked at'
  const isAtRest = (): boolean => {
    if (sim.nowMs < looked + 1_000) return false
    looked = sim.nowMs
    obstacle = restlessness(world)
    return obstacle === undefined
  }
  const isDone = await runUntil(world, isAtRest, healingMsMax)
  if (!isDone && sim.violation === undefined)
    sim.fail('everything catches up once nothing fails any more', obstacle ?? '')
}
