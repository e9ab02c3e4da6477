import assert from 'node:assert/strict'
import {
  type Address,
  contentIdOf,
  digestOfContentId,
  type Hex,
  type JobOrder,
  type JobOutcome,
  JournalLedger,
  jobSpecDigest,
  type Ledger,
  type LedgerCommand,
  type Signed,
  type UsageReceipt,
  type WasmJobSpec,
  zeroHash,
} from '@deparrow/ledger'
import {
  Actor,
  ethersCrypto,
  InMemoryEventStore,
  InMemoryJournal,
  ledgerActor,
  testConfig,
  testDomain,
  testStartMs,
} from '@deparrow/ledger/testing'
import { migrate } from '../adapters/sql/migrate.ts'
import { openSqlite } from '../adapters/sql/sqlite-database.ts'
import { settleJobs } from '../ledger/job-settler.ts'
import type { ContentStore } from './content-store.port.ts'
import type { Job } from './job.ts'
import type { MarketTables } from './job-row.ts'
import type { JobBatch, JobStore } from './job-store.port.ts'
import { KyselyJobStore } from './kysely-job-store.ts'
import { MarketService } from './market.service.ts'
import {
  type Assignment,
  type AssignmentReply,
  type ConnectedNode,
  type HandedReceipt,
  type MeshListener,
  type NodeHello,
  type NodeMesh,
  NodeUnreachableError,
  type ReceiptReply,
} from './node-mesh.port.ts'

export const payer = new Actor(0xa1)
export const stranger = new Actor(0xa2)
export const nodeActor = new Actor(0xb1)
export const otherNodeActor = new Actor(0xb2)

const text = new TextEncoder()

export const contentIdOfBytes = (bytes: Uint8Array): string =>
  contentIdOf(`0x${Buffer.from(ethersCrypto.sha256(bytes)).toString('hex')}`)

/** The shortest WebAssembly binary: magic and version, no sections. */
export const moduleBytes = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)

export const inputBytes = text.encode('the input')

export const outputBytes = text.encode('the output')

/** Content in memory, for tests. */
export class InMemoryContentStore implements ContentStore {
  readonly stored = new Map<string, Uint8Array>()

  async put(bytes: Uint8Array): Promise<string> {
    const contentId = contentIdOfBytes(bytes)
    this.stored.set(contentId, Uint8Array.from(bytes))
    return contentId
  }

  async get(contentId: string): Promise<Uint8Array | undefined> {
    return this.stored.get(contentId)
  }

  async has(contentId: string): Promise<boolean> {
    return this.stored.has(contentId)
  }
}

/** A mesh without a network, for tests: the test plays the nodes, and every call to one is kept. */
export class InMemoryMesh implements NodeMesh {
  listener: MeshListener | undefined
  readonly connected = new Map<Address, ConnectedNode>()
  readonly assignments: { readonly node: Address; readonly assignment: Assignment }[] = []
  readonly cancelled: { readonly node: Address; readonly orderDigest: Hex }[] = []
  readonly outputs = new Map<string, Uint8Array>()
  /** What nodes answer to assignments. */
  reply = async (_node: Address, _assignment: Assignment): Promise<AssignmentReply> => ({ accepted: true })
  private waiting: (() => void)[] = []

  async start(listener: MeshListener): Promise<void> {
    this.listener = listener
  }

  async stop(): Promise<void> {
    this.listener = undefined
  }

  addresses(): readonly string[] {
    return ['/ip4/127.0.0.1/tcp/4001/p2p/16Uiu2HAmTest']
  }

  nodes(): readonly ConnectedNode[] {
    return [...this.connected.values()]
  }

  async assign(node: Address, assignment: Assignment): Promise<AssignmentReply> {
    if (!this.connected.has(node)) throw new NodeUnreachableError(node)
    this.assignments.push({ node, assignment })
    for (const resolve of this.waiting.splice(0)) resolve()
    return this.reply(node, assignment)
  }

  async cancel(node: Address, orderDigest: Hex): Promise<void> {
    if (!this.connected.has(node)) throw new NodeUnreachableError(node)
    this.cancelled.push({ node, orderDigest })
  }

  async fetchContent(node: Address, contentId: string): Promise<Uint8Array> {
    const bytes = this.outputs.get(contentId)
    if (bytes === undefined || !this.connected.has(node)) throw new NodeUnreachableError(node)
    return bytes
  }

  /** The node joins, as the real mesh has it: it counts as connected once its hello was accepted. */
  async join(actor: Actor, fields: Partial<NodeHello> = {}) {
    const hello: NodeHello = {
      address: actor.address,
      peerId: `peer-${actor.address.slice(2, 8)}`,
      engines: ['wasm'],
      slotsMax: 4,
      memoryBytesMax: 2 ** 30,
      graceSecondsMin: 60,
      registration: actor.registration(),
      payoutInstruction: undefined,
      running: [],
      ...fields,
    }
    const answer = await this.listener?.helloReceived(hello)
    if (answer?.accepted) this.connected.set(actor.address, hello)
    return answer
  }

  leave(actor: Actor): void {
    this.connected.delete(actor.address)
    this.listener?.nodeLeft(actor.address)
  }

  /** Resolves once nodes have been sent at least so many assignments. */
  async assigned(count: number): Promise<Assignment> {
    while (this.assignments.length < count) await new Promise<void>(resolve => this.waiting.push(resolve))
    const last = this.assignments[count - 1]
    assert.ok(last)
    return last.assignment
  }

