import {
  assignProtocol,
  cancelProtocol,
  createTransport,
  fetchContent,
  type JoinAnswer,
  type JoinHello,
  joinProtocol,
  PeerGuard,
  ProtocolViolationError,
  type RequestProtocol,
  receiptProtocol,
  request,
  serve,
  serveContent,
  serveExchange,
  serveProgress,
  writeMessage,
} from '@deparrow/compute-node/protocol'
import type { Address, Hex } from '@deparrow/ledger'
import type { Connection, Libp2p } from '@libp2p/interface'
import {
  type Assignment,
  type AssignmentReply,
  type ConnectedNode,
  type MeshListener,
  type NodeMesh,
  NodeUnreachableError,
} from '../../market/node-mesh.port.ts'
import { hellosMismatch } from './join-check.ts'
import { type NodeSession, NodeSessions } from './node-sessions.ts'

export type Libp2pNodeMeshOptions = {
  /** The market's own secp256k1 key; its peer id is part of the addresses that nodes remember, so keep it. */
  readonly privateKey: Hex
  /** An IPv4 address; nodes on other machines need another one than the loopback default. */
  readonly host?: string
  /** TCP port; 0, the default, takes a free one. */
  readonly port?: number
  /** Nodes that may be connected at the same time. */
  readonly nodesMax?: number
  /** A connection over which no node has joined by then is cut. */
  readonly joinTimeoutMs?: number
  readonly guard?: PeerGuard
}

/** A process on two cores serves about this many idle connections in 100 MB. */
const nodesMaxDefault = 1_000

/** A hello comes with the connection; its protocol allows 15 s for it. */
const joinTimeoutMsDefault = 30_000

/** The market's end of the libp2p mesh: nodes dial it, join, and are given jobs over the same connection. */
export class Libp2pNodeMesh implements NodeMesh {
  readonly #sessions = new NodeSessions()
  readonly #guard: PeerGuard
  #libp2p: Libp2p | undefined
  #listener: MeshListener | undefined

  constructor(private readonly options: Libp2pNodeMeshOptions) {
    this.#guard = options.guard ?? new PeerGuard()
  }

  /** Listens. Rejects with {@link MeshPortInUseError}. */
  async start(listener: MeshListener): Promise<void> {
    const { privateKey, host = '127.0.0.1', port = 0, nodesMax = nodesMaxDefault } = this.options
    const listen = [`/ip4/${host}/tcp/${port}`]
    const libp2p = await createTransport({ privateKey, listen, guard: this.#guard, connectionsMax: nodesMax })
    this.#listener = listener
    this.#libp2p = libp2p
    libp2p.addEventListener('connection:open', event => this.#requireJoin(event.detail))
    libp2p.addEventListener('connection:close', event => this.#connectionClosed(event.detail))
    await this.#serve(libp2p, listener)
    await startListening(libp2p, host, port)
  }

  async stop(): Promise<void> {
    const libp2p = this.#libp2p
    this.#libp2p = undefined
    await libp2p?.stop()
    for (const { connection } of this.#sessions.all()) this.#connectionClosed(connection)
  }

  addresses(): readonly string[] {
    return this.#libp2p?.getMultiaddrs().map(String) ?? []
  }

  nodes(): readonly ConnectedNode[] {
    return this.#sessions.nodes()
  }

  assign(node: Address, assignment: Assignment, signal: AbortSignal): Promise<AssignmentReply> {
    return this.#ask(node, assignProtocol, assignment, signal)
  }

  async cancel(node: Address, orderDigest: Hex, signal: AbortSignal): Promise<void> {
    await this.#ask(node, cancelProtocol, { orderDigest }, signal)
  }

  async fetchContent(node: Address, contentId: string, bytesMax: number, signal: AbortSignal): Promise<Uint8Array> {
    const answer = await this.#reach(node, connection => fetchContent(connection, contentId, bytesMax, signal))
    if (answer.found) return answer.bytes
    throw new NodeUnreachableError(node, { cause: new ContentNotServedError(contentId, answer.code) })
  }

  #ask<Request, Reply>(
    node: Address,
    protocol: RequestProtocol<Request, Reply>,
    message: Request,
    signal: AbortSignal,
  ): Promise<Reply> {
    return this.#reach(node, connection => request(connection, protocol, message, signal))
  }

  async #reach<Result>(node: Address, use: (connection: Connection) => Promise<Result>): Promise<Result> {
    const session = this.#sessions.of(node)
    if (session === undefined) throw new NodeUnreachableError(node)
    try {
      return await use(session.connection)
    } catch (cause) {
      if (cause instanceof ProtocolViolationError) this.#guard.offended(session.connection)
      throw new NodeUnreachableError(node, { cause })
    }
  }

  async #serve(libp2p: Libp2p, listener: MeshListener): Promise<void> {
    await serveExchange(libp2p, joinProtocol, this.#guard, async (hello, connection, stream, signal) => {
      const answer = await this.#join(listener, hello, connection)
      await writeMessage(stream, joinProtocol.reply, answer, signal)
      if (answer.accepted) return
      await stream.close({ signal })
      await connection.close({ signal })
    })
    await serve(libp2p, receiptProtocol, this.#guard, (handed, connection) =>
      listener.receiptReceived(this.#joinedNode(connection), handed),
    )
    await serveContent(libp2p, this.#guard, (contentId, connection) => {
      this.#joinedNode(connection)
      return listener.readContent(contentId)
    })
    await serveProgress(libp2p, this.#guard, (message, connection) => {
      const node = this.#joinedNode(connection)
      if (message.type === 'started') listener.jobStarted(node, message.orderDigest, message.startedAtMs)
      else listener.logReceived(node, message.orderDigest, message.chunk)
    })
  }

