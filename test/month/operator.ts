import assert from 'node:assert/strict'
import {
  type Address,
  type Clock,
  JournalLedger,
  type LedgerAnswer,
  type LedgerCommand,
  type LedgerConfig,
  ledgerConfigDefaults,
  lowerHex,
  type StoredEvent,
} from '@deparrow/ledger'
import { InMemoryEventStore, InMemoryJournal } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import {
  ChainFollower,
  DemandAnswerer,
  EpochPoster,
  feedJournal,
  JournalArchive,
  JournalIndex,
  sendOptionsLocal,
  ViemSettlementChain,
} from '@deparrow/services/testing'
import type { Contracts, Officers } from './contracts.ts'
import type { SimulatedChain } from './simulated-chain.ts'

const shard = 'month'
const blocksPerRequestMax = 10_000
const daySeconds = 86_400

/** The network's operator: the ledger, and the services' own settlement, driven step by step. */
export class Operator {
  private constructor(
    readonly ledger: JournalLedger,
    private readonly journal: InMemoryJournal,
    readonly index: JournalIndex,
    private readonly follower: ChainFollower,
    private readonly poster: EpochPoster,
    private readonly chain: SimulatedChain,
  ) {}

  static async open(chain: SimulatedChain, contracts: Contracts, officers: Officers): Promise<Operator> {
    const { client, domain } = contracts
    const journal = new InMemoryJournal(() => chain.nowMs())
    const clock: Clock = chain
    const signer = officers.ledgerSigner.asLedgerSigner()
    const store = new InMemoryEventStore(journal)
    const ledger = await JournalLedger.open({ store, shard, crypto: ledgerCrypto, clock, signer })
    const { hash: genesisHash } = await client.getBlock({ blockNumber: 0n })
    const config: LedgerConfig = {
      ...ledgerConfigDefaults,
      chainId: domain.chainId,
      settlement: domain.verifyingContract,
      genesisHash: lowerHex(genesisHash),
      ledgerSigner: officers.ledgerSigner.address,
      treasurer: officers.treasurer.address,
    }
    await ledger.submit({ type: 'OpenLedger', config })
    const index = new JournalIndex()
    const archive = new JournalArchive(ledgerCrypto)
    await feedJournal(ledger, event => {
      index.apply(event)
      archive.apply(event)
    })
    const settlementChain = posterChain(chain, contracts, officers)
    const parts = { ledger, chain: settlementChain, index }
    const follower = new ChainFollower({ ...parts, blocksPerRequestMax })
    const isChainKnown = () => follower.isVerified
    const poster = new EpochPoster({
      ...parts,
      clock,
      options: { gatherMs: 0, epochIntervalMs: daySeconds * 1_000, payeesPerCallMax: 200 },
      isChainDoubtful: () => follower.followed === undefined || follower.chainAlarm !== undefined,
      isExitStarted: () => follower.isExitStarted === true,
      answerer: new DemandAnswerer({ ...parts, archive, options: { blocksPerRequestMax }, isChainKnown }),
    })
    return new Operator(ledger, journal, index, follower, poster, chain)
  }

  /** The public journal, as anybody has a copy of it. */
  storedEvents(): readonly StoredEvent[] {
    return this.journal.shard(shard).events
  }

  /** Submits commands together and sees each accepted. */
  async accept(commands: readonly LedgerCommand[]): Promise<void> {
    for (const answer of await this.submit(commands)) {
      assert.equal(answer.status, 'accepted', answer.status === 'refused' ? answer.refusal.code : '')
    }
  }

  submit(commands: readonly LedgerCommand[]): Promise<readonly LedgerAnswer[]> {
    return Promise.all(commands.map(command => this.ledger.submit(command)))
  }

  /** Takes in what the chain says. */
  async follow(): Promise<void> {
    await this.chain.mine()
    await this.follower.poll()
    assert.equal(this.follower.chainAlarm, undefined)
  }

  /** Follows and posts until this is so, a few minutes a step; throws when it does not come to that. */
  async settleUntil(isDone: () => boolean, what: string): Promise<void> {
    for (let step = 0; step < stepsMax && !isDone(); step++) {
      await this.follow()
      if (isDone()) return
      await this.poster.tick()
      assert.equal(this.poster.posterAlarm, undefined)
      this.chain.pass(stepSeconds)
    }
    const { problem, closeRefusal } = this.poster
    assert.ok(isDone(), `${what}: ${JSON.stringify({ problem, closeRefusal }, bigintText)}`)
  }

  /** Posts the epoch that is due; its number. */
  async postEpoch(): Promise<number> {
    assert.equal(this.index.pending?.books.epoch, undefined)
    await this.settleUntil(() => this.isPosted(), 'no epoch was posted')
    return this.index.lastEpoch
  }

  /** Closes the books of an epoch in the journal and posts nothing. */
  async closeBooks(): Promise<void> {
    await this.follow()
    await this.accept(this.ledger.dueInstructions().map(wallet => ({ type: 'PayByInstruction', wallet })))
    await this.accept([{ type: 'CloseEpoch', epoch: this.index.lastNumber + 1 }])
  }

  /** Makes the pending epoch final; its window is over. */
  async finaliseEpoch(): Promise<void> {
    const { pending } = this.index
    await this.settleUntil(() => this.index.lastFinalEpoch === pending?.books.epoch, 'the epoch does not become final')
  }

  /** Registers everybody who has payouts or is at work. */
  async registerPayees(): Promise<void> {
    await this.settleUntil(() => this.unregistered().length === 0, 'payees are not registered')
  }

  private unregistered(): readonly Address[] {
    const ofNodes = [...this.index.engagedNodes].flatMap(node => this.ledger.payoutWallet(node) ?? [])
    return [...ofNodes, ...this.ledger.payeesToRegister()]
  }

  /** Whether the pending epoch is whole on chain, as the follower has seen it. */
  private isPosted(): boolean {
    const { pending } = this.index
    return pending !== undefined && this.follower.postedTransactions.has(pending.books.epoch)
  }
}

/** The chain as the poster's key sees it. */
export function posterChain(
  chain: SimulatedChain,
  { addresses }: Contracts,
  { poster }: Officers,
): ViemSettlementChain {
  return new ViemSettlementChain({
    transport: chain.transport,
    settlement: lowerHex(addresses.settlement),
    registry: lowerHex(addresses.registry),
    account: poster.account,
    options: sendOptionsLocal,
    wait: () => Promise.resolve(),
  })
}

const stepsMax = 60
const stepSeconds = 120

function bigintText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
