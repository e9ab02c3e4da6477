import type { Address, Hex, LedgerRefusal } from '@deparrow/ledger'
import type { Job, JobStatus } from './job.ts'
import type { JobPage } from './job-store.port.ts'
import type { ConnectedNode } from './node-mesh.port.ts'

/** Why the market itself does not do what was asked; the ledger's refusals come through unchanged. */
export type MarketOwnRefusal =
  | {
      readonly code: 'PRICE_ABOVE_MAXIMUM'
      readonly priceMicrocredits: bigint
      readonly maximumMicrocredits: bigint
    }
  /** No node of this version has GPUs to offer. */
  | { readonly code: 'GPU_NOT_OFFERED'; readonly gpuCountMax: number }
  | { readonly code: 'CONTENT_NOT_STORED'; readonly contentId: string }
  | { readonly code: 'NOT_WEBASSEMBLY'; readonly contentId: string }
  | { readonly code: 'MODULE_TOO_LARGE'; readonly sizeBytes: number; readonly sizeBytesMax: number }
  | { readonly code: 'MARKET_FULL'; readonly jobsMax: number }
  | { readonly code: 'TOO_MANY_JOBS'; readonly jobsMax: number }

export type MarketRefusal = LedgerRefusal | MarketOwnRefusal

export type JobAnswer =
  | { readonly ok: true; readonly job: Job }
  | { readonly ok: false; readonly refusal: MarketRefusal }

export type QuoteAnswer =
  | {
      readonly ok: true
      /** What the job costs if it uses everything that it may, in µcr. */
      readonly maxPriceMicrocredits: bigint
      readonly minPriceMicrocredits: bigint
      readonly nodesAvailable: number
    }
  | { readonly ok: false; readonly refusal: MarketRefusal }

/** A connected node and how many jobs of this market it holds. */
export type NodeLoad = ConnectedNode & { readonly jobsRunning: number }

/** Answered at once by the market in the same process, later by one that runs apart. */
export type Awaitable<T> = T | Promise<T>

/** Buys, assigns and follows jobs. Arguments of type `unknown` come from outside and are read strictly. */
export type Market = {
  /** Answers when the credits are set aside, durably. The same signed order again gives the same job. */
  submit(order: unknown, signature: string, spec: unknown): Promise<JobAnswer>
  /** Ends a job early under its payer's signature; answers with the job, which may take until its node's receipt to end. */
  cancel(cancellation: unknown, signature: string): Promise<JobAnswer>
  quote(spec: unknown, priority: number, bidMicrocredits: bigint): Awaitable<QuoteAnswer>
  job(id: Hex): Promise<Job | undefined>
  jobs(payer: Address, first: number, before: string | undefined): Promise<JobPage>
  /** The tail of the job's log, at most `bytesMax` bytes of UTF-8. */
  log(id: Hex, bytesMax: number): Promise<string>
  /** The job now and after each change, to its end; `undefined` for an unknown id. A slow reader misses old states, not the last. */
  follow(id: Hex): Promise<AsyncIterableIterator<Job> | undefined>
  /** The log so far and then as it grows, to the job's end; a slow reader misses the oldest text. */
  followLog(id: Hex): Promise<AsyncIterableIterator<string> | undefined>
  nodes(): Awaitable<readonly NodeLoad[]>
  countByStatus(): Promise<Readonly<Partial<Record<JobStatus, number>>>>
  /** Jobs whose credits are set aside now. */
  heldCount(): Awaitable<number>
  /** Calls back after each change of a job; returns the function that ends it. */
  subscribe(listener: (job: Job, before: Job | undefined) => void): () => void
}
