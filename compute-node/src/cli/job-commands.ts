import type { Hex } from '@deparrow/ledger'
import type { AgentWallet, Job, JobRequest } from '@deparrow/sdk'
import { CliError, refused } from './cli-error.ts'
import type { CommandContext } from './command-context.ts'
import { connectWallet } from './connect-wallet.ts'
import { readNamedFile, requireWritableFolder, writeNamedFile } from './files.ts'
import { jobLine, jobLines, jobView } from './views.ts'

/** What `deparrow job submit` takes. */
export type SubmitOptions = {
  readonly image?: string
  readonly input?: string
  readonly arg?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly maxPrice?: bigint
  readonly bid?: bigint
  readonly priority?: 'normal' | 'high'
  readonly memoryMib?: number
  readonly wallSeconds?: number
  readonly fuel?: bigint
  readonly cpuMillicores?: number
  readonly outputBytes?: number
  readonly deadlineSeconds?: number
  readonly lane?: number
  readonly output?: string
  readonly follow?: boolean
}

/** Buys a job; with `--follow` or `--output` waits for it, and fails when it does not complete. */
export async function submitJob(context: CommandContext, file: string | undefined, options: SubmitOptions) {
  const { output } = context
  if ((file === undefined) === (options.image === undefined)) {
    throw new CliError('USAGE', 'Name either a WebAssembly module or, with --image, a container image.')
  }
  if (options.output !== undefined) await requireWritableFolder(options.output)
  const request = await requestOf(file, options)
  const wallet = await connectWallet(context)
  output.progress('Signing the order …')
  const submitted = await wallet.submitJob(request)
  if (!submitted.ok) throw refused(submitted.refusal)
  if (options.follow !== true && options.output === undefined) {
    return output.result(jobView(submitted.job), jobLines(submitted.job))
  }
  const job = await follow(context, wallet, submitted.job.id, options.follow === true)
  if (job.status !== 'completed') throw notCompleted(job)
  if (options.output === undefined) {
    await wallet.checkReceipt(job)
    return output.result(jobView(job), jobLines(job))
  }
  const result = await wallet.fetchResult(job, context.signal)
  await writeNamedFile(options.output, result.output)
  const saved = { ...(jobView(job) as object), outputPath: options.output, outputBytes: result.output.length }
  output.result(saved, [
    ...jobLines(job),
    `${result.output.length} bytes, checked against the node's receipt, in ${options.output}`,
  ])
}

export async function getJob(context: CommandContext, id: Hex, options: { readonly output?: string }) {
  if (options.output !== undefined) await requireWritableFolder(options.output)
  const wallet = await connectWallet(context)
  const job = await wallet.job(id)
  if (options.output === undefined) return context.output.result(jobView(job), jobLines(job))
  const result = await wallet.fetchResult(job, context.signal)
  await writeNamedFile(options.output, result.output)
  const saved = { ...(jobView(job) as object), outputPath: options.output, outputBytes: result.output.length }
  context.output.result(saved, [
    ...jobLines(job),
    `${result.output.length} bytes, checked against the node's receipt, in ${options.output}`,
  ])
}

export async function showLog(context: CommandContext, id: Hex, options: { readonly bytes: number }) {
  const wallet = await connectWallet(context)
  context.output.logResult(id, await wallet.jobLog(id, options.bytes))
}

export async function cancelJob(context: CommandContext, id: Hex) {
  const wallet = await connectWallet(context)
  const cancelled = await wallet.cancelJob(id)
  if (!cancelled.ok) throw refused(cancelled.refusal)
  context.output.result(jobView(cancelled.job), jobLines(cancelled.job))
}

export async function listJobs(context: CommandContext, options: { readonly limit: number }) {
  const wallet = await connectWallet(context)
  const { jobs } = await wallet.jobs({ first: options.limit })
  context.output.result(jobs.map(jobView), jobs.length === 0 ? ['No jobs yet.'] : jobs.map(jobLine))
}

async function follow(context: CommandContext, wallet: AgentWallet, id: Hex, withLog: boolean): Promise<Job> {
  const { output, signal } = context
  return wallet.followJob(id, {
    signal,
    onStatus: job => output.progress(`Job ${id} is ${job.status}.`),
    ...(withLog ? { onLog: (text: string) => output.log(text) } : {}),
  })
}

async function requestOf(file: string | undefined, options: SubmitOptions): Promise<JobRequest> {
  const input = options.input === undefined ? undefined : await readNamedFile(options.input)
  const limits = present({
    memoryBytesMax: options.memoryMib === undefined ? undefined : options.memoryMib * 2 ** 20,
    wallMsMax: options.wallSeconds === undefined ? undefined : options.wallSeconds * 1_000,
    outputBytesMax: options.outputBytes,
    fuelMax: options.fuel,
    cpuMillicoresMax: options.cpuMillicores,
  })
  const common = present({
    args: options.arg,
    env: options.env,
    input,
    maxPriceMicrocredits: options.maxPrice,
    bidMicrocredits: options.bid,
    priority: options.priority === 'high' ? (2 as const) : undefined,
    deadlineSeconds: options.deadlineSeconds,
    lane: options.lane,
  })
  const program = options.image === undefined ? { module: await readNamedFile(file ?? '') } : { image: options.image }
  return { ...program, ...common, limits } as JobRequest
}

function notCompleted(job: Job): CliError {
  const why = job.failure === null ? '' : `: ${job.failure.message}`
  return new CliError('JOB_NOT_COMPLETED', `Job ${job.id} ended as ${job.outcome ?? job.status}${why}`, {
    job: jobView(job),
  })
}

function present<T extends Readonly<Record<string, unknown>>>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>
}
