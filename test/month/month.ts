import assert from 'node:assert/strict'
import {
  type Address,
  type LedgerCommand,
  type NodeRegistration,
  nodeRegistrationType,
  type PayoutInstruction,
  payoutInstructionType,
  type SpendPermission,
  spendPermissionType,
} from '@deparrow/ledger'
import { claimFor } from '@deparrow/services/testing'
import { Random } from '../simulation/engine/random.ts'
import { ChainServer } from './chain-server.ts'
import { type Contracts, deployContracts, type Officers } from './contracts.ts'
import { Market } from './market.ts'
import { Messages, type RunningJob } from './messages.ts'
import { OnChain } from './on-chain.ts'
import { Operator } from './operator.ts'
import { type ComputeNode, type People, peopleOf } from './people.ts'
import { Person } from './person.ts'
import { SimulatedChain } from './simulated-chain.ts'
import { Watchman } from './watchman.ts'

/** Six in the morning of some day. */
const startMs = Date.UTC(2027, 0, 4, 6)
const hourSeconds = 3_600
const daySeconds = 24 * hourSeconds
const shiftsPerDay = 4
const claimsPerDay = 25
/** What is staked for each of some nodes. */
export const stakeMicrocredits = 500_000_000n

export type MonthOptions = {
  readonly seed: number
  readonly days: number
  readonly nodes: number
  readonly agents: number
  /** Of a usual day. */
  readonly jobsPerDay: number
}

/** A network's month: its people, its operator, its chain, and what happens day by day. */
export class Month {
  readonly random: Random
  /** What people got of the distribution wallet, in µcr. */
  readonly given = new Map<Address, bigint>()
  readonly staked: readonly ComputeNode[]
  /** Epochs that the watcher has found to be what the journal gives. */
  readonly foundRight: number[] = []
  /** Those that were settled since the morning. */
  readonly jobsOfToday: RunningJob[] = []
  private night: readonly RunningJob[] = []

  private constructor(
    readonly options: MonthOptions,
    readonly chain: SimulatedChain,
    readonly contracts: Contracts,
    readonly officers: Officers,
    readonly people: People,
    readonly operator: Operator,
    readonly market: Market,
    readonly onChain: OnChain,
    readonly watchman: Watchman,
    private readonly server: ChainServer,
    random: Random,
  ) {
    this.random = random
    this.staked = people.nodes.slice(0, 60)
  }

  static async open(options: MonthOptions): Promise<Month> {
    const { seed } = options
    const chain = await SimulatedChain.open(startMs)
    const officers: Officers = {
      deployer: new Person(seed, 'deployer'),
      poster: new Person(seed, 'poster'),
      guardian: new Person(seed, 'guardian'),
      distribution: new Person(seed, 'distribution'),
      ledgerSigner: new Person(seed, 'ledger'),
      treasurer: new Person(seed, 'treasurer'),
    }
    const contracts = await deployContracts(chain, officers)
    const people = peopleOf(seed, { agents: options.agents, nodes: options.nodes, delegates: 6 })
    const operator = await Operator.open(chain, contracts, officers)
    const random = new Random(seed)
    const messages = new Messages(chain, contracts.domain, random)
    const market = new Market(operator, chain, people, messages, random)
    const onChain = new OnChain(chain, contracts, officers.distribution)
    const storedEvents = () => operator.storedEvents()
    const server = await ChainServer.start(chain, { storedEvents, domain: contracts.domain })
    const watchman = await Watchman.open(chain, contracts, people.watcher, server)
    return new Month(options, chain, contracts, officers, people, operator, market, onChain, watchman, server, random)
  }

  async close(): Promise<void> {
    await this.server.close()
    await this.chain.close()
  }

