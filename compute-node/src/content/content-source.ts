import { jobSpecBounds } from '@deparrow/ledger'
import { ProtocolViolationError } from '../../protocol/index.ts'
import type { ContentFolder } from './content-folder.ts'
import type { RecentBytes } from './recent-bytes.ts'

/** Fetches content from the market; rejects when the market is not reached or sends other bytes. */
export type FetchFromMarket = (
  contentId: string,
  bytesMax: number,
  signal: AbortSignal,
) => Promise<
  | { readonly found: true; readonly bytes: Uint8Array }
  | { readonly found: false; readonly code: 'NOT_FOUND' | 'TOO_LARGE' }
>

/** Asking again, with the market unreached in between, before the node gives the job up as its own failure. */
const fetchTriesMax = 5

/** Modules and inputs of jobs: from memory, from the folder, or else from the market, always checked against the CID. */
export class ContentSource {
  constructor(
    private readonly memory: RecentBytes,
    private readonly folder: ContentFolder,
    private readonly fetchFromMarket: FetchFromMarket,
  ) {}

  /** A module, which the next job is likely to need again. Throws {@link ContentMissingError}. */
  async module(contentId: string, signal: AbortSignal): Promise<Uint8Array> {
    const recent = this.memory.get(contentId)
    if (recent !== undefined) return recent
    const bytes = await this.input(contentId, signal)
    this.memory.put(contentId, bytes)
    return bytes
  }

  /** An input. Throws {@link ContentMissingError} when it is nowhere, the signal's reason when that aborts. */
  async input(contentId: string, signal: AbortSignal): Promise<Uint8Array> {
    const cached = await this.folder.readCached(contentId)
    if (cached !== undefined) return cached
    const bytes = await this.#fetch(contentId, signal)
    await this.folder.cache(contentId, bytes)
    return bytes
  }

  async #fetch(contentId: string, signal: AbortSignal): Promise<Uint8Array> {
    let cause: unknown
    for (let attempt = 0; attempt < fetchTriesMax; attempt++) {
      try {
        const answer = await this.fetchFromMarket(contentId, jobSpecBounds.outputBytesMax, signal)
        if (answer.found) return answer.bytes
        throw new ContentMissingError(contentId, answer.code)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof ContentMissingError) throw error
        if (error instanceof ProtocolViolationError) {
          throw new ContentMissingError(contentId, 'MISMATCH', { cause: error })
        }
        cause = error
      }
    }
    throw new ContentMissingError(contentId, 'NOT_REACHED', { cause })
  }
}

/** Thrown when a job's module or input cannot be had. `code` says why. */
export class ContentMissingError extends Error {
  override readonly name = 'ContentMissingError'
  constructor(
    contentId: string,
    readonly code: string,
    options?: { cause: unknown },
  ) {
    super(`content ${contentId} cannot be had from the market: ${code}`, options)
  }
}
