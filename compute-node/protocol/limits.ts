import { jobSpecBounds } from '@deparrow/ledger'

/** What one protocol may cost whoever answers it. Every handler enforces all of it before it looks at a message. */
export type ProtocolLimits = {
  /** Bytes of one frame that the asking side may send. */
  readonly requestBytesMax: number
  /** Bytes of one frame that the answering side may send. */
  readonly replyBytesMax: number
  /** From the opening of the stream to the complete answer. */
  readonly timeoutMs: number
  /** Streams that one peer may have open at the same time. */
  readonly streamsPerPeerMax: number
  /** Streams (for progress: messages) a second that one peer may send for long, */
  readonly ratePerSecond: number
  /** and how many of them at once. */
  readonly burst: number
}

const kibibyte = 1024

/**
 * A hello carries a registration, an instruction (about 1 KiB) and the digests of the jobs in hand (69 bytes each, at most
 * {@link runningJobsMax}). A node joins once a connection; five at once allow for a flapping line.
 */
export const joinLimits: ProtocolLimits = {
  requestBytesMax: 320 * kibibyte,
  replyBytesMax: 4 * kibibyte,
  timeoutMs: 15_000,
  streamsPerPeerMax: 2,
  ratePerSecond: 1,
  burst: 5,
}

/**
 * A job specification has at most 64 arguments and 64 variables of 4 096 characters each, up to 6 bytes a character in JSON:
 * 3 MiB at the very worst. The answer is a signed release at most. The node answers after one fsync, before it fetches anything.
 */
export const assignLimits: ProtocolLimits = {
  requestBytesMax: 4 * 1024 * kibibyte,
  replyBytesMax: 4 * kibibyte,
  timeoutMs: 10_000,
  streamsPerPeerMax: 64,
  ratePerSecond: 200,
  burst: 400,
}

/** A cancel is one digest. As many may come as assignments. */
export const cancelLimits: ProtocolLimits = {
  requestBytesMax: 1 * kibibyte,
  replyBytesMax: 1 * kibibyte,
  timeoutMs: 10_000,
  streamsPerPeerMax: 64,
  ratePerSecond: 200,
  burst: 400,
}

/**
 * One stream a connection carries the progress of all jobs of a node, in order. A message holds at most {@link logChunkBytesMax}
 * of a log, so that 200 a second are 3 MiB/s a node; nodes pace themselves at half of it. The timeout is for one write.
 */
export const progressLimits: ProtocolLimits = {
  requestBytesMax: 32 * kibibyte,
  replyBytesMax: 0,
  timeoutMs: 10_000,
  streamsPerPeerMax: 2,
  ratePerSecond: 200,
  burst: 400,
}

/**
 * A receipt is about 1 KiB; a failure's sentence is bounded to {@link failureMessageLengthMax}. The market fetches the output,
 * up to 64 MiB, before it acknowledges, hence the long timeout.
 */
export const receiptLimits: ProtocolLimits = {
  requestBytesMax: 16 * kibibyte,
  replyBytesMax: 4 * kibibyte,
  timeoutMs: 90_000,
  streamsPerPeerMax: 16,
  ratePerSecond: 200,
  burst: 400,
}

/**
 * The question is one CID; the answer is a header in a frame, then exactly as many raw bytes as it says and the asker allowed.
 * 64 MiB in a minute asks for 9 Mbit/s. Eight streams keep one peer from taking the whole line.
 */
export const contentLimits: ProtocolLimits = {
  requestBytesMax: 1 * kibibyte,
  replyBytesMax: 1 * kibibyte,
  timeoutMs: 60_000,
  streamsPerPeerMax: 8,
  ratePerSecond: 200,
  burst: 400,
}

/** Jobs that a node may hold, running or with a receipt that is not acknowledged yet. */
export const runningJobsMax = 4_096

/** Jobs side by side that a node may offer. */
export const slotsMaxMax = 1_024

/** Bytes of a log in one progress message; base64 makes 21 846 characters of them. */
export const logChunkBytesMax = 16 * kibibyte

/** Characters of a failure's sentence. */
export const failureMessageLengthMax = 1_024

/** The largest content that any call may ask for: the bound of a job's output (64 MiB). */
export const contentBytesMax: number = jobSpecBounds.outputBytesMax

/** Bytes of one chunk of content on its way; one Yamux window holds sixteen. */
export const contentChunkBytes = 16 * kibibyte

/**
 * A Yamux stream's receive window. It bounds what a peer can make us buffer on one stream; 1 MiB in flight saturates
 * 80 Mbit/s at 100 ms. Yamux's own default grows to 16 MiB.
 */
export const streamWindowBytesMax = 1024 * kibibyte

/** Offences (garbage, broken bounds, rates passed) after which a peer is banned, when they fall within a minute, */
export const offencesMax = 20

export const offenceWindowMs = 60_000

/** and for how long its connections are refused. */
export const banMs = 10 * 60_000

/** Peers whose conduct is remembered; beyond it the one not heard of for longest is forgotten. */
export const peersRememberedMax = 10_000