  /** Agents deposit, nodes register with payout wallets and standing instructions, some of them stake; every node does a first job. */
  async begin(): Promise<void> {
    const { people, operator, onChain, market } = this
    await this.give(
      people.agents.map(({ address }) => address),
      20_000_000_000n,
    )
    await this.give([people.watcher.address], 200_000_000n)
    for (const agent of people.agents) await onChain.deposit(agent, 5_000_000_000n)
    await onChain.stake(this.staked, stakeMicrocredits)
    await operator.follow()
    await operator.accept([...people.nodes, people.ignored].map(node => this.registration(node)))
    const minimum = () => BigInt(this.random.between(1, 1_500_000))
    await operator.accept(people.nodes.map(node => this.instruction(node, minimum())))
    await operator.accept([this.instruction(people.ignored, 1n)])
    await operator.accept(
      people.delegates.map((delegate, index) => this.permission(people.agents[index] as Person, delegate)),
    )
    this.chain.pass(hourSeconds)
    const jobs = await market.order(people.nodes)
    this.chain.pass(600)
    await market.finish(jobs)
    await this.evening()
  }

  /** A day from six to six: the night's epoch becomes final, people work, and the day's epoch is posted in the evening. */
  async day(number: number): Promise<void> {
    await this.morning(number)
    await this.work(number)
    await this.evening()
  }

  /** Until what the evening before has posted is final. */
  async morning(number: number): Promise<void> {
    this.chain.pass(startMs / 1_000 + number * daySeconds - Number(this.chain.nowSeconds))
    if (this.operator.index.pending === undefined) return
    await this.operator.finaliseEpoch()
    await this.claimSome()
  }

  async work(number: number): Promise<void> {
    const { market, operator, random, people } = this
    await market.endEscrows()
    await market.finish(this.night)
    this.jobsOfToday.length = 0
    const jobs = number % 10 === 5 ? people.nodes.length : this.options.jobsPerDay
    for (let shift = 0; shift < shiftsPerDay; shift++) {
      this.chain.pass(hourSeconds)
      await this.visitChain(number, shift)
      await operator.follow()
      const running = await market.order(this.nodesFor(Math.floor(jobs / shiftsPerDay), shift))
      await market.pay(10)
      await market.openEscrows(3)
      await market.orderInVain(2)
      this.chain.pass(random.between(300, 3_000))
      await market.finish(running)
      this.jobsOfToday.push(...running)
    }
    await this.spendByDelegates(number)
    this.night = await market.order(this.nodesFor(20, number), 20)
    await market.withdraw(random.pick(people.agents), BigInt(random.between(1, 40_000_000)))
  }

  /** The guardian takes the posted epoch back; the next one has what it had. */
  async nightOfTheGuardian(): Promise<void> {
    const { operator, onChain, officers } = this
    const { pending } = operator.index
    assert.ok(pending)
    await onChain.cancelEpoch(officers.guardian, pending.books.epoch)
    await operator.follow()
    assert.equal(operator.index.pending?.books.epoch, undefined)
  }

  /** What happens between the last evening and the end of the operator: it is in no epoch. */
  async lastNight(): Promise<void> {
    const { people, market, onChain, operator } = this
    this.chain.pass(hourSeconds)
    for (const agent of people.agents.slice(0, 7))
      await onChain.deposit(agent, BigInt(this.random.between(1, 30_000_000)))
    await onChain.forceWithdrawal(people.agents[1] as Person, 1_000_000n)
    await operator.follow()
    const running = await market.order(this.nodesFor(100, 0))
    await market.pay(20)
    await market.finish(running)
    await market.withdraw(people.agents[2] as Person, 5_000_000n)
  }

  async evening(): Promise<number> {
    this.chain.pass(hourSeconds)
    const epoch = await this.operator.postEpoch()
    await this.seeRight(epoch)
    await this.operator.registerPayees()
    return epoch
  }

