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
  EpochPoster,
  feedJournal,
  JournalIndex,
  sendOptionsLocal,
  ViemSettlementChain,
} from '@deparrow/services/testing'
import type { Contracts, Officers } from './contracts.ts'
import type { SimulatedChain } from './simulated-chain.ts'

const shard = 'month'
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
    const { addresses, client, domain } = contracts
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
    await feedJournal(ledger, event => index.apply(event))
    const settlementChain = new ViemSettlementChain({
      transport: chain.transport,
      settlement: lowerHex(addresses.settlement),
      registry: lowerHex(addresses.registry),
      account: officers.poster.account,
      options: sendOptionsLocal,
      wait: () => Promise.resolve(),
    })
    const parts = { ledger, chain: settlementChain, index }
    const follower = new ChainFollower({ ...parts, blocksPerRequestMax: 10_000 })
    const poster = new EpochPoster({
      ...parts,
      clock,
      options: { gatherMs: 0, epochIntervalMs: daySeconds * 1_000, payeesPerCallMax: 200 },
      isChainDoubtful: () => follower.followed === undefined || follower.chainAlarm !== undefined,
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

  /** Makes the pending epoch final; its window is over. */
  async finaliseEpoch(): Promise<void> {
    const { pending } = this.index
    await this.settleUntil(() => this.index.lastFinalEpoch === pending?.books.epoch, 'the epoch does not become final')
  }

  /** Registers the payees of nodes that are at work. */
  async registerPayees(): Promise<void> {
    await this.settleUntil(() => this.unregistered().length === 0, 'payees are not registered')
  }

  private unregistered(): readonly Address[] {
    return [...this.index.engagedNodes].flatMap(node => this.ledger.payoutWallet(node) ?? [])
  }

  /** Whether the pending epoch is whole on chain, as the follower has seen it. */
  private isPosted(): boolean {
    const { pending } = this.index
    return pending !== undefined && this.follower.postedTransactions.has(pending.books.epoch)
  }
}

const stepsMax = 60
const stepSeconds = 120

function bigintText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
