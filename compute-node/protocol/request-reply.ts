import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { ProtocolViolationError } from './errors.ts'
import { FrameReader } from './frames.ts'
import { readMessage, writeMessage } from './json-frames.ts'
import type { PeerGuard } from './peer-guard.ts'
import type { RequestProtocol } from './protocols.ts'

/**
 * Asks a peer one thing over a stream of its own and gives its answer. Rejects when the stream cannot be opened, is reset,
 * `signal` aborts or the protocol's time is over, and with {@link ProtocolViolationError} when the answer is not one.
 */
export async function request<Request, Reply>(
  connection: Connection,
  protocol: RequestProtocol<Request, Reply>,
  message: Request,
  signal: AbortSignal,
): Promise<Reply> {
  return exchange(connection, protocol, message, signal, async reply => reply)
}

/** As {@link request}; `receive` reads what follows the answer on the stream, and its result is the result. */
export async function exchange<Request, Reply, Result>(
  connection: Connection,
  protocol: RequestProtocol<Request, Reply>,
  message: Request,
  signal: AbortSignal,
  receive: (reply: Reply, reader: FrameReader, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { limits } = protocol
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)])
  const stream = await connection.newStream(protocol.id, {
    signal: bounded,
    maxOutboundStreams: limits.streamsPerPeerMax,
  })
  try {
    const reader = new FrameReader(stream)
    await writeMessage(stream, protocol.request, message, bounded)
    closeWhenSent(stream, bounded)
    const reply = await readMessage(reader, protocol.reply, limits.replyBytesMax, bounded)
    if (reply === undefined) throw new ProtocolViolationError('FRAME_INCOMPLETE', 'the stream ended without an answer')
    return await receive(reply, reader, bounded)
  } catch (error) {
    stream.abort(error as Error)
    throw error
  }
}

/** What a handler is given: the checked message, the connection that it came over, and when to stop. */
export type Answer<Request, Reply> = (message: Request, connection: Connection, signal: AbortSignal) => Promise<Reply>

/**
 * Answers a protocol. Before `answer` sees a message, the peer's rate, the size, the JSON and every field have been checked;
 * a peer that fails a check gets its stream reset and the offence counted. An `answer` that throws resets the stream.
 */
export async function serve<Request, Reply>(
  libp2p: Pick<Libp2p, 'handle'>,
  protocol: RequestProtocol<Request, Reply>,
  guard: PeerGuard,
  answer: Answer<Request, Reply>,
): Promise<void> {
  await serveExchange(libp2p, protocol, guard, async (message, connection, stream, signal) => {
    await writeMessage(stream, protocol.reply, await answer(message, connection, signal), signal)
  })
}

/** As {@link serve}; `respond` writes the answer and what follows it onto the stream itself. */
export async function serveExchange<Request, Reply>(
  libp2p: Pick<Libp2p, 'handle'>,
  protocol: RequestProtocol<Request, Reply>,
  guard: PeerGuard,
  respond: (message: Request, connection: Connection, stream: Stream, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { id, limits } = protocol
  await serveStreams(libp2p, id, limits.streamsPerPeerMax, guard, async (stream, connection, reader) => {
    guard.takeFromAllowance(connection.remotePeer, id, limits)
    const signal = AbortSignal.timeout(limits.timeoutMs)
    const message = await readMessage(reader, protocol.request, limits.requestBytesMax, signal)
    if (message === undefined)
      throw new ProtocolViolationError('FRAME_INCOMPLETE', 'the stream ended without a message')
    await respond(message, connection, stream, signal)
    await stream.close({ signal })
  })
}

/**
 * Handles every stream of a protocol with `handle`. When it throws, the stream is reset; a {@link ProtocolViolationError}
 * counts as an offence of the peer.
 */
export async function serveStreams(
  libp2p: Pick<Libp2p, 'handle'>,
  id: string,
  streamsPerPeerMax: number,
  guard: PeerGuard,
  handle: (stream: Stream, connection: Connection, reader: FrameReader) => Promise<void>,
): Promise<void> {
  const onStream = (stream: Stream, connection: Connection) => {
    handle(stream, connection, new FrameReader(stream)).catch(error => {
      stream.abort(error)
      if (error instanceof ProtocolViolationError) guard.offended(connection)
    })
  }
  await libp2p.handle(id, onStream, { maxInboundStreams: streamsPerPeerMax, maxOutboundStreams: streamsPerPeerMax })
}

/** Half-closes the stream without waiting for it; a stream that fails meanwhile tells its reader. */
function closeWhenSent(stream: Stream, signal: AbortSignal): void {
  stream.close({ signal }).catch(() => {})
}
