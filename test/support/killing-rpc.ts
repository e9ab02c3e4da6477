import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Hex, keccak256, parseTransaction, slice } from 'viem'

type Request = { readonly method: string; readonly params: readonly unknown[] }

/** Where in a transaction's way to the chain its sender dies. */
export type Moment = 'before' | 'after'

/**
 * A JSON-RPC server in front of a chain. Each transaction that comes by for the first time is not passed on, and its sender is killed; when it comes again it is
 * passed on, and its sender is killed before it hears so. A transaction is known by its nonce and what it calls.
 */
export class KillingRpc {
  /** Each death: which function of a contract was called, by its selector, and when. */
  readonly deaths: { readonly nonce: number; readonly selector: Hex; readonly moment: Moment }[] = []
  private readonly seen = new Map<string, number>()

  private constructor(
    private readonly chainUrl: string,
    private readonly kill: () => void,
    private readonly server: Server,
  ) {}

  static async start(chainUrl: string, kill: () => void): Promise<KillingRpc> {
    const server = createServer()
    const rpc = new KillingRpc(chainUrl, kill, server)
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks).toString()
      const answer = await rpc.answer(body).catch(() => undefined)
      if (answer === undefined) response.destroy()
      else response.setHeader('content-type', 'application/json').end(answer)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return rpc
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  close(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  /** `undefined` when whoever asked is dead. */
  private async answer(body: string): Promise<string | undefined> {
    const moment = [JSON.parse(body) as Request | Request[]]
      .flat()
      .filter(({ method }) => method === 'eth_sendRawTransaction')
      .map(({ params }) => this.momentOf(params[0] as Hex))
      .find(found => found !== undefined)
    if (moment === 'before') return this.end()
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(this.chainUrl, { method: 'POST', headers, body })
    const text = await answer.text()
    return moment === 'after' ? this.end() : text
  }

  private end(): undefined {
    this.kill()
    return undefined
  }

  private momentOf(raw: Hex): Moment | undefined {
    const { nonce = 0, data = '0x' } = parseTransaction(raw)
    const key = `${nonce} ${keccak256(data)}`
    const times = this.seen.get(key) ?? 0
    this.seen.set(key, times + 1)
    const moment = (['before', 'after'] as const)[times]
    if (moment !== undefined) this.deaths.push({ nonce, selector: slice(data, 0, 4), moment })
    return moment
  }
}
