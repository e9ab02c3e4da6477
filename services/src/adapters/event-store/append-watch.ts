type Waiter = { readonly position: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }

type Watched = { end: number; readonly waiters: Set<Waiter>; polling: boolean; timer: NodeJS.Timeout | undefined }

/**
 * Lets callers wait for a journal to grow. Appends that this process reports wake them at once; for those of others one loop a
 * shard, however many wait, asks the store, and only while somebody waits. Its timer keeps no process alive.
 */
export class AppendWatch {
  private readonly shards = new Map<string, Watched>()
  private closed = false

  /**
   * @param endOf position of the last event of a shard, read from the store
   * @param pollMs how long to wait from one answer to the next question; the port promises to see an append of another process
   *   within 50 ms
   */
  constructor(
    private readonly endOf: (shard: string) => Promise<number>,
    private readonly pollMs = 20,
  ) {}

  /** The journal of the shard reaches to this position. */
  reached(shard: string, position: number): void {
    const watched = this.shard(shard)
    if (position <= watched.end) return
    watched.end = position
    for (const waiter of watched.waiters) if (position > waiter.position) waiter.resolve()
  }

  /** Resolves when the journal is longer than `position` or `signal` aborts; rejects when the store fails or is closed. */
  async beyond(shard: string, position: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    if (this.closed) throw new WatchClosedError()
    const watched = this.shard(shard)
    if (watched.end > position) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { position, resolve, reject }
    watched.waiters.add(waiter)
    signal.addEventListener('abort', waiter.resolve, { once: true })
    if (!watched.polling) void this.poll(shard, watched)
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', waiter.resolve)
      watched.waiters.delete(waiter)
      if (watched.waiters.size === 0) stopTimer(watched)
    }
  }

  /** Rejects all waits. */
  close(): void {
    this.closed = true
    for (const watched of this.shards.values()) {
      stopTimer(watched)
      for (const waiter of watched.waiters) waiter.reject(new WatchClosedError())
    }
  }

  private shard(name: string): Watched {
    const known = this.shards.get(name)
    if (known !== undefined) return known
    const created: Watched = { end: 0, waiters: new Set(), polling: false, timer: undefined }
    this.shards.set(name, created)
    return created
  }

  private async poll(shard: string, watched: Watched): Promise<void> {
    watched.polling = true
    watched.timer = undefined
    try {
      this.reached(shard, await this.endOf(shard))
    } catch (error) {
      for (const waiter of watched.waiters) waiter.reject(error)
    }
    watched.polling = false
    const isAwaited = [...watched.waiters].some(waiter => waiter.position >= watched.end)
    if (this.closed || !isAwaited) return
    watched.polling = true
    watched.timer = setTimeout(() => void this.poll(shard, watched), this.pollMs).unref()
  }
}

function stopTimer(watched: Watched): void {
  if (watched.timer === undefined) return
  clearTimeout(watched.timer)
  watched.timer = undefined
  watched.polling = false
}

/** Thrown to those who wait on a store that is closed. */
export class WatchClosedError extends Error {
  override readonly name = 'WatchClosedError'
  constructor() {
    super('the event store was closed')
  }
}