  /** The watcher finds an honest epoch right, and asks nothing. */
  private async seeRight(epoch: number): Promise<void> {
    const { wrong, unknown, helpless, pending, sent, said } = await this.watchman.look()
    assert.deepEqual(
      { wrong, unknown, helpless, pending, sent },
      { wrong: [], unknown: [], helpless: [], pending: 1, sent: 0 },
    )
    assert.ok(said.some(({ code, message }) => code === 'EPOCH_RIGHT' && message.includes(`${epoch}`)))
    assert.deepEqual(
      said.filter(({ level }) => level !== 'info'),
      [],
    )
    this.foundRight.push(epoch)
  }

  private async give(to: readonly Address[], amountMicrocredits: bigint): Promise<void> {
    await this.onChain.give(to, amountMicrocredits)
    for (const account of to) this.given.set(account, amountMicrocredits)
  }

  /** What people ask of the contracts themselves. */
  private async visitChain(number: number, shift: number): Promise<void> {
    const { random, onChain, people } = this
    if (shift === 0) await onChain.deposit(random.pick(people.agents), BigInt(random.between(1, 50_000_000)))
    if (shift === 1) await onChain.forceWithdrawal(random.pick(people.agents), BigInt(random.between(1, 90_000_000)))
    if (shift === 2 && number === 12)
      await onChain.revoke(people.agents[0] as Person, (people.delegates[0] as Person).address, 1n)
    if (shift === 3 && number % 7 === 3)
      await onChain.unbond(this.staked[number] as ComputeNode, stakeMicrocredits / 2n)
  }

  /** Most payees leave what they earned where it is; some come for it. */
  private async claimSome(): Promise<void> {
    const { operator, onChain, people, random } = this
    const payees = new Set(Array.from({ length: claimsPerDay }, () => random.pick(people.nodes).payout.address))
    for (const agent of people.agents.slice(0, 5)) payees.add(agent.address)
    await onChain.claim(
      people.stranger,
      [...payees].flatMap(payee => claimFor(operator.index, payee) ?? []),
    )
    await operator.follow()
  }

  private async spendByDelegates(number: number): Promise<void> {
    for (const [index, delegate] of this.people.delegates.entries()) {
      const isTaken = await this.market.payAsDelegate(this.people.agents[index] as Person, delegate)
      assert.equal(
        isTaken,
        !(index === 0 && number >= 12),
        'a delegate spends exactly until its permission is taken back on chain',
      )
    }
  }

  private nodesFor(count: number, turn: number): readonly ComputeNode[] {
    const { nodes } = this.people
    const first = this.options.jobsPerDay < nodes.length ? this.random.below(nodes.length) : turn
    return Array.from({ length: count }, (_, index) => nodes[(first + index) % nodes.length] as ComputeNode)
  }

  private registration({ signer, payout }: ComputeNode): LedgerCommand {
    const message = {
      node: signer.address,
      payoutWallet: payout.address,
      nonce: 1n,
      deadline: this.chain.nowSeconds + 600n,
    }
    return {
      type: 'RegisterNode',
      registration: signer.sign<NodeRegistration>(this.contracts.domain, nodeRegistrationType, message),
    }
  }

  private instruction({ payout }: ComputeNode, minimumMicrocredits: bigint): LedgerCommand {
    const instruction = payout.sign<PayoutInstruction>(this.contracts.domain, payoutInstructionType, {
      wallet: payout.address,
      minimumMicrocredits,
      intervalSeconds: daySeconds / 2,
      expires: this.chain.nowSeconds + BigInt(90 * daySeconds),
      nonce: 1n,
    })
    return { type: 'InstructPayouts', instruction }
  }

  private permission(wallet: Person, delegate: Person): LedgerCommand {
    const permission = wallet.sign<SpendPermission>(this.contracts.domain, spendPermissionType, {
      wallet: wallet.address,
      delegate: delegate.address,
      jobMicrocreditsMax: 10_000_000n,
      hourMicrocreditsMax: 20_000_000n,
      dayMicrocreditsMax: 30_000_000n,
      counterparties: [],
      engines: [],
      expires: this.chain.nowSeconds + BigInt(60 * daySeconds),
      nonce: 1n,
    })
    return { type: 'GrantPermission', permission }
  }
}