  /** The node hands in a receipt for an assignment. */
  handIn(actor: Actor, receipt: Signed<UsageReceipt>, fields: Partial<HandedReceipt> = {}): Promise<ReceiptReply> {
    assert.ok(this.listener)
    const { outputDigest } = receipt.message
    const outputCid = outputDigest === zeroHash ? null : contentIdOf(outputDigest)
    return this.listener.receiptReceived(actor.address, { receipt, outputCid, failure: null, ...fields })
  }
}

/** Journal, job database, content, mesh and clock: what outlives a market in a test. */
export class MarketFixture {
  readonly clock = { ms: testStartMs, nowMs: () => this.clock.ms }
  readonly content = new InMemoryContentStore()
  readonly database = openSqlite<MarketTables>(':memory:')
  readonly journal = new InMemoryJournal()
  readonly problems: string[] = []
  mesh = new InMemoryMesh()
  store: JobStore = new KyselyJobStore(this.database.kysely)
  private nextNonce = 1n
  private sequence = 0n
  private inboxCount = 0

  /** Opens a ledger over the journal, as a process does when it starts. */
  async openLedger(): Promise<JournalLedger> {
    const ledger = await JournalLedger.open({
      store: new InMemoryEventStore(this.journal),
      shard: 'test',
      crypto: ethersCrypto,
      clock: this.clock,
      signer: ledgerActor.asLedgerSigner(),
    })
    if (ledger.config() === undefined) await accept(ledger, { type: 'OpenLedger', config: testConfig })
    settleJobs(ledger, problem => this.problems.push(problem))
    return ledger
  }

  /** Starts a market over what there is; what an earlier one had in memory is gone. */
  async start(between: (ledger: Ledger) => Ledger = ledger => ledger) {
    await migrate(this.database, 'market')
    await this.content.put(moduleBytes)
    await this.content.put(inputBytes)
    this.mesh = new InMemoryMesh()
    const ledger = await this.openLedger()
    const market = new MarketService({
      ledger: between(ledger),
      clock: this.clock,
      crypto: ethersCrypto,
      content: this.content,
      mesh: this.mesh,
      store: this.store,
      domain: testDomain,
      rates: () => testConfig.rates,
      report: problem => this.problems.push(problem),
    })
    await market.start()
    return { ledger, market, mesh: this.mesh }
  }

  async deposit(ledger: Ledger, account: Address, amountMicrocredits: bigint): Promise<void> {
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: this.inboxCount }
    const index = this.inboxCount++
    await accept(ledger, { type: 'RecordInboxItem', index, kind: 'deposit', account, amountMicrocredits, place })
  }

  /** An order of the payer for a specification, valid unless a field says otherwise. */
  order(spec: WasmJobSpec, fields: Partial<JobOrder> = {}, actor: Actor = payer): Signed<JobOrder> {
    return actor.order({
      specDigest: jobSpecDigest(ethersCrypto, spec),
      fuelMax: BigInt(spec.limits.fuelMax),
      memoryBytesMax: BigInt(spec.limits.memoryBytesMax),
      wallMsMax: BigInt(spec.limits.wallMsMax),
      nonce: this.nextNonce++,
      ...fields,
    })
  }

  /** A receipt of a node for an assignment, valid unless a field says otherwise. */
  receipt(
    assignment: Assignment,
    actor: Actor,
    fields: Partial<Omit<UsageReceipt, 'outcome'>> & { outcome?: JobOutcome } = {},
  ): Signed<UsageReceipt> {
    const { spec, certificate, orderDigest } = assignment
    return actor.receipt(orderDigest, {
      attempt: certificate.message.attempt,
      sequence: ++this.sequence,
      inputDigest: (spec.inputCid === null ? undefined : digestOfContentId(spec.inputCid)) ?? zeroHash,
      ...fields,
    })
  }
}

export function wasmSpec(fields: Partial<WasmJobSpec> = {}): WasmJobSpec {
  return {
    engine: 'wasm',
    moduleCid: contentIdOfBytes(moduleBytes),
    args: [],
    env: {},
    inputCid: contentIdOfBytes(inputBytes),
    limits: {
      memoryBytesMax: 2 ** 24,
      wallMsMax: 10_000,
      outputBytesMax: 2 ** 20,
      logBytesMax: 2 ** 16,
      fuelMax: '1000000000',
    },
    ...fields,
  }
}

export async function accept(ledger: Ledger, command: LedgerCommand): Promise<void> {
  const answer = await ledger.submit(command)
  assert.equal(answer.status, 'accepted', answer.status === 'refused' ? answer.refusal.code : '')
}

/** The job once it has ended. */
export async function ended(market: MarketService, id: Hex): Promise<Job> {
  const states = await market.follow(id)
  assert.ok(states)
  let last: Job | undefined
  for await (const job of states) last = job
  assert.ok(last)
  return last
}

/** A store whose next write can be made to fail. */
export class FaultyJobStore extends KyselyJobStore {
  failuresLeft = 0

  override async write(batch: JobBatch): Promise<void> {
    if (this.failuresLeft-- > 0) throw new Error('the disk is full')
    await super.write(batch)
  }
}

export const funds = 10_000_000n

/** A market whose payer has {@link funds}. */
export async function startFunded() {
  const fixture = new MarketFixture()
  const started = await fixture.start()
  await fixture.deposit(started.ledger, payer.address, funds)
  return { fixture, ...started }
}

export type Started = Awaited<ReturnType<typeof startFunded>>

/** Submits an order that must be admitted. */
export async function submitJob(
  { fixture, market }: Pick<Started, 'fixture' | 'market'>,
  fields: Partial<JobOrder> = {},
  spec: WasmJobSpec = wasmSpec(),
) {
  const order = fixture.order(spec, fields)
  const answer = await market.submit(order.message, order.signature, spec)
  assert.ok(answer.ok, answer.ok ? '' : answer.refusal.code)
  return { order, spec, job: answer.job }
}
