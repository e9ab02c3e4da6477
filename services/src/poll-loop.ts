/** Waits, given from outside so that tests need not. Answers early when the signal aborts; never throws. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

/** Waits on the process's timers without keeping the process alive. */
export const waitOnTimer: Wait = (ms, signal) =>
  new Promise(resolve => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms).unref()
    signal.addEventListener('abort', end)
  })

export type PollLoopParts = {
  readonly step: () => Promise<void>
  readonly wait: Wait
  readonly intervalMs: number
  readonly backoffMaxMs: number
}

/**
 * Repeats a step, one at a time, with a pause between. After a failure the pause doubles, up to a limit, until a step succeeds;
 * the failure is kept in {@link lastError} and never ends the loop.
 */
export class PollLoop {
  lastError: unknown
  failuresInARow = 0
  private readonly stopping = new AbortController()
  private running: Promise<void> | undefined

  constructor(private readonly parts: PollLoopParts) {}

  start(): void {
    this.running ??= this.run()
  }

  /** Ends after the step under way. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      await this.tryStep()
      await this.parts.wait(this.pauseMs(), signal)
    }
  }

  private async tryStep(): Promise<void> {
    try {
      await this.parts.step()
      this.failuresInARow = 0
      this.lastError = undefined
    } catch (error) {
      this.failuresInARow++
      this.lastError = error
    }
  }

  private pauseMs(): number {
    const { intervalMs, backoffMaxMs } = this.parts
    return Math.min(intervalMs * 2 ** Math.min(this.failuresInARow, 16), Math.max(intervalMs, backoffMaxMs))
  }
}
