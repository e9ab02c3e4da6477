import { createHash } from 'node:crypto'
import { contentIdOf, type Hex } from '@deparrow/ledger'
import type { Connection, Libp2p } from '@libp2p/interface'
import { ProtocolViolationError } from './errors.ts'
import { writeBytes } from './frames.ts'
import { writeMessage } from './json-frames.ts'
import { contentChunkBytes } from './limits.ts'
import type { PeerGuard } from './peer-guard.ts'
import { contentProtocol } from './protocols.ts'
import { exchange, serveExchange } from './request-reply.ts'

/** The content of a CID, or `undefined` when it is not here. Throws to reset the stream, for instance `NOT_JOINED`. */
export type ReadContent = (contentId: string, connection: Connection) => Promise<Uint8Array | undefined>

/**
 * Fetches content from a peer: its bytes, checked against the CID, or a code when the peer has not got it or it is larger
 * than `bytesMax`. Rejects as `request` does, with `CONTENT_MISMATCH` when the bytes are other ones.
 */
export async function fetchContent(
  connection: Connection,
  contentId: string,
  bytesMax: number,
  signal: AbortSignal,
): Promise<
  | { readonly found: true; readonly bytes: Uint8Array }
  | { readonly found: false; readonly code: 'NOT_FOUND' | 'TOO_LARGE' }
> {
  return exchange(connection, contentProtocol, { contentId, bytesMax }, signal, async (header, reader, bounded) => {
    if (!header.found) return header
    if (header.sizeBytes > bytesMax) {
      throw new ProtocolViolationError('FRAME_TOO_LARGE', `content of ${header.sizeBytes} bytes, asked for ${bytesMax}`)
    }
    const bytes = await reader.readBytes(header.sizeBytes, bounded)
    if (contentIdOfBytes(bytes) !== contentId) throw new ProtocolViolationError('CONTENT_MISMATCH', contentId)
    return { found: true, bytes }
  })
}

/** Serves content to peers, in chunks and no faster than they read. */
export async function serveContent(
  libp2p: Pick<Libp2p, 'handle'>,
  guard: PeerGuard,
  readContent: ReadContent,
): Promise<void> {
  await serveExchange(libp2p, contentProtocol, guard, async ({ contentId, bytesMax }, connection, stream, signal) => {
    const bytes = await readContent(contentId, connection)
    const codec = contentProtocol.reply
    if (bytes === undefined) return writeMessage(stream, codec, { found: false, code: 'NOT_FOUND' }, signal)
    if (bytes.length > bytesMax) return writeMessage(stream, codec, { found: false, code: 'TOO_LARGE' }, signal)
    await writeMessage(stream, codec, { found: true, sizeBytes: bytes.length }, signal)
    for (let offset = 0; offset < bytes.length; offset += contentChunkBytes) {
      await writeBytes(stream, bytes.subarray(offset, offset + contentChunkBytes), signal)
    }
  })
}

/** The CID of bytes. */
export function contentIdOfBytes(bytes: Uint8Array): string {
  const digest: Hex = `0x${createHash('sha256').update(bytes).digest('hex')}`
  return contentIdOf(digest)
}
