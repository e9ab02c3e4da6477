import Docker, { type Container } from 'dockerode'
import type { DockerJobRequest, Engine, JobEnd, JobUsage, RunOptions } from '../engine.ts'
import { containerMemoryBytesMin, containerOptions, nodeLabel } from './container-options.ts'
import { ContainerRun } from './container-run.ts'
import { parseDockerHost } from './docker-address.ts'
import { describeError, statusOf } from './docker-error.ts'
import { resolveImage } from './image.ts'

export type DockerEngineOptions = {
  /** As in `DOCKER_HOST`; see `parseDockerHost`. */
  readonly dockerHost: string
  /** The node's address: labels its containers. */
  readonly nodeAddress: string
  /** How long a missing image may take to pull, in milliseconds; 0 allows only images that are here. */
  readonly pullTimeoutMs: number
}

/** A Docker Engine that works answers at once; one that does not must not keep the node from its other engines. */
const connectTimeoutMs = 10_000

/** Runs jobs as containers of a Docker Engine. Each container is removed at the end of its job, whatever the end. */
export class DockerEngine implements Engine<DockerJobRequest> {
  readonly name = 'docker'
  private readonly closing = new AbortController()
  private readonly running = new Set<Promise<JobEnd>>()

  private constructor(
    private readonly docker: Docker,
    private readonly options: DockerEngineOptions,
  ) {}

  /**
   * Connects, and removes what an earlier process of this node left behind. Undefined when no Docker Engine does that there.
   * Throws `DockerAddressError` for an address that cannot be understood.
   */
  static async connect(options: DockerEngineOptions): Promise<DockerEngine | undefined> {
    const engine = new DockerEngine(new Docker(parseDockerHost(options.dockerHost)), options)
    try {
      await engine.removeLeftovers()
      return engine
    } catch {
      return undefined
    }
  }

  async run(request: DockerJobRequest, options: RunOptions): Promise<JobEnd> {
    if (this.closing.signal.aborted) {
      return { outcome: 'refused', code: 'ENGINE_CLOSED', message: 'The engine is closed.', usage: noUsage }
    }
    const signal = AbortSignal.any([options.signal, this.closing.signal])
    const end = this.runInContainer(request, { ...options, signal }).catch(
      (error: unknown): JobEnd => ({
        outcome: 'nodeFailed',
        message: `Docker Engine failed: ${describeError(error)}.`,
        usage: noUsage,
      }),
    )
    this.running.add(end)
    try {
      return await end
    } finally {
      this.running.delete(end)
    }
  }

  async close(): Promise<void> {
    this.closing.abort()
    await Promise.allSettled(this.running)
  }

  private async runInContainer(request: DockerJobRequest, options: RunOptions): Promise<JobEnd> {
    const image = await resolveImage(this.docker, request.image, this.options.pullTimeoutMs, options.signal)
    if (options.signal.aborted) return cancelled
    if (!image.ok) return { outcome: 'refused', code: image.code, message: image.message, usage: noUsage }
    if (request.limits.memoryBytesMax < containerMemoryBytesMin) return tooLittleMemory
    const container = await this.docker.createContainer(containerOptions(request, image, this.options.nodeAddress))
    try {
      return options.signal.aborted ? cancelled : await new ContainerRun(container, request, options).run()
    } finally {
      await removeContainer(container)
    }
  }

  private async removeLeftovers(): Promise<void> {
    const label = [`${nodeLabel}=${this.options.nodeAddress}`]
    const abortSignal = AbortSignal.timeout(connectTimeoutMs)
    const leftovers = await this.docker.listContainers({ all: true, filters: { label }, abortSignal })
    await Promise.all(leftovers.map(({ Id }) => removeContainer(this.docker.getContainer(Id))))
  }
}

const noUsage: JobUsage = { fuel: 0n, cpuMs: 0, memoryBytesPeak: 0, wallMs: 0, logBytes: 0, outputBytes: 0 }

const cancelled: JobEnd = {
  outcome: 'cancelled',
  message: 'The job was cancelled before it started.',
  output: new Uint8Array(),
  usage: noUsage,
}

const tooLittleMemory: JobEnd = {
  outcome: 'failed',
  reason: 'MEMORY_LIMIT',
  message: `A container needs at least ${containerMemoryBytesMin} bytes of memory.`,
  output: new Uint8Array(),
  usage: noUsage,
}

/** Kills what still runs, with all anonymous volumes. One that is gone or going (404, 409) is as good as removed. */
async function removeContainer(container: Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true })
  } catch (error) {
    const status = statusOf(error)
    if (status !== 404 && status !== 409) throw error
  }
}
