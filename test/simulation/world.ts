import { type EventStore, type LedgerConfig, type LedgerSigner, ledgerConfigDefaults } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { EventBus, ReadModel, SettlementChain } from '@deparrow/services/testing'
import { BusLogs } from './bus/bus-log.ts'
import { SimEventBus } from './bus/sim-event-bus.ts'
import { ChainWorld } from './chain/chain-world.ts'
import { SimSettlementChain } from './chain/sim-settlement-chain.ts'
import { AnswerCheck } from './check/answer-check.ts'
import { JournalCheck } from './check/journal-check.ts'
import { ReaderCheck } from './check/reader-check.ts'
import { type SimProcess } from './engine/machine.ts'
import { Network } from './engine/network.ts'
import { type Sim, simStartMs } from './engine/sim.ts'
import { ClientHost } from './parts/client-host.ts'
import { ClientProofs } from './parts/client-proofs.ts'
import { ConsumerHost } from './parts/consumer-host.ts'
import type { ShardsParts } from './parts/follow-shards.ts'
import { GatewayHost } from './parts/gateway-host.ts'
import { LedgerHost } from './parts/ledger-host.ts'
import { ProjectionHost } from './parts/projection-host.ts'
import { RelayHost } from './parts/relay-host.ts'
import { SettlementHost } from './parts/settlement-host.ts'
import { Journals } from './store/journals.ts'
import { SimEventStore } from './store/sim-event-store.ts'
import { parties, simDomain } from './work/party.ts'
import { Work } from './work/work.ts'
import { Workload } from './work/workload.ts'

/** Puts something between a part and what it uses: how specs plant the mistakes that the simulation must find. */
export type Plants = {
  readonly ledgerStore?: (store: EventStore) => EventStore
  readonly relayStore?: (store: EventStore) => EventStore
  readonly relayBus?: (bus: EventBus) => EventBus
  readonly chain?: (chain: SettlementChain, world: ChainWorld) => SettlementChain
}

export type WorldOptions = {
  readonly commands: number
  /** Empty, and nobody else's. */
  readonly readModel: ReadModel
  readonly plants?: Plants
}

const signer: LedgerSigner = {
  address: parties.ledger.address,
  sign: async digest => parties.ledger.signDigest(digest),
}

/** Small limits, so that the edges of everything are reached within minutes. */
const config: LedgerConfig = {
  ...ledgerConfigDefaults,
  chainId: simDomain.chainId,
  settlement: simDomain.verifyingContract,
  genesisHash: `0x${'9e'.repeat(32)}`,
  ledgerSigner: parties.ledger.address,
  treasurer: parties.treasurer.address,
  changeDelaySeconds: 20,
  rewards: { ...ledgerConfigDefaults.rewards, grantDayMicrocreditsMax: 60_000_000n },
}

/** The whole of DEparrow's ledger as it runs: every part real, everything that they reach simulated. */
export class World {
  readonly network: Network
  readonly journals: Journals
  readonly chain: ChainWorld
  readonly names: readonly string[]
  readonly bus: BusLogs
  readonly check: JournalCheck
  readonly answers: AnswerCheck
  readonly readers: ReaderCheck
  readonly ledgers: readonly (readonly LedgerHost[])[]
  readonly gateways: readonly GatewayHost[]
  readonly relays: RelayHost[]
  readonly consumers: readonly ConsumerHost[]
  /** The first is always there; another one may run beside it, as when somebody takes it for dead. */
  readonly settlements: SettlementHost[] = []
  readonly projection: ProjectionHost
  readonly clients: readonly ClientHost[]
  readonly workload: Workload
  commandsLeft: number

  constructor(
    readonly sim: Sim,
    private readonly options: WorldOptions,
  ) {
    const { random } = sim
    this.commandsLeft = options.commands
    const shardCount = random.pick([1, 1, 1, 2, 3])
    this.names = Array.from({ length: shardCount }, (_, shard) => `shard-${shard}`)
    this.network = new Network(sim)
    this.check = new JournalCheck(sim, ledgerCrypto, this.names)
    this.answers = new AnswerCheck(sim, this.check)
    this.readers = new ReaderCheck(sim, this.check)
    this.journals = new Journals(
      () => sim.nowMs,
      (shard, events) => this.check.appended(shard, events),
    )
    this.bus = new BusLogs((shard, batch) => this.readers.published(shard, batch))
    this.chain = new ChainWorld(sim, config)
    this.ledgers = this.names.map((shard, number) => this.ledgerHosts(shard, { ...config, shard: number, shardCount }))
    this.gateways = ['gateway-1', 'gateway-2'].map(name => new GatewayHost(sim, name, this.shardsParts()))
    this.relays = this.names.map((_, shard) => this.relay(shard, 1))
    this.consumers = this.names.map(shard => this.consumer(shard))
    this.addSettlement()
    const { names: journals, readers } = this
    const store = (process: SimProcess): EventStore => this.store(process)
    this.projection = new ProjectionHost({ sim, journals, readModel: options.readModel, store, readers })
    const work = new Work(random.fork(), () => simStartMs + sim.nowMs, this.check.journals)
    this.workload = new Workload(work)
    this.clients = this.startClients()
    this.fund()
  }

