/** What a client proposes to append. */
export type ProposedRecord = {
  readonly id: string
  readonly type: string
  readonly contentType: string
  readonly data: Uint8Array
  readonly metadata: Uint8Array
}

/** A record of a stream, with the server's time in Unix milliseconds. */
export type LoggedRecord = ProposedRecord & {
  readonly stream: string
  readonly revision: number
  readonly writtenAtMs: number
  /** Place in the log of all streams. */
  readonly logPosition: number
}

/** The revision that a stream must end at; -1 for a stream that must not exist. */
export type ExpectedRevision = number | 'any' | 'exists'

export type LogAppend =
  | { readonly status: 'written'; readonly revision: number; readonly logPosition: number }
  /** `revision` is that of the stream's last record, -1 without one. */
  | { readonly status: 'wrongRevision'; readonly revision: number }
  | { readonly status: 'tooLarge' }

/**
 * The streams of a KurrentDB server in memory, by the rules that its clients rely on: an append writes all or nothing; with an
 * expected revision behind the stream's end it succeeds without writing if the records there have its ids in its order; `$maxCount`
 * in a stream's metadata hides all but the last records.
 */
export class KurrentLog {
  private readonly streams = new Map<string, LoggedRecord[]>()
  private logPosition = 0

  /** @param nowMs the server's clock; @param appendBytesMax `MaxAppendSize` of the server */
  constructor(
    private readonly nowMs: () => number,
    private readonly appendBytesMax: number,
  ) {}

  append(stream: string, expected: ExpectedRevision, proposed: readonly ProposedRecord[]): LogAppend {
    const bytes = proposed.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0)
    if (bytes > this.appendBytesMax) return { status: 'tooLarge' }
    const records = this.streams.get(stream) ?? []
    const repeated = repeatedAt(records, expected, proposed)
    if (repeated !== undefined) return written(records[repeated + proposed.length - 1])
    const last = records.length - 1
    const isExpected = expected === 'any' || (expected === 'exists' ? last >= 0 : expected === last)
    if (!isExpected) return { status: 'wrongRevision', revision: last }
    for (const record of proposed) {
      const revision = records.length
      records.push({ ...record, stream, revision, writtenAtMs: this.nowMs(), logPosition: this.logPosition++ })
    }
    this.streams.set(stream, records)
    return written(records.at(-1))
  }

  /** The visible records of a stream, the oldest first; `undefined` when it has none. */
  read(stream: string): readonly LoggedRecord[] | undefined {
    const records = this.streams.get(stream)
    return records?.slice(-this.maxCount(stream))
  }

  private maxCount(stream: string): number {
    const last = this.streams.get(`$$${stream}`)?.at(-1)
    if (last === undefined) return Number.MAX_SAFE_INTEGER
    const metadata = JSON.parse(Buffer.from(last.data).toString('utf8')) as { readonly $maxCount?: number }
    return metadata.$maxCount ?? Number.MAX_SAFE_INTEGER
  }
}

function written(last: LoggedRecord | undefined): LogAppend {
  return { status: 'written', revision: last?.revision ?? -1, logPosition: last?.logPosition ?? 0 }
}

/** The revision at which the proposed records stand already, one after another. */
function repeatedAt(
  records: readonly LoggedRecord[],
  expected: ExpectedRevision,
  proposed: readonly ProposedRecord[],
): number | undefined {
  const start = typeof expected === 'number' ? expected + 1 : records.findIndex(record => record.id === proposed[0]?.id)
  const isRepeated =
    start >= 0 && proposed.length > 0 && proposed.every(({ id }, index) => records[start + index]?.id === id)
  return isRepeated ? start : undefined
}
