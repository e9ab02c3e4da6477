import { type API, Consumer, kGetApi } from '@platformatic/kafka'
import type { FetchedPage } from './committed-events.ts'

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>

type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

/**
 * The library's consumer, whose fetched pages keep all their records. Its own filter takes all aborted transactions of a producer on a page for
 * one, from the beginning of the last to the last marker of an end, and drops what was committed in between; so it is not told of any. Who
 * reads a page learns of them here, and leaves their records out by {@link FetchedPage}'s rule.
 */
export class PageConsumer extends Consumer {
  private readonly aborted = new WeakMap<object, FetchedPage['abortedTransactions']>()

  /** A partition's part of a fetched answer, with the aborted transactions that it touches. */
  pageOf(partition: FetchedPartition): FetchedPage {
    return { records: partition.records ?? null, abortedTransactions: this.aborted.get(partition) ?? null }
  }

  override [kGetApi]<Arguments extends unknown[], Answer>(
    name: string,
    callback: (error: Error | null, api?: API<Arguments, Answer>) => void,
  ): void {
    super[kGetApi]<Arguments, Answer>(name, (error, api) => {
      if (api === undefined || name !== 'Fetch') callback(error, api)
      else callback(error, this.withoutAborted(api))
    })
  }

  /** The same call, which keeps to itself what was aborted. */
  private withoutAborted<Arguments extends unknown[], Answer>(api: API<Arguments, Answer>): API<Arguments, Answer> {
    const call = (...all: readonly unknown[]): void => {
      const answer = all.at(-1) as (error: Error | null, response?: FetchResponse) => void
      const untold = (error: Error | null, response?: FetchResponse): void => {
        for (const { partitions } of response?.responses ?? []) for (const partition of partitions) this.keep(partition)
        answer(error, response)
      }
      ;(api as unknown as (...all: readonly unknown[]) => void)(...all.slice(0, -1), untold)
    }
    return Object.assign(call, { async: api.async, key: api.key, version: api.version }) as API<Arguments, Answer>
  }

  private keep(partition: FetchedPartition): void {
    this.aborted.set(partition, partition.abortedTransactions)
    partition.abortedTransactions = null
  }
}
