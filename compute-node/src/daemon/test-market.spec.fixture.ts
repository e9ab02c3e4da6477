import { once } from 'node:events'
import {
  type Address,
  type Hex,
  type HoldCertificate,
  holdCertificateType,
  type JobOrder,
  type JobSpec,
  jobSpecDigest,
  ledgerConfigDefaults,
  pricingDigest,
} from '@deparrow/ledger'
import { Actor, digestOfOrder, ethersCrypto } from '@deparrow/ledger/testing'
import type { Connection, Libp2p } from '@libp2p/interface'
import {
  type AssignmentAnswer,
  type AssignmentOffer,
  assignProtocol,
  cancelProtocol,
  contentIdOfBytes,
  createTransport,
  fetchContent,
  type JoinAnswer,
  type JoinHello,
  joinProtocol,
  PeerGuard,
  type ReceiptAnswer,
  type ReceiptHandover,
  receiptProtocol,
  request,
  serve,
  serveContent,
  serveProgress,
} from '../../protocol/index.ts'
import type { Engine, JobEnd, JobUsage, RunOptions, WasmJobRequest } from '../execution/engine.ts'

/** Every wait in these tests ends after this long at the latest. */
export const patience = (): AbortSignal => AbortSignal.timeout(8_000)

export const keyOf = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`

export const payer = new Actor(21)

export const ledgerSigner = new Actor(22)

const marketKey = keyOf(23)

/** A market that speaks the protocols with nodes, writes down what it hears and answers what the test says. */
export class TestMarket {
  readonly hellos: JoinHello[] = []
  readonly started: Hex[] = []
  readonly logs: string[] = []
  readonly receipts: ReceiptHandover[] = []
  readonly content = new Map<string, Uint8Array>()
  joinAnswer: JoinAnswer = { accepted: true }
  answerReceipt: (handover: ReceiptHandover) => ReceiptAnswer = () => ({ acknowledged: true })
  connection: Connection | undefined
  #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = []

  private constructor(readonly libp2p: Libp2p) {}

  static async start(port = 0, privateKey: Hex = marketKey): Promise<TestMarket> {
    const guard = new PeerGuard()
    const listen = [`/ip4/127.0.0.1/tcp/${port}`]
    const libp2p = await createTransport({ privateKey, listen, guard, connectionsMax: 10 })
    const market = new TestMarket(libp2p)
    await serve(libp2p, joinProtocol, guard, async (hello, connection) => {
      market.hellos.push(hello)
      market.connection = connection
      market.#heard()
      return market.joinAnswer
    })
    await serve(libp2p, receiptProtocol, guard, async handover => {
      market.receipts.push(handover)
      market.#heard()
      return market.answerReceipt(handover)
    })
    await serveContent(libp2p, guard, async contentId => market.content.get(contentId))
    await serveProgress(libp2p, guard, message => {
      if (message.type === 'started') market.started.push(message.orderDigest)
      else market.logs.push(Buffer.from(message.chunk).toString())
      market.#heard()
    })
    await libp2p.start()
    return market
  }

  get addresses(): readonly string[] {
    return this.libp2p.getMultiaddrs().map(String)
  }

  get port(): number {
    return Number(/\/tcp\/(\d+)/.exec(this.addresses[0] ?? '')?.[1])
  }

  stop(): Promise<void> {
    return Promise.resolve(this.libp2p.stop())
  }

  put(text: string): string {
    const bytes = Buffer.from(text)
    this.content.set(contentIdOfBytes(bytes), bytes)
    return contentIdOfBytes(bytes)
  }

  assign(offer: AssignmentOffer): Promise<AssignmentAnswer> {
    return request(this.#connected(), assignProtocol, offer, patience())
  }

  async cancel(orderDigest: Hex): Promise<void> {
    await request(this.#connected(), cancelProtocol, { orderDigest }, patience())
  }

  async fetch(contentId: string): Promise<string | undefined> {
    const answer = await fetchContent(this.#connected(), contentId, 1_000_000, patience())
    return answer.found ? Buffer.from(answer.bytes).toString() : undefined
  }

  /** Resolves as soon as what was heard so far meets the condition. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ isMet, resolve })
      patience().addEventListener('abort', () => reject(new Error(`not met in time: ${isMet}`)), { once: true })
    })
  }

  #connected(): Connection {
    if (this.connection === undefined) throw new Error('no node has joined')
    return this.connection
  }

  #heard(): void {
    for (const { isMet, resolve } of this.#waiting) if (isMet()) resolve()
    this.#waiting = this.#waiting.filter(({ isMet }) => !isMet())
  }
}

export type OfferChanges = {
  readonly nonce?: bigint
  readonly spec?: Partial<JobSpec>
  readonly limits?: Partial<Record<string, number | string>>
  readonly order?: Partial<JobOrder>
  readonly certificate?: Partial<HoldCertificate>
  readonly certifiedBy?: Actor
}

/** A genuine offer of a job for a node, with whatever the test changes before it is signed. */
export function offerFor(
  node: Address,
  moduleCid: string,
  inputCid: string | null,
  changes: OfferChanges = {},
): AssignmentOffer {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const limits = {
    memoryBytesMax: 1 << 20,
    wallMsMax: 5_000,
    outputBytesMax: 1 << 20,
    logBytesMax: 1 << 20,
    fuelMax: '1000000',
  }
  const spec = {
    engine: 'wasm',
    moduleCid,
    args: [],
    env: {},
    inputCid,
    ...changes.spec,
    limits: { ...limits, ...changes.limits },
  } as JobSpec
  const order = payer.order({
    nonce: changes.nonce ?? 1n,
    specDigest: jobSpecDigest(ethersCrypto, spec),
    deadline: BigInt(nowSeconds + 60),
    ...changes.order,
  })
  const orderDigest = digestOfOrder(order)
  const certificate: HoldCertificate = {
    hold: orderDigest,
    orderDigest,
    node,
    payoutWallet: node,
    attempt: 1,
    amountMicrocredits: order.message.maxPriceMicrocredits,
    position: 7n,
    expires: order.message.deadline + BigInt(order.message.graceSeconds),
    assignedAtMs: BigInt(Date.now()),
    pricingDigest: pricingDigest(ethersCrypto, ledgerConfigDefaults),
    ...changes.certificate,
  }
  const signer = changes.certifiedBy ?? ledgerSigner
  return { orderDigest, order, spec, certificate: signer.sign(holdCertificateType, certificate) }
}

const usage: JobUsage = { fuel: 10n, cpuMs: 2, memoryBytesPeak: 65_536, wallMs: 3, logBytes: 0, outputBytes: 0 }

/** Stands in for WebAssembly where a test is about what surrounds an engine. The module's text says what the job does. */
export class ScriptedEngine implements Engine<WasmJobRequest> {
  readonly name = 'wasm'
  readonly requests: WasmJobRequest[] = []
  isClosed = false

  async run(request: WasmJobRequest, { signal, onLog, onStarted }: RunOptions): Promise<JobEnd> {
    this.requests.push(request)
    const script = Buffer.from(request.module).toString()
    const output = request.input
    if (script === 'invalid') return { outcome: 'refused', code: 'MODULE_INVALID', message: 'no module', usage }
    onStarted()
    if (script === 'throw') throw new Error('the engine broke')
    if (script === 'hang' && !signal.aborted) await once(signal, 'abort')
    if (signal.aborted) return { outcome: 'cancelled', message: 'cancelled', output, usage }
    if (script === 'trap') return { outcome: 'failed', reason: 'TRAP', message: 'unreachable', output, usage }
    for (const line of script === 'log' ? ['one ', 'two ', 'three'] : []) onLog(Buffer.from(line))
    return { outcome: 'completed', exitCode: 0, output, usage }
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}