  async #join(listener: MeshListener, hello: JoinHello, connection: Connection): Promise<JoinAnswer> {
    const mismatch = hellosMismatch(hello, connection.remotePeer)
    if (mismatch !== undefined) this.#guard.offended(connection)
    const answer =
      mismatch === undefined ? await listener.helloReceived(hello) : ({ accepted: false, code: mismatch } as const)
    if (answer.accepted) this.#admit({ node: connectedNodeOf(hello), connection })
    return answer
  }

  /** A second connection of the same node replaces the first; a connection that closed meanwhile has left again. */
  #admit(session: NodeSession): void {
    const replaced = this.#sessions.joined(session)
    replaced?.connection.abort(new ReplacedError())
    if (session.connection.status !== 'open') this.#connectionClosed(session.connection)
  }

  #requireJoin(connection: Connection): void {
    const timer = setTimeout(() => {
      if (this.#sessions.overConnection(connection) === undefined) connection.abort(new NotJoinedError())
    }, this.options.joinTimeoutMs ?? joinTimeoutMsDefault)
    connection.addEventListener('close', () => clearTimeout(timer), { once: true })
  }

  #connectionClosed(connection: Connection): void {
    const session = this.#sessions.left(connection)
    if (session !== undefined) this.#listener?.nodeLeft(session.node.address)
  }

  #joinedNode(connection: Connection): Address {
    const session = this.#sessions.overConnection(connection)
    if (session === undefined) throw new ProtocolViolationError('NOT_JOINED', connection.remotePeer.toString())
    return session.node.address
  }
}

function connectedNodeOf(hello: JoinHello): ConnectedNode {
  const { address, peerId, engines, slotsMax, memoryBytesMax, graceSecondsMin } = hello
  return { address, peerId, engines, slotsMax, memoryBytesMax, graceSecondsMin }
}

async function startListening(libp2p: Libp2p, host: string, port: number): Promise<void> {
  try {
    await libp2p.start()
  } catch (error) {
    throw isPortTaken(error) ? new MeshPortInUseError(host, port, { cause: error }) : error
  }
}

/** libp2p joins the reasons of all listeners into one text and keeps no code. */
function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes('EADDRINUSE')
}

/** Thrown when another program listens on the mesh's port. */
export class MeshPortInUseError extends Error {
  override readonly name = 'MeshPortInUseError'
  constructor(host: string, port: number, options: { cause: unknown }) {
    super(`port ${port} of ${host} is in use: stop what listens there, or choose another port for the mesh`, options)
  }
}

/** The reason with which a node's earlier connection is cut when it has joined over a new one. */
export class ReplacedError extends Error {
  override readonly name = 'ReplacedError'
  constructor() {
    super('the node joined again over another connection')
  }
}

/** The reason with which a connection is cut over which no node has joined in time. */
export class NotJoinedError extends Error {
  override readonly name = 'NotJoinedError'
  constructor() {
    super('no node has joined over this connection')
  }
}

/** The cause of a `NodeUnreachableError` when the node has not got the content, or only a larger one. */
export class ContentNotServedError extends Error {
  override readonly name = 'ContentNotServedError'
  constructor(
    contentId: string,
    readonly code: 'NOT_FOUND' | 'TOO_LARGE',
  ) {
    super(`the node does not serve ${contentId}: ${code}`)
  }
}
