import type { Address, Hex } from '@deparrow/ledger'
import type { MeshAddresses } from '../gateway/mesh-addresses.port.ts'
import type { Job } from '../market/job.ts'
import type { JobPage } from '../market/job-store.port.ts'
import type { JobAnswer, Market, NodeLoad, QuoteAnswer } from '../market/market.port.ts'
import { type Wait, waitOnTimer } from '../poll-loop.ts'
import type { JobChanged } from './market-rpc.ts'
import type { RpcClient } from './rpc-client.ts'

/** After a market was lost sight of, changes of its jobs are followed again from then on. */
const resubscribeMs = 500

/** The market of another process. Its methods throw `ServiceUnavailableError` and `AnswerLostError` beside what the market throws. */
export class RemoteMarket implements Market, MeshAddresses {
  constructor(
    private readonly client: RpcClient,
    private readonly wait: Wait = waitOnTimer,
  ) {}

  /** The same signed order gives the same job, so it is sent again when its answer was lost. */
  async submit(order: unknown, signature: string, spec: unknown): Promise<JobAnswer> {
    return (await this.ask('submit', { order, signature, spec })) as JobAnswer
  }

  /** Not sent again: a job that the first try has ended would be answered as one that had ended before. */
  async cancel(cancellation: unknown, signature: string): Promise<JobAnswer> {
    return (await this.client.call('cancel', { cancellation, signature }, { isRepeatable: false })) as JobAnswer
  }

  async quote(spec: unknown, priority: number, bidMicrocredits: bigint): Promise<QuoteAnswer> {
    return (await this.ask('quote', { spec, priority, bidMicrocredits })) as QuoteAnswer
  }

  async job(id: Hex): Promise<Job | undefined> {
    return (await this.ask('job', { id })) as Job | undefined
  }

  async jobs(payer: Address, first: number, before: string | undefined): Promise<JobPage> {
    return (await this.ask('jobs', { payer, first, before: before ?? undefined })) as JobPage
  }

  async log(id: Hex, bytesMax: number): Promise<string> {
    return (await this.ask('log', { id, bytesMax })) as string
  }

  async nodes(): Promise<readonly NodeLoad[]> {
    return (await this.ask('nodes')) as readonly NodeLoad[]
  }

  async countByStatus(): ReturnType<Market['countByStatus']> {
    return (await this.ask('countByStatus')) as Awaited<ReturnType<Market['countByStatus']>>
  }

  async heldCount(): Promise<number> {
    return (await this.ask('heldCount')) as number
  }

  async addresses(): Promise<readonly string[]> {
    return (await this.ask('addresses')) as readonly string[]
  }

  async follow(id: Hex): Promise<AsyncIterableIterator<Job> | undefined> {
    return (await this.client.stream('follow', { id })) as AsyncIterableIterator<Job> | undefined
  }

  async followLog(id: Hex): Promise<AsyncIterableIterator<string> | undefined> {
    return (await this.client.stream('followLog', { id })) as AsyncIterableIterator<string> | undefined
  }

  /** What changes while the market is out of sight is not told. */
  subscribe(listener: (job: Job, before: Job | undefined) => void): () => void {
    const ending = new AbortController()
    void this.tellChanges(listener, ending.signal)
    return () => ending.abort()
  }

  private async tellChanges(listener: (job: Job, before: Job | undefined) => void, signal: AbortSignal) {
    while (!signal.aborted) {
      try {
        const changes = await this.client.stream('changes', {})
        const end = (): void => void changes?.return?.()
        if (signal.aborted) end()
        signal.addEventListener('abort', end, { once: true })
        for await (const changed of changes ?? []) {
          const { job, before } = changed as JobChanged
          listener(job, before)
        }
      } catch {
        // The market is away; the next round looks for it again.
      }
      await this.wait(resubscribeMs, signal)
    }
  }

  private ask(method: string, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return this.client.call(method, input, { isRepeatable: true })
  }
}
