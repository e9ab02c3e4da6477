import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Container } from 'dockerode'
import type { DockerJobRequest, JobEnd, JobUsage, RunOptions } from '../engine.ts'
import { describeError } from './docker-error.ts'
import { StreamDemultiplexer } from './stream-demultiplexer.ts'
import { UsageSampler } from './usage-sampler.ts'

type StopReason = 'timedOut' | 'cancelled' | 'OUTPUT_LIMIT' | 'LOG_LIMIT'

/** Longest wait for the last bytes of a container that has ended, in milliseconds. */
const drainMs = 5_000

/** Longest that a killed container may take to end, in milliseconds. */
const killMs = 30_000

/** One job in one created container: attaches, starts, feeds, watches and kills it. Removing it is the caller's part. */
export class ContainerRun {
  private readonly output: Uint8Array[] = []
  private readonly streams: StreamDemultiplexer
  private readonly sampler: UsageSampler
  private stopReason: StopReason | undefined
  private startedAtMs = 0
  private wallMs = 0
  private killTimer: NodeJS.Timeout | undefined
  private readonly giveUp = new AbortController()

  constructor(
    private readonly container: Container,
    private readonly request: DockerJobRequest,
    private readonly options: RunOptions,
  ) {
    const { outputBytesMax, logBytesMax } = request.limits
    this.streams = new StreamDemultiplexer(
      {
        bytesMax: outputBytesMax,
        onBytes: bytes => this.output.push(bytes.slice()),
        onLimit: () => this.stop('OUTPUT_LIMIT'),
      },
      { bytesMax: logBytesMax, onBytes: bytes => options.onLog(bytes.slice()), onLimit: () => this.stop('LOG_LIMIT') },
    )
    this.sampler = new UsageSampler(container)
  }

  /** Resolves when the container has ended. Rejects when Docker Engine fails. */
  async run(): Promise<JobEnd> {
    const connection = await this.attach()
    const drained = finished(connection, { writable: false }).then(
      () => true,
      () => false,
    )
    connection.on('data', (chunk: Buffer) => this.streams.push(chunk))
    const startProblem = await this.start()
    if (startProblem !== undefined) {
      connection.destroy()
      return startProblem
    }
    const abort = () => this.stop('cancelled')
    this.options.signal.addEventListener('abort', abort, { once: true })
    const timer = setTimeout(() => this.stop('timedOut'), this.request.limits.wallMsMax)
    if (this.options.signal.aborted) abort()
    try {
      connection.end(this.request.input)
      this.sampler.start()
      await this.ended()
      this.wallMs = performance.now() - this.startedAtMs
    } finally {
      clearTimeout(timer)
      clearTimeout(this.killTimer)
      this.sampler.stop()
      this.options.signal.removeEventListener('abort', abort)
    }
    const drainTimer = setTimeout(() => connection.destroy(), drainMs)
    const isWhole = await drained
    clearTimeout(drainTimer)
    clearTimeout(this.killTimer)
    const end = await this.end()
    if (end.outcome === 'completed' && !isWhole) throw new OutputLostError()
    return end
  }

  private async attach(): Promise<Duplex> {
    const all = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true }
    return (await this.container.attach(all)) as Duplex
  }

  /** An end if the image has no such program: Docker Engine then notes a shell's exit code and starts nothing. */
  private async start(): Promise<JobEnd | undefined> {
    this.options.onStarted()
    this.startedAtMs = performance.now()
    try {
      await this.container.start()
      return undefined
    } catch (error) {
      const exitCode = (await this.container.inspect()).State.ExitCode
      if (exitCode !== 126 && exitCode !== 127) throw error
      const message = `The image cannot start this program: ${describeError(error)}.`
      return {
        outcome: 'failed',
        reason: 'EXIT_CODE',
        exitCode,
        message,
        output: new Uint8Array(),
        usage: this.usage(),
      }
    }
  }

  /** The first reason counts. A container that has just ended by itself cannot be killed, which does no harm. */
  private stop(reason: StopReason): void {
    if (this.stopReason !== undefined) return
    this.stopReason = reason
    this.container.kill().catch(() => undefined)
    this.killTimer = setTimeout(() => this.giveUp.abort(), killMs)
  }

  /** Rejects when a killed container does not end: Docker Engine is broken then. */
  private async ended(): Promise<void> {
    const gaveUp = once(this.giveUp.signal, 'abort').then(() => {
      throw new ContainerStuckError()
    })
    await Promise.race([this.container.wait({ abortSignal: this.giveUp.signal }), gaveUp])
  }

  private async end(): Promise<JobEnd> {
    const { ExitCode: exitCode, OOMKilled: isOutOfMemory } = (await this.container.inspect()).State
    const usage = this.usage()
    const output = Buffer.concat(this.output)
    const { limits } = this.request
    switch (this.stopReason) {
      case 'timedOut':
        return { outcome: 'timedOut', message: `The job ran longer than ${limits.wallMsMax} ms.`, output, usage }
      case 'cancelled':
        return { outcome: 'cancelled', message: 'The job was cancelled.', output, usage }
      case 'OUTPUT_LIMIT':
      case 'LOG_LIMIT': {
        const what = this.stopReason === 'LOG_LIMIT' ? 'log' : 'output'
        return {
          outcome: 'failed',
          reason: this.stopReason,
          message: `The job wrote more ${what} than it may.`,
          output,
          usage,
        }
      }
      case undefined:
        break
    }
    if (exitCode === 0) return { outcome: 'completed', exitCode, output, usage }
    if (isOutOfMemory) {
      const message = `The job needed more memory than ${limits.memoryBytesMax} bytes.`
      const peak = { ...usage, memoryBytesPeak: limits.memoryBytesMax }
      return { outcome: 'failed', reason: 'MEMORY_LIMIT', exitCode, message, output, usage: peak }
    }
    const message = `The job ended with exit code ${exitCode}.`
    return { outcome: 'failed', reason: 'EXIT_CODE', exitCode, message, output, usage }
  }

  /** Figures of Docker Engine are cut to what the limits and the time allow. */
  private usage(): JobUsage {
    const { cpuMillisMax, memoryBytesMax } = this.request.limits
    return {
      fuel: 0n,
      cpuMs: Math.min(this.sampler.cpuMs, (this.wallMs * cpuMillisMax) / 1000),
      memoryBytesPeak: Math.min(this.sampler.memoryBytesPeak, memoryBytesMax),
      wallMs: this.wallMs,
      logBytes: this.streams.log.bytes,
      outputBytes: this.streams.output.bytes,
    }
  }
}

/** The connection to a container broke before its last bytes came: what is there is not its output. */
export class OutputLostError extends Error {
  override readonly name = 'OutputLostError'
  constructor() {
    super('the connection broke before the whole output had come')
  }
}

/** A container was killed and did not end in time. */
export class ContainerStuckError extends Error {
  override readonly name = 'ContainerStuckError'
  constructor() {
    super(`a killed container did not end within ${killMs} ms`)
  }
}
