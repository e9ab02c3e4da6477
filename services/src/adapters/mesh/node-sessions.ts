import type { Address } from '@deparrow/ledger'
import type { Connection } from '@libp2p/interface'
import type { ConnectedNode } from '../../market/node-mesh.port.ts'

/** A node that has joined, with the connection that it joined over. */
export type NodeSession = { readonly node: ConnectedNode; readonly connection: Connection }

/** The nodes that are joined now. A node has one session; a connection has at most one node. */
export class NodeSessions {
  readonly #byAddress = new Map<Address, NodeSession>()
  readonly #byConnection = new Map<string, NodeSession>()

  /** Takes a node in and returns the session over another connection that it replaces. */
  joined(session: NodeSession): NodeSession | undefined {
    const previous = this.#byAddress.get(session.node.address)
    if (previous !== undefined) this.#byConnection.delete(previous.connection.id)
    this.#byAddress.set(session.node.address, session)
    this.#byConnection.set(session.connection.id, session)
    return previous?.connection.id === session.connection.id ? undefined : previous
  }

  /** Forgets the session of a connection that has closed; `undefined` when it was none, or was replaced. */
  left(connection: Pick<Connection, 'id'>): NodeSession | undefined {
    const session = this.#byConnection.get(connection.id)
    if (session === undefined) return undefined
    this.#byConnection.delete(connection.id)
    this.#byAddress.delete(session.node.address)
    return session
  }

  of(address: Address): NodeSession | undefined {
    return this.#byAddress.get(address)
  }

  overConnection(connection: Pick<Connection, 'id'>): NodeSession | undefined {
    return this.#byConnection.get(connection.id)
  }

  nodes(): readonly ConnectedNode[] {
    return [...this.#byAddress.values()].map(session => session.node)
  }

  all(): readonly NodeSession[] {
    return [...this.#byAddress.values()]
  }
}
