import assert from 'node:assert/strict'
import { JournalLedger, type Ledger, type LedgerCommand } from '@deparrow/ledger'
import {
  Actor,
  digestOfOrder,
  ethersCrypto,
  InMemoryEventStore,
  InMemoryJournal,
  ledgerActor,
  testConfig,
  testStartMs,
} from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { ChainFollower } from '../chain-follower.ts'
import { DemandAnswerer } from '../demand-answerer.ts'
import { EpochPoster } from '../epoch-poster.ts'
import { JournalArchive } from '../journal-archive.ts'
import { feedJournal } from '../journal-feed.ts'
import { JournalIndex } from '../journal-index.ts'
import { PaidRows } from '../paid-rows.ts'
import { PublicSettlement } from '../public-settlement.ts'
import type { SettlementChain } from '../token-chain.port.ts'
import { InMemorySettlementChain } from './in-memory-settlement-chain.ts'

/** One life of the settlement process over a journal and a chain that outlive it. */
export type Life = {
  readonly ledger: Ledger
  readonly index: JournalIndex
  readonly follower: ChainFollower
  readonly poster: EpochPoster
  readonly answerer: DemandAnswerer
  readonly archive: JournalArchive
  readonly rows: PaidRows
}

/** What stands between the process and the world; a test puts faults there. */
export type Between = {
  readonly ledger: (ledger: Ledger) => Ledger
  readonly chain: (chain: SettlementChain) => SettlementChain
}

const nothingBetween: Between = { ledger: ledger => ledger, chain: chain => chain }

/** A journal and a chain with a clock that the test sets. */
export class SettlementFixture {
  readonly chain = new InMemorySettlementChain({ chainId: testConfig.chainId, genesisHash: testConfig.genesisHash })
  readonly clock = { ms: testStartMs, nowMs: () => this.clock.ms }
  /** Read when a life starts. */
  gatherMs = 0
  payeesPerCallMax = 200
  /** Whether assigned holds wait for the follower. The chain's blocks begin at time 0, far behind the journal's. */
  awaitsInbox = false
  maxFeePerGasWei: bigint | undefined
  epochBondWorthWei: bigint | undefined
  readonly epochIntervalMs = 3_600_000
  readonly journal = new InMemoryJournal()

  /** Starts the process anew, as after a kill: nothing is kept but journal and chain. */
  async start(between: Between = nothingBetween): Promise<Life> {
    const ledger = await JournalLedger.open({
      store: new InMemoryEventStore(this.journal),
      shard: 'test',
      crypto: ethersCrypto,
      clock: this.clock,
      awaitsInbox: this.awaitsInbox,
      signer: ledgerActor.asLedgerSigner(),
    })
    if (ledger.config() === undefined) await accept(ledger, { type: 'OpenLedger', config: testConfig })
    const index = new JournalIndex()
    const archive = new JournalArchive(ledgerCrypto)
    const rows = new PaidRows()
    await feedJournal(ledger, event => {
      index.apply(event)
      rows.apply(event)
      archive.apply(event)
    })
    const parts = { ledger: between.ledger(ledger), chain: between.chain(this.chain), index }
    const follower = new ChainFollower({ ...parts, blocksPerRequestMax: 3 })
    const { gatherMs, epochIntervalMs, payeesPerCallMax, maxFeePerGasWei, epochBondWorthWei } = this
    const options = { gatherMs, epochIntervalMs, payeesPerCallMax, maxFeePerGasWei, epochBondWorthWei }
    const answerer = new DemandAnswerer({
      ...parts,
      archive,
      options: { ...options, blocksPerRequestMax: 3 },
      isChainKnown: () => follower.isVerified,
    })
    const poster = new EpochPoster({
      ...parts,
      clock: this.clock,
      options,
      isChainDoubtful: () => follower.followed === undefined || follower.chainAlarm !== undefined,
      isExitStarted: () => follower.isExitStarted === true,
      answerer,
    })
    return { ledger, index, follower, poster, answerer, archive, rows }
  }

  /** Polls, ticks and lets a block pass, again and again. */
  async run({ follower, poster }: Life, rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await follower.poll()
      await poster.tick()
      this.chain.mine()
      this.clock.ms += 1_000
    }
    await follower.poll()
  }
}

/** What a life shows to everybody. */
export function publicOf({ index, rows, archive, answerer }: Life): PublicSettlement {
  const { lastEpoch, lastFinalEpoch } = index
  const status = { isReady: true, isExitStarted: false, problem: undefined, lastEpoch, lastFinalEpoch }
  return new PublicSettlement({ index, rows, archive, demands: () => answerer.demands, status: () => status })
}

export async function accept(ledger: Ledger, command: LedgerCommand): Promise<void> {
  const answer = await ledger.submit(command)
  assert.equal(answer.status, 'accepted', answer.status === 'refused' ? answer.refusal.code : '')
}

/** Credits of these wallets on their way to the chain. */
export async function withdraw(ledger: Ledger, actor: Actor, amountMicrocredits: bigint, nonce = 1n): Promise<void> {
  await accept(ledger, { type: 'WithdrawCredits', withdrawal: actor.withdrawal({ amountMicrocredits, nonce }) })
}

export const alice = new Actor(0xa11ce)
export const bob = new Actor(0xb0b)

/** A job of a payer on a node, as what the two sign for it. */
export function jobOf(payer: Actor, node: Actor) {
  const order = payer.order({ nonce: 1n })
  return { registration: node.registration(), order, orderDigest: digestOfOrder(order) }
}