  /** Another relay of a shard, which fences the one before. */
  addRelay(shard: number): void {
    this.relays.push(this.relay(shard, this.relays.length + 1))
  }

  /** A settlement, beside one that may be there. */
  addSettlement(): void {
    const parts = { ...this.shardsParts(), chain: (process: SimProcess) => this.chainOf(process) }
    this.settlements.push(new SettlementHost(this.sim, `settlement-${this.settlements.length + 1}`, parts))
  }

  get ledgerHostsAll(): readonly LedgerHost[] {
    return this.ledgers.flat()
  }

  private shardsParts(): ShardsParts {
    const store = (process: SimProcess): EventStore => this.store(process)
    return { network: this.network, crypto: ledgerCrypto, hosts: this.ledgers, journals: this.names, store }
  }

  private ledgerHosts(shard: string, shardConfig: LedgerConfig): readonly LedgerHost[] {
    const { sim } = this
    const { ledgerStore = (store: EventStore) => store } = this.options.plants ?? {}
    return ['a', 'b', 'c'].map(
      (letter, index) =>
        new LedgerHost(
          {
            sim,
            name: `ledger-${shard}-${letter}`,
            shard,
            config: shardConfig,
            crypto: ledgerCrypto,
            signer,
            store: process => ledgerStore(this.store(process)),
            onSnapshot: (name, snapshot) => this.check.snapshotTaken(name, snapshot),
          },
          { steals: index === 0 },
        ),
    )
  }

  private relay(shard: number, number: number): RelayHost {
    const { sim, options } = this
    const name = this.names[shard] as string
    const { relayStore = (store: EventStore) => store, relayBus = (bus: EventBus) => bus } = options.plants ?? {}
    return new RelayHost({
      sim,
      name: `relay-${shard}-${number}`,
      shard: name,
      store: process => relayStore(this.store(process)),
      bus: process => relayBus(new SimEventBus(this.network, this.bus, process)),
    })
  }

  private consumer(shard: string): ConsumerHost {
    const bus = (process: SimProcess): EventBus => new SimEventBus(this.network, this.bus, process)
    return new ConsumerHost({ sim: this.sim, name: `consumer-${shard}`, shard, crypto: ledgerCrypto, bus })
  }

  private startClients(): readonly ClientHost[] {
    const { sim, network, gateways, answers } = this
    const proofs = new ClientProofs(sim, network, this.check)
    const thinkMs = sim.random.between(50, 1_500)
    const next = () => (this.commandsLeft-- > 0 ? this.workload.next() : undefined)
    const parts = { sim, network, gateways, answers, proofs, next, thinkMs }
    return ['client-1', 'client-2'].map(name => new ClientHost(parts, name))
  }

  /** Genesis amounts, a first deposit for everybody, and then deposits for as long as commands come. */
  private fund(): void {
    const { chain, sim } = this
    chain.arrive({ kind: 'genesisTreasury', account: parties.stranger.address, amountMicrocredits: 50_000_000n })
    chain.arrive({ kind: 'genesisRewards', account: parties.stranger.address, amountMicrocredits: 80_000_000n })
    for (const { address: account } of parties.wallets) {
      chain.arrive({ kind: 'deposit', account, amountMicrocredits: BigInt(sim.random.between(1, 300_000_000)) })
    }
    const later = (): void => {
      if (this.commandsLeft <= 0) return
      const { address: account } = sim.random.pick(parties.wallets)
      chain.arrive({ kind: 'deposit', account, amountMicrocredits: BigInt(sim.random.between(1, 20_000_000)) })
      sim.scheduler.after(sim.random.pause(3_000_000), later)
    }
    sim.scheduler.after(5_000_000, later)
  }

  private store(process: SimProcess): EventStore {
    return new SimEventStore(this.network, this.journals, process)
  }

  private chainOf(process: SimProcess): SettlementChain {
    const { chain: planted = (chain: SettlementChain) => chain } = this.options.plants ?? {}
    return planted(new SimSettlementChain(this.network, this.chain, process), this.chain)
  }
}
