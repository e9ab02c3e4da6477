import type { Stream } from '@libp2p/interface'
import { ProtocolViolationError } from './errors.ts'
import { type FrameReader, writeFrame } from './frames.ts'
import type { MessageCodec } from './wire-values.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads the next message of a stream; `undefined` at its end. Throws {@link ProtocolViolationError}: the size is checked
 * before the bytes are kept, the JSON and every field before anybody sees the message.
 */
export async function readMessage<M>(
  reader: FrameReader,
  codec: MessageCodec<M>,
  bytesMax: number,
  signal: AbortSignal,
): Promise<M | undefined> {
  const frame = await reader.readFrame(bytesMax, signal)
  return frame === undefined ? undefined : decodeMessage(codec, frame)
}

/** Sends one message as a frame. */
export async function writeMessage<M>(
  stream: Stream,
  codec: MessageCodec<M>,
  message: M,
  signal: AbortSignal,
): Promise<void> {
  await writeFrame(stream, Buffer.from(JSON.stringify(codec.encode(message))), signal)
}

/** Throws {@link ProtocolViolationError} with `MALFORMED`, naming the first field that is wrong. */
export function decodeMessage<M>(codec: MessageCodec<M>, bytes: Uint8Array): M {
  const parsed = codec.schema.safeParse(parseJson(bytes))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ProtocolViolationError('MALFORMED', `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.slice(0, 256))
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    throw new ProtocolViolationError('MALFORMED', 'the frame is no JSON in UTF-8')
  }
}
