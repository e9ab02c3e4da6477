import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { readMessage, writeMessage } from './json-frames.ts'
import { type ProgressMessage, progressMessageCodec } from './messages.ts'
import type { PeerGuard } from './peer-guard.ts'
import { progressProtocol } from './protocols.ts'
import { serveStreams } from './request-reply.ts'

const { id, limits } = progressProtocol

/** Opens the one stream on which a node tells the progress of its jobs. */
export async function openProgress(connection: Connection, signal: AbortSignal): Promise<Stream> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)])
  return connection.newStream(id, { signal: bounded, maxOutboundStreams: limits.streamsPerPeerMax })
}

/** Sends one message; resolves when the next may follow. */
export async function sendProgress(stream: Stream, message: ProgressMessage, signal: AbortSignal): Promise<void> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)])
  await writeMessage(stream, progressMessageCodec, message, bounded)
}

/**
 * Hands every progress message of every peer to `receive`, checked and in order. A peer above its rate has its stream reset
 * and the offence counted, as has one for which `receive` throws a protocol violation.
 */
export async function serveProgress(
  libp2p: Pick<Libp2p, 'handle'>,
  guard: PeerGuard,
  receive: (message: ProgressMessage, connection: Connection) => void,
): Promise<void> {
  const forever = new AbortController().signal
  await serveStreams(libp2p, id, limits.streamsPerPeerMax, guard, async (stream, connection, reader) => {
    while (true) {
      const message = await readMessage(reader, progressMessageCodec, limits.requestBytesMax, forever)
      if (message === undefined) break
      guard.takeFromAllowance(connection.remotePeer, id, limits)
      receive(message, connection)
    }
    await stream.close({ signal: AbortSignal.timeout(limits.timeoutMs) })
  })
}
