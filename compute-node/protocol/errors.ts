/** What a peer did wrong. Each of them resets the stream and counts towards a ban. */
export type ViolationCode =
  /** More bytes than the protocol allows. */
  | 'FRAME_TOO_LARGE'
  /** The stream ended inside a message. */
  | 'FRAME_INCOMPLETE'
  /** No JSON, or not the fields that the protocol has. */
  | 'MALFORMED'
  /** Faster than the protocol allows. */
  | 'RATE_EXCEEDED'
  /** A message that only a peer that has joined may send. */
  | 'NOT_JOINED'
  /** The message names another key than the one that the connection was made with. */
  | 'IDENTITY_MISMATCH'
  /** Bytes that do not hash to the CID that was asked for. */
  | 'CONTENT_MISMATCH'
  /** A job offered in another attempt than the one in which the node took it and did not give it back. */
  | 'ORDER_TAKEN'

/** Thrown where a peer breaks a protocol; the stream is reset with it. `code` says how. */
export class ProtocolViolationError extends Error {
  override readonly name = 'ProtocolViolationError'
  constructor(
    readonly code: ViolationCode,
    detail: string,
  ) {
    super(`${code}: ${detail}`)
  }
}
