import { StringDecoder } from 'node:string_decoder'
import { decodeWire, encodeWire } from './wire.ts'

/** An idle stream says so much, so that both ends notice when the other one is gone. */
export const heartbeatMs = 10_000

/** A job with its specification is below 2 MiB, the tail of a log below 2 MiB with every character escaped. */
const lineLengthMax = 8 * 2 ** 20

/** One line of a stream: a value, the end, or the error that ended it; an empty line says that the stream stands. */
export type Line =
  | { readonly value: unknown }
  | { readonly end: true }
  | { readonly error: { readonly remoteName: string; readonly message: string } }

/**
 * A stream as lines of JSON, the first of them empty, so that the reader learns at once that it stands. It takes the next value when the last line was taken, so that a slow reader makes it wait; what the source does
 * with values that wait is its own affair.
 */
export async function* toLines(
  source: AsyncIterator<unknown>,
  describeError: (error: unknown) => { readonly remoteName: string; readonly message: string },
): AsyncGenerator<string, void> {
  try {
    yield '\n'
    let next = source.next()
    for (;;) {
      const result = await within(next, heartbeatMs)
      if (result === undefined) {
        yield '\n'
        continue
      }
      if (result.done) break
      yield toLine({ value: result.value })
      next = source.next()
    }
    yield toLine({ end: true })
  } catch (error) {
    yield toLine({ error: describeError(error) })
  } finally {
    await source.return?.()
  }
}

/** The lines of a stream, without those that only say that it stands. Throws `RangeError` for one that is too long. */
export async function* fromLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line, void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineLengthMax) throw new RangeError('a line of a stream is too long')
    for (const line of lines) if (line !== '') yield decodeWire(line) as Line
  }
}

function toLine(line: Line): string {
  return `${encodeWire(line)}\n`
}

async function within<T>(pending: Promise<T>, ms: number): Promise<T | undefined> {
  const timeout = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => timeout.resolve(undefined), ms)
  try {
    return await Promise.race([pending, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
