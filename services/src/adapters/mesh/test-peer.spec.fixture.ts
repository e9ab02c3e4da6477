import {
  createTransport,
  type JoinAnswer,
  type JoinHello,
  joinProtocol,
  PeerGuard,
  request,
} from '@deparrow/compute-node/protocol'
import { type Address, type Hex, type NodeRegistration, nodeRegistrationType } from '@deparrow/ledger'
import { Actor } from '@deparrow/ledger/testing'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { HandedReceipt, MeshListener, NodeHello, ReceiptReply } from '../../market/node-mesh.port.ts'
import { Libp2pNodeMesh } from './libp2p-node-mesh.ts'

export const marketKey = keyOf(900)

export function keyOf(number: number): Hex {
  return `0x${number.toString(16).padStart(64, '0')}`
}

/** Resolves with the reason when the test runner has waited long enough; every wait in these tests has it. */
export const patience = (): AbortSignal => AbortSignal.timeout(5_000)

/** A market that writes down what it hears and answers what the test says. */
export class RecordingListener implements MeshListener {
  readonly hellos: NodeHello[] = []
  readonly left: Address[] = []
  readonly started: Hex[] = []
  readonly logs: string[] = []
  readonly receipts: HandedReceipt[] = []
  readonly content = new Map<string, Uint8Array>()
  helloAnswer: { readonly accepted: true } | { readonly accepted: false; readonly code: string } = { accepted: true }
  receiptAnswer: ReceiptReply = { acknowledged: true }
  #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = []

  async helloReceived(hello: NodeHello) {
    this.hellos.push(hello)
    this.#heard()
    return this.helloAnswer
  }

  nodeLeft(node: Address): void {
    this.left.push(node)
    this.#heard()
  }

  jobStarted(_: Address, orderDigest: Hex): void {
    this.started.push(orderDigest)
    this.#heard()
  }

  logReceived(_: Address, __: Hex, chunk: Uint8Array): void {
    this.logs.push(Buffer.from(chunk).toString())
    this.#heard()
  }

  async receiptReceived(_: Address, handed: HandedReceipt) {
    this.receipts.push(handed)
    this.#heard()
    return this.receiptAnswer
  }

  async readContent(contentId: string) {
    return this.content.get(contentId)
  }

  /** Resolves as soon as what was heard so far meets the condition. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ isMet, resolve }))
  }

  #heard(): void {
    for (const { isMet, resolve } of this.#waiting) if (isMet()) resolve()
    this.#waiting = this.#waiting.filter(({ isMet }) => !isMet())
  }
}

/** A bare libp2p peer with a key, from which a test sends whatever it likes. */
export class TestPeer {
  readonly actor: Actor
  readonly peerId: string

  private constructor(
    readonly number: number,
    readonly libp2p: Libp2p,
    readonly connection: Connection,
  ) {
    this.actor = new Actor(number)
    this.peerId = libp2p.peerId.toString()
  }

  static async connect(
    number: number,
    mesh: Libp2pNodeMesh,
    prepare: (libp2p: Libp2p) => Promise<void> = async () => {},
  ) {
    const privateKey = keyOf(number)
    const libp2p = await createTransport({ privateKey, listen: [], guard: new PeerGuard(), connectionsMax: 10 })
    await prepare(libp2p)
    await libp2p.start()
    const connection = await libp2p.dial(multiaddr(mesh.addresses()[0]), { signal: patience() })
    return new TestPeer(number, libp2p, connection)
  }

  hello(changes: Partial<JoinHello> = {}): JoinHello {
    const registration: NodeRegistration = {
      node: this.actor.address,
      payoutWallet: this.actor.address,
      nonce: 1n,
      deadline: 2_000_000_000n,
    }
    return {
      address: this.actor.address,
      peerId: this.peerId,
      engines: ['wasm'],
      slotsMax: 4,
      memoryBytesMax: 2 ** 30,
      graceSecondsMin: 60,
      registration: this.actor.sign(nodeRegistrationType, registration),
      payoutInstruction: undefined,
      running: [],
      ...changes,
    }
  }

  join(changes: Partial<JoinHello> = {}): Promise<JoinAnswer> {
    return request(this.connection, joinProtocol, this.hello(changes), patience())
  }

  open(protocolId: string): Promise<Stream> {
    return this.connection.newStream(protocolId, { signal: patience(), maxOutboundStreams: 1_000 })
  }

  /** Resolves with the error when the other side resets the stream, with undefined when it closes it in order. */
  static ended(stream: Stream): Promise<Error | undefined> {
    if (stream.status !== 'open') return Promise.resolve(undefined)
    return new Promise(resolve => stream.addEventListener('close', event => resolve(event.error)))
  }

  async stop(): Promise<void> {
    await this.libp2p.stop()
  }
}

/** A started market with a recording listener; the test stops it. */
export async function startMesh(
  options: { readonly guard?: PeerGuard; readonly port?: number; readonly joinTimeoutMs?: number } = {},
) {
  const mesh = new Libp2pNodeMesh({ privateKey: marketKey, ...options })
  const listener = new RecordingListener()
  await mesh.start(listener)
  return { mesh, listener }
}
