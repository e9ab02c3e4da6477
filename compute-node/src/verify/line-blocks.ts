/** Bytes that are handed on together, so that a thread has some milliseconds of work at a time. */
export const blockBytesMin = 2 ** 20

/** The longest line: an epoch with 100 000 rows has about 17 MB. */
export const lineBytesMax = 64 * 2 ** 20

const newLine = 10

/**
 * Cuts a stream into blocks of whole lines, each in memory of its own that may be given to another thread. The last block may end without a
 * line break. Throws {@link LineTooLongError} rather than gather a line without end.
 */
export async function* lineBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let gathered: Uint8Array[] = []
  let gatheredBytes = 0
  for await (const chunk of chunks) {
    gathered.push(chunk)
    gatheredBytes += chunk.length
    if (gatheredBytes < blockBytesMin) continue
    const cut = chunk.lastIndexOf(newLine) + 1
    if (cut > 0) {
      const rest = chunk.slice(cut)
      yield joined([...gathered.slice(0, -1), chunk.subarray(0, cut)])
      gathered = [rest]
      gatheredBytes = rest.length
    }
    if (gatheredBytes > lineBytesMax) throw new LineTooLongError()
  }
  if (gatheredBytes > 0) yield joined(gathered)
}

function joined(parts: readonly Uint8Array[]): Buffer {
  const block = Buffer.allocUnsafeSlow(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    block.set(part, offset)
    offset += part.length
  }
  return block
}

/** Thrown when a line is longer than any event can be. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError'
  constructor() {
    super(`a line is longer than ${lineBytesMax} bytes`)
  }
}
