import type { Container, ContainerStats } from 'dockerode'

/** First pause between two looks, and the longest, in milliseconds: short jobs are seen, long ones cost little to watch. */
const firstPauseMs = 50
const pauseMsMax = 1000

/**
 * Watches what a container uses. Docker Engine forgets the figures when a container ends, so the last look before the end
 * counts: it may be too little by what happened since (Docker Engine itself looks once a second), never too much.
 */
export class UsageSampler {
  cpuMs = 0
  memoryBytesPeak = 0
  private timer: NodeJS.Timeout | undefined
  private isStopped = false

  constructor(private readonly container: Container) {}

  start(pauseMs: number = firstPauseMs): void {
    this.timer = setTimeout(async () => {
      await this.sample()
      if (!this.isStopped) this.start(Math.min(pauseMs * 2, pauseMsMax))
    }, pauseMs)
  }

  stop(): void {
    this.isStopped = true
    clearTimeout(this.timer)
  }

  /** An engine that does not answer, or has no such container any more, leaves the figures as they are. */
  private async sample(): Promise<void> {
    const stats = await this.container.stats({ stream: false, 'one-shot': true }).catch(() => undefined)
    if (stats !== undefined && !this.isStopped) this.record(stats)
  }

  private record(stats: ContainerStats): void {
    this.cpuMs = Math.max(this.cpuMs, (stats.cpu_stats?.cpu_usage?.total_usage ?? 0) / 1_000_000)
    const { usage = 0, stats: details } = stats.memory_stats ?? {}
    const cache = details?.inactive_file ?? details?.total_inactive_file ?? 0
    this.memoryBytesPeak = Math.max(this.memoryBytesPeak, usage - cache)
  }
}
