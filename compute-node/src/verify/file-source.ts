import { open } from 'node:fs/promises'

/** Bytes of one read, some thousand events. */
const readBytes = 2 ** 20

/** The bytes of a file, of which the next are read while the last are worked on. Rejects with the reason of `signal` when that aborts. */
export async function* fileChunks(
  path: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array> {
  const file = await open(path)
  let next: Promise<Uint8Array> | undefined
  try {
    const read = async () => {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(readBytes), 0, readBytes)
      return buffer.subarray(0, bytesRead)
    }
    next = read()
    for (let chunk = await next; chunk.length > 0; chunk = await next) {
      signal?.throwIfAborted()
      next = read()
      yield chunk
    }
  } finally {
    await next?.catch(() => undefined)
    await file.close()
  }
}
