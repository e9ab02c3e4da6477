import { setTimeout as wait } from 'node:timers/promises'
import { parseExportEnd, zeroHash } from '@deparrow/ledger'
import { AnswerInvalidError, NetworkUnreachableError } from '@deparrow/sdk/network'

/** Where a gateway serves its journal. */
const journalPath = '/ledger/journal'

/** An answer must go on within this time. */
const silenceMsMax = 60_000

/** How often a page is asked for again that was refused for the rate of requests. */
const retriesMax = 60

/** The end of a page is its last line, which is short. */
const endBytesMax = 1_024

/**
 * The journal that is served at an address, page after page up to its end. The address of a gateway stands for the journal that it serves. Throws
 * `NetworkUnreachableError`, and `AnswerInvalidError` for an answer that is no journal.
 */
export async function* urlChunks(
  source: string,
  { signal, after: from = 0 }: { readonly signal?: AbortSignal | undefined; readonly after?: number | undefined } = {},
): AsyncGenerator<Uint8Array> {
  const url = new URL(source)
  if (url.pathname === '/') url.pathname = journalPath
  let after = from
  for (let isComplete = false; !isComplete; ) {
    if (after > 0) url.searchParams.set('after', String(after))
    const tail = new Tail()
    for await (const chunk of pageChunks(url.href, signal)) {
      tail.add(chunk)
      yield chunk
    }
    // A page without an end is cut off, which whoever reads it sees too.
    const page = parseExportEnd(tail.lastLine()) ?? { end: { position: after, hash: zeroHash }, isComplete: true }
    isComplete = page.isComplete || page.end.position <= after
    after = page.end.position
  }
}

async function* pageChunks(url: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for (let attempt = 0; ; attempt++) {
    const silence = new AbortController()
    const timer = setTimeout(() => silence.abort(), silenceMsMax)
    try {
      const all = signal === undefined ? silence.signal : AbortSignal.any([silence.signal, signal])
      const response = await fetch(url, { signal: all, redirect: 'error' })
      if (response.status === 429 && attempt < retriesMax) {
        await response.body?.cancel()
        await wait(retryMs(response), undefined, signal === undefined ? {} : { signal })
        continue
      }
      if (response.status !== 200) throw new AnswerInvalidError(url, `it answers with status ${response.status}`)
      for await (const chunk of response.body ?? []) {
        timer.refresh()
        yield chunk
      }
      return
    } catch (error) {
      if (error instanceof AnswerInvalidError) throw error
      signal?.throwIfAborted()
      throw new NetworkUnreachableError(url, { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }
}

function retryMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? '1')
  return Math.min(Math.max(Number.isFinite(seconds) ? seconds : 1, 1), 60) * 1_000
}

/** Keeps the last bytes of a stream. */
class Tail {
  private bytes = Buffer.alloc(0)

  add(chunk: Uint8Array): void {
    this.bytes = Buffer.concat([this.bytes, chunk.subarray(-endBytesMax)]).subarray(-endBytesMax)
  }

  lastLine(): string {
    return this.bytes.toString('latin1').trimEnd().split('\n').at(-1) ?? ''
  }
}
