import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Domain,
  formatExportEnd,
  formatExportedEvent,
  formatExportHeader,
  type StoredEvent,
  zeroHash,
} from '@deparrow/ledger'
import type { SimulatedChain } from './simulated-chain.ts'

const journalPath = '/ledger/journal'

export type PublicJournal = { readonly storedEvents: () => readonly StoredEvent[]; readonly domain: Domain }

type Request = { readonly id: unknown; readonly method: string; readonly params?: readonly unknown[] }

/** The simulated chain and the public journal as others reach them on loopback: JSON-RPC, single calls and batches; an export by pages. */
export class ChainServer {
  private constructor(private readonly server: Server) {}

  static async start(chain: SimulatedChain, journal: PublicJournal): Promise<ChainServer> {
    const server = createServer(async (incoming, outgoing) => {
      const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost')
      if (pathname === journalPath) {
        outgoing.end(pageOf(journal, Number(searchParams.get('after') ?? 0)))
        return
      }
      const asked = JSON.parse(await textOf(incoming)) as Request | readonly Request[]
      const answered = Array.isArray(asked)
        ? await Promise.all(asked.map(one => answer(chain, one)))
        : await answer(chain, asked as Request)
      outgoing.setHeader('content-type', 'application/json').end(JSON.stringify(answered))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new ChainServer(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  get journalUrl(): string {
    return `${this.url}${journalPath}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise<void>(resolve => this.server.close(() => resolve()))
  }
}

async function answer(chain: SimulatedChain, { id, method, params = [] }: Request): Promise<unknown> {
  try {
    return { jsonrpc: '2.0', id, result: await chain.requestMined(method, params) }
  } catch (error) {
    const {
      code = -32_603,
      message = String(error),
      data,
    } = error as { code?: number; message?: string; data?: unknown }
    return { jsonrpc: '2.0', id, error: { code, message, data } }
  }
}

function pageOf({ storedEvents, domain }: PublicJournal, after: number): string {
  const events = storedEvents()
  const headAt = (position: number) => ({ position, hash: events[position - 1]?.hash ?? zeroHash })
  const { chainId, verifyingContract: settlement } = domain
  const header = formatExportHeader({ shard: 'month', chainId, settlement, after: headAt(after) })
  const lines = events.slice(after).map(formatExportedEvent)
  return `${header}${lines.join('')}${formatExportEnd({ end: headAt(events.length), isComplete: true })}`
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
