import assert from 'node:assert/strict'
import { dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { encodeRows } from '@deparrow/contracts/rows'
import {
  acceptanceRootType,
  acceptanceType,
  bytesToHex,
  chainHash,
  concatBytes,
  type Domain,
  type EpochBooks,
  encodeEvent,
  formatExportEnd,
  formatExportedEvent,
  formatExportHeader,
  type Hex,
  type LedgerEvent,
  lowerHex,
  type Message,
  type MessageType,
  type Signed,
  type StoredEvent,
  structHash,
  typedDataDigest,
  zeroHash,
} from '@deparrow/ledger'
import { Actor, TestLedger, testConfig } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { answerTo, type ClosedHeader, type EpochArchive, stateAccount } from '@deparrow/sdk/disputes'
import {
  type AcceptanceStruct,
  type EpochView,
  endingCalls,
  type OwnBooks,
  planEpoch,
  type WatchCall,
  type WatchPlan,
} from '@deparrow/sdk/watcher'
import { parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { contractErrors, type DisputesContract, type ReceiptsContract } from '../chain/contracts.ts'
import { LocalSettlement, published, testPeriods } from '../chain/local-settlement.spec.fixture.ts'
import { openSettlementChain, type SettlementChain } from '../chain/open-settlement.ts'
import { refusalOf } from '../chain/refusal.ts'
import { ChainWatch } from './chain-sight.ts'
import { archiveOf, burntIn, type Forged } from './watched-journal.spec.fixture.ts'

const poster = published(1)
/** With as many rounds as the default, in whose reward the bonds of a search are. */
export const watchedPeriods = { ...testPeriods, roundsMax: 36n, exitSeconds: 60_000n }

/** Whose purse the demands come out of. */
export const watcher = published(5)

const accountOf = (actor: number) => privateKeyToAccount(`0x${actor.toString(16).padStart(64, '0')}`)

/** Agents with deposits on chain. */
export const agents = { alice: new Actor(1), bob: new Actor(2), carol: new Actor(3), thief: new Actor(4) } as const
const agentNumbers = { alice: 1, bob: 2, carol: 3, thief: 4 } as const
export type AgentName = keyof typeof agents

type Write = Parameters<LocalSettlement['write']>[1]

/** What became of a watched epoch. */
export type Outcome = {
  readonly status: number
  readonly plans: readonly WatchPlan[]
  /** Names of all functions that the watcher called. */
  readonly called: readonly string[]
  /** Why the contracts took an answer of the poster's not, and what its journal has no answer to. */
  readonly refused: readonly string[]
  /** What the purse gained, without what bonds are still behind demands, in wei. */
  readonly gainedWei: bigint
}

/** A ledger, the contracts, a poster that may post what it likes, and a watcher. */
export class WatchedNetwork {
  readonly ledger: TestLedger
  private readonly sight: ChainWatch

  private constructor(
    readonly chain: LocalSettlement,
    readonly opened: SettlementChain,
    private readonly disputes: DisputesContract,
    private readonly receipts: ReceiptsContract,
    readonly domain: Domain,
    genesisHash: Hex,
  ) {
    this.ledger = new TestLedger({ ...testConfig, settlement: domain.verifyingContract, genesisHash })
    this.sight = new ChainWatch(opened, disputes, lowerHex(watcher.address))
  }

  static async start(): Promise<WatchedNetwork> {
    const chain = await LocalSettlement.start(watchedPeriods)
    const opened = await openSettlementChain({ rpcUrl: chain.rpcUrl })
    const { disputes, receipts, settlement, client } = opened
    assert.ok(disputes && receipts)
    const { hash } = await client.getBlock({ blockNumber: 0n })
    const domain = { chainId: 31_337, verifyingContract: settlement.address }
    const network = new WatchedNetwork(chain, opened, disputes, receipts, domain, hash)
    await network.prepare()
    return network
  }

  close(): Promise<void> {
    return this.chain.close()
  }

  sign<M extends Message>(signer: Actor, type: MessageType, message: M): Signed<M> {
    return signer.sign(type, message, this.domain)
  }

  digest(type: MessageType, message: Message): Hex {
    return typedDataDigest(ledgerCrypto, this.domain, type, message)
  }

  /** When a message signed now may be presented, in seconds. */
  get deadline(): bigint {
    return BigInt(Math.floor(this.ledger.nowMs / 1_000) + 20 * 24 * 3_600)
  }

  /** The contract's call by an agent, in whose inbox it leaves an item. */
  async force(name: AgentName, amountMicrocredits: bigint): Promise<void> {
    const account = accountOf(agentNumbers[name])
    const call = { address: this.chain.settlement, abi: settlementAbi, functionName: 'forceWithdrawal' } as const
    await this.chain.write(account, { ...call, args: [amountMicrocredits] })
    await this.follow()
  }

  /** A small deposit on chain, which the ledger takes in. */
  async deposit(name: AgentName): Promise<void> {
    await this.chain.deposit(accountOf(agentNumbers[name]), '1')
    await this.follow()
  }

  /** The guardian takes the head back, so that the next epoch has its parent. */
  async cancelByGuardian(): Promise<void> {
    const epoch = await this.opened.client.readContract({ ...this.opened.settlement, functionName: 'headEpoch' })
    const call = { address: this.chain.settlement, abi: settlementAbi, functionName: 'cancel', args: [epoch] } as const
    await this.chain.write(published(0), call)
  }

  async register(name: AgentName): Promise<void> {
    const args = [[agents[name].address]] as const
    const call = { address: this.chain.settlement, abi: settlementAbi, functionName: 'registerPayees', args } as const
    await this.chain.write(poster, call)
    const id = await this.opened.client.readContract({
      ...this.opened.settlement,
      functionName: 'payeeId',
      args: [agents[name].address],
    })
    this.ledger.accept({ type: 'RecordPayee', wallet: agents[name].address, id })
  }

  /** The ledger takes in what the inbox has. */
  async follow(): Promise<void> {
    const { inbox, nowSeconds } = await this.look()
    this.ledger.nowMs = nowSeconds * 1_000
    for (const item of inbox.slice(this.recorded)) {
      this.ledger.accept({ type: 'RecordInboxItem', ...item })
      this.recorded = item.index + 1
    }
  }

  private recorded = 0

  /** What somebody made of the journal: the ledger's events, and more behind them. */
  withForged(...forged: readonly Forged[]): readonly LedgerEvent[] {
    const { events, nowMs } = this.ledger
    return [
      ...events,
      ...forged.map((event, index) => ({ ...event, position: events.length + index + 1, atMs: nowMs })),
    ] as readonly LedgerEvent[]
  }

  /** Posts an epoch over events, public or not. The header says the position of the public journal, unless another is given. */
  async post(events: readonly LedgerEvent[], change: Partial<ClosedHeader> = {}): Promise<EpochArchive> {
    const archive = await this.archiveOf(events, change)
    await this.postBooks(archive.asked?.books as EpochBooks)
    return archive
  }

  /** The journal of somebody who closes these events as the next epoch. */
  async archiveOf(events: readonly LedgerEvent[], change: Partial<ClosedHeader> = {}): Promise<EpochArchive> {
    const { client, settlement } = this.opened
    const [parent, last] = await Promise.all([
      client.readContract({ ...settlement, functionName: 'headEpoch' }),
      client.readContract({ ...settlement, functionName: 'lastEpoch' }),
    ])
    const { events: own, state } = this.ledger
    const header: ClosedHeader = {
      epoch: Number(last) + 1,
      parent: Number(parent),
      inboxCut: this.recorded,
      journalPosition: own.length,
      journalHash: state.hash,
      burnMicrocredits: burntIn(events),
      ...change,
    }
    return archiveOf(events, header, this.ledger.nowMs)
  }

  async postBooks({ rows, ...books }: EpochBooks): Promise<void> {
    const header = {
      parent: BigInt(books.parent),
      inboxCut: BigInt(books.inboxCut),
      journalPosition: BigInt(books.journalPosition),
      closedAt: BigInt(Math.floor(this.ledger.nowMs / 1_000)),
      journalHash: books.journalHash,
      burnMicrocredits: books.burnMicrocredits,
      leavesRoot: books.leavesRoot,
      leavesTotalMicrocredits: books.leavesTotalMicrocredits,
      rowCount: rows.length,
    }
    const encoded = encodeRows(rows.map(({ id, ...row }) => ({ ...row, payeeId: id })))
    const call = { address: this.chain.settlement, abi: settlementAbi, functionName: 'postEpoch' } as const
    await this.chain.write(poster, { ...call, args: [header, encoded] } as unknown as Write)
  }

  /** Makes the head final, on chain and in the journal. */
  async settle(epoch: number): Promise<void> {
    await this.chain.pass(testPeriods.windowSeconds + 1n)
    const call = { address: this.chain.settlement, abi: settlementAbi, functionName: 'finalise' } as const
    await this.chain.write(poster, { ...call, args: [BigInt(epoch)] })
    this.ledger.nowMs = Number(await this.chain.now()) * 1_000
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
    this.ledger.accept({ type: 'RecordEpochFinal', epoch, burnMicrocredits: 0n, place })
  }

  /** What the public journal says of the newest epoch on chain. */
  async own(events: readonly LedgerEvent[] = this.ledger.events, facts: Partial<OwnBooks> = {}): Promise<OwnBooks> {
    const { posted } = await this.view()
    const { epoch, parent, inboxCut, journalPosition, journalHash, burnMicrocredits, closedAt } = posted
    const header = { epoch, parent, inboxCut, journalPosition, journalHash, burnMicrocredits }
    const archive = archiveOf(events.slice(0, journalPosition), header, closedAt * 1_000)
    return { archive, isSound: true, isComplete: true, ...facts }
  }

  async view(): Promise<Omit<EpochView, 'own'>> {
    const view = (await this.look()).views.at(-1)
    assert.ok(view)
    return view
  }

  /** The watcher watches and the poster answers what it can, until nothing is left to do; then time passes, until the epoch is cancelled or final. */
  async play(
    books: EpochArchive,
    own: OwnBooks | undefined,
    answers = true,
    more: Partial<EpochView> = {},
  ): Promise<Outcome> {
    const plans: WatchPlan[] = []
    const called: string[] = []
    const refused: string[] = []
    const before = await this.purse()
    for (let turn = 0; turn < 40; turn++) {
      const view = await this.view()
      const plan = planEpoch({ ...view, own, ...more })
      plans.push(plan)
      let sent = 0
      for (const call of plan.calls) {
        if (!(await this.send(call))) continue
        called.push(call.functionName)
        sent += 1
        if (endingCalls.has(call.functionName)) break
      }
      if (sent === 0) {
        const isOpen = view.demands.some(({ state }) => state === 'open')
        if (view.posted.status !== 'pending' || !isOpen) break
        await this.chain.pass(testPeriods.answerSeconds + 1n)
      } else if (answers) refused.push(...(await this.answer(books)))
    }
    const { posted } = await this.view()
    const status = await this.opened.client.readContract({
      ...this.opened.settlement,
      functionName: 'epochStatus',
      args: [BigInt(posted.epoch)],
    })
    return { status, plans, called, refused, gainedWei: (await this.purse()) - before }
  }

  async purse(): Promise<bigint> {
    const { client, token } = this.opened
    const [inPurse, inWallet] = await Promise.all([
      client.readContract({ ...this.disputes, functionName: 'purseWei', args: [watcher.address] }),
      client.readContract({ ...token, functionName: 'balanceOf', args: [watcher.address] }),
    ])
    return inPurse + inWallet
  }

  /** Answers false for an acceptance that the contract does not take. */
  private async send({ contract, functionName, args }: WatchCall): Promise<boolean> {
    const contracts = { disputes: this.disputes, disputedReceipts: this.receipts, settlement: this.opened.settlement }
    const { address, abi } = contracts[contract]
    try {
      const write = { address, abi: [...abi, ...contractErrors], functionName, args }
      await this.chain.write(watcher, write as unknown as Write)
      return true
    } catch (error) {
      if (refusalOf(error) === undefined || functionName !== 'cancelStale') throw error
      return false
    }
  }

  /** Sends pushes as the watcher; answers the number of the last inbox item. */
  async push(calls: readonly WatchCall[]): Promise<number> {
    for (const call of calls) assert.ok(await this.send(call))
    const { inbox } = await this.look()
    return inbox.at(-1)?.index ?? 0
  }

  /** What the ledger signs of a command that it took. */
  async accepted(digest: Hex, position: number, atMs: number): Promise<AcceptanceStruct> {
    const acceptance = { digest, position: BigInt(position), isAccepted: true, atMs: BigInt(atMs) }
    const leaf = concatBytes(Uint8Array.of(0), structHash(ledgerCrypto, acceptanceType, acceptance))
    const hash = bytesToHex(ledgerCrypto.keccak256(leaf))
    const root = { shard: 0, root: hash, position: BigInt(position), journalHash: zeroHash }
    const signature = await published(0).sign({ hash: this.digest(acceptanceRootType, root) })
    return { acceptance, index: 0, count: 1, siblings: [], root, signature }
  }

  /** Answers all open demands that the journal of the poster answers. Returns why the others are not. */
  async answer(books: EpochArchive): Promise<string[]> {
    const view = await this.view()
    const refused: string[] = []
    if (view.posted.status !== 'pending') return refused
    for (const { question, state } of view.demands) {
      if (state !== 'open') continue
      const answer = answerTo(books, { question }, { rowsPerPart: 1_000 })
      if ('cannotAnswer' in answer) {
        refused.push(answer.cannotAnswer)
        continue
      }
      const stating = answer.stated === undefined ? undefined : stateAccount(books, answer.stated)
      const isStated = view.stated.some(({ place }) => place === answer.stated)
      try {
        if (stating !== undefined && !isStated) await this.write(stating)
        await this.write(answer)
      } catch (error) {
        const reason = refusalOf(error)
        if (reason === undefined) throw error
        if (reason.code !== 'StatementDiffers') refused.push(reason.code)
      }
    }
    return refused
  }

  private async write({ functionName, args }: { readonly functionName: string; readonly args: readonly unknown[] }) {
    await this.chain.write(poster, { ...this.disputes, functionName, args } as unknown as Write)
  }

  /** The public journal as a gateway serves it. */
  export(events: readonly Pick<StoredEvent, 'hash' | 'payload'>[] = this.ledger.stored): string {
    const { chainId, verifyingContract: settlement } = this.domain
    const header = formatExportHeader({ shard: '0', chainId, settlement, after: { position: 0, hash: zeroHash } })
    const end = { position: events.length, hash: events.at(-1)?.hash ?? zeroHash }
    return `${header}${events.map(formatExportedEvent).join('')}${formatExportEnd({ end, isComplete: true })}`
  }

  /** Forged events as they would lie in a store, with the hashes that follow from them. */
  forgedStored(events: readonly LedgerEvent[]): readonly Pick<StoredEvent, 'hash' | 'payload'>[] {
    const stored: Pick<StoredEvent, 'hash' | 'payload'>[] = []
    for (const event of events) {
      const payload = encodeEvent(event)
      stored.push({ payload, hash: chainHash(ledgerCrypto, stored.at(-1)?.hash ?? zeroHash, payload) })
    }
    return stored
  }

  private async look() {
    const blockNumber = await this.opened.client.getBlockNumber({ cacheTime: 0 })
    return this.sight.look(blockNumber)
  }

  /** Deposits of the agents, and a purse for the watcher. */
  private async prepare(): Promise<void> {
    const { chain } = this
    const [purseWei, bondWei] = [parseEther('1000'), parseEther('30000')]
    const distribution = published(2)
    const token = { address: lowerHex(chain.addresses.token), abi: dpcTokenAbi } as const
    await chain.write(distribution, { ...token, functionName: 'approve', args: [chain.settlement, bondWei] })
    await chain.write(distribution, {
      address: chain.settlement,
      abi: settlementAbi,
      functionName: 'addBond',
      args: [bondWei],
    })
    await chain.fund(watcher.address, '2000')
    await chain.write(watcher, { ...token, functionName: 'approve', args: [this.disputes.address, purseWei] })
    await chain.write(watcher, { ...this.disputes, functionName: 'fund', args: [purseWei] } as unknown as Write)
    for (const name of Object.keys(agents) as AgentName[]) {
      await chain.fund(agents[name].address, '110')
      await chain.deposit(accountOf(agentNumbers[name]), '100')
    }
    await this.follow()
  }
}
