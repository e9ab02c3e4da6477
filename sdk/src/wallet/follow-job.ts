import type { Hex } from '@deparrow/ledger'
import { isSettled, type Job, jobStatuses, readJob } from '../api/job.ts'
import { operations } from '../api/operations.ts'
import { read } from '../api/read.ts'
import { AnswerInvalidError, DeparrowError, NetworkUnreachableError, RequestTimeoutError } from '../errors.ts'
import { followSubscription } from '../http/graphql-subscription.ts'
import { waitMs } from './wait.ts'
import type { WalletContext } from './wallet-context.ts'

export type FollowOptions = {
  /** Called with the job when its status has moved on, each status at most once, in order. */
  readonly onStatus?: (job: Job) => void
  /** Called with each piece of the log; signs in, because a log is for its payer only. */
  readonly onLog?: (text: string) => void
  readonly signal?: AbortSignal
}

/** With a live subscription polling is the net under it; without one it is how changes are seen. */
const pollMs = { live: 1_000, alone: 200 } as const

/** Polls in a row that may go without an answer: the gateway is being restarted. */
const failedPollsMax = 30

/** How long the rest of a log may take to arrive after the job has ended. */
const logDrainMs = 2_000

/** The longest tail of a log that gateways give out. */
const logBytesMax = 256 * 1024

/**
 * Follows a job until it has ended and is settled and returns it then. Changes come over a subscription, and by polling where
 * there is none. Rejects with the signal's reason, or with {@link UnknownJobError}.
 */
export async function followJob(context: WalletContext, id: Hex, options: FollowOptions = {}): Promise<Job> {
  const ended = new AbortController()
  const signal = options.signal === undefined ? ended.signal : AbortSignal.any([ended.signal, options.signal])
  const settled = Promise.withResolvers<Job>()
  let statusRank = -1
  const see = (job: Job) => {
    if (job.id !== id) throw new AnswerInvalidError(context.graphql.url, 'it tells of another job')
    const rank = Math.min(jobStatuses.indexOf(job.status), 2)
    if (rank > statusRank) {
      statusRank = rank
      options.onStatus?.(job)
    }
    if (!isSettled(job)) return
    context.budget.settle(job)
    settled.resolve(job)
  }
  const status = { isLive: true }
  const log = options.onLog === undefined ? undefined : followLog(context, id, options.onLog, signal)
  void watch(context, id, signal, see).finally(() => {
    status.isLive = false
  })
  try {
    const job = await Promise.race([settled.promise, poll(context, id, signal, see, status)])
    await log?.drain()
    return job
  } finally {
    ended.abort()
  }
}

/** The job as the gateway tells it now. Throws {@link UnknownJobError}. */
export async function readJobById(context: WalletContext, id: Hex, signal?: AbortSignal): Promise<Job> {
  const data = await context.ask(operations.job, { id }, signal)
  if (data['job'] === null) throw new UnknownJobError(id)
  const job = readJob(read.object(data, 'job'))
  if (isSettled(job)) context.budget.settle(job)
  return job
}

/** The end of a job's log, at most `bytesMax` bytes; needs the payer's session. */
export async function readJobLog(context: WalletContext, id: Hex, bytesMax: number): Promise<string> {
  const token = await context.token()
  const data = await context.graphql.request({ document: operations.jobLog, variables: { id, bytes: bytesMax }, token })
  if (data['job'] === null) throw new UnknownJobError(id)
  return read.text(read.object(data, 'job'), 'log')
}

async function watch(context: WalletContext, id: Hex, signal: AbortSignal, see: (job: Job) => void): Promise<void> {
  try {
    await followSubscription({
      gatewayUrl: context.gatewayUrl,
      document: operations.jobChanged,
      variables: { id },
      signal,
      onData: data => see(readJob(read.object(data, 'jobChanged'))),
    })
  } catch {
    // Polling sees what the subscription would have told, and reports what is wrong for good.
  }
}

async function poll(
  context: WalletContext,
  id: Hex,
  signal: AbortSignal,
  see: (job: Job) => void,
  status: { readonly isLive: boolean },
): Promise<Job> {
  for (let failures = 0; ; ) {
    try {
      const job = await readJobById(context, id, signal)
      failures = 0
      see(job)
      if (isSettled(job)) return job
    } catch (error) {
      const isWithoutAnswer = error instanceof NetworkUnreachableError || error instanceof RequestTimeoutError
      if (!isWithoutAnswer || ++failures > failedPollsMax) throw error
    }
    await waitMs(status.isLive ? pollMs.live : pollMs.alone, signal)
  }
}

function followLog(context: WalletContext, id: Hex, onLog: (text: string) => void, signal: AbortSignal) {
  let seenLength = 0
  let isComplete = false
  const follow = async () => {
    await followSubscription({
      gatewayUrl: context.gatewayUrl,
      document: operations.jobLogged,
      variables: { id },
      token: await context.token(),
      signal,
      onData: data => {
        const text = read.text(data, 'jobLog')
        seenLength += text.length
        if (text !== '') onLog(text)
      },
    })
    isComplete = true
  }
  const following = follow().catch(() => undefined)
  return {
    drain: async () => {
      const drained = new AbortController()
      await Promise.race([following, waitMs(logDrainMs, drained.signal)])
      drained.abort()
      if (isComplete) return
      const rest = (await readJobLog(context, id, logBytesMax)).slice(seenLength)
      if (rest !== '') onLog(rest)
    },
  }
}

/** Thrown when the gateway knows no job with this id. */
export class UnknownJobError extends DeparrowError {
  override readonly name = 'UnknownJobError'
  constructor(readonly jobId: Hex) {
    super('UNKNOWN_JOB', `The network knows no job ${jobId}.`)
  }
}
