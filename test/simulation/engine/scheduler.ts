/** Something that happens at a time, unless it is cancelled before. */
export type Timer = { isCancelled: boolean }

type Entry = Timer & { readonly atUs: number; readonly order: number; readonly run: () => void }

/**
 * Simulated time and all that is to happen in it. Everything between two turns is what promises do among themselves, so that the order of
 * all that happens follows from the delays alone. Microseconds from 0.
 */
export class Scheduler {
  nowUs = 0
  steps = 0
  private order = 0
  private readonly heap: Entry[] = []

  /** Runs something after a delay; at equal times in the order of the calls. */
  after(delayUs: number, run: () => void): Timer {
    const entry = { atUs: this.nowUs + Math.max(0, Math.round(delayUs)), order: this.order++, run, isCancelled: false }
    this.heap.push(entry)
    this.rise(this.heap.length - 1)
    return entry
  }

  /** Does the next thing and lets the promises that it resolves run out; `false` when nothing is left to happen. */
  async step(): Promise<boolean> {
    for (let next = this.take(); next !== undefined; next = this.take()) {
      if (next.isCancelled) continue
      this.nowUs = next.atUs
      this.steps++
      next.run()
      await new Promise<void>(resolve => setImmediate(resolve))
      return true
    }
    return false
  }

  private take(): Entry | undefined {
    const first = this.heap[0]
    const last = this.heap.pop()
    if (last !== undefined && last !== first) {
      this.heap[0] = last
      this.sink(0)
    }
    return first
  }

  private rise(from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.isBefore(index, parent)) return
      this.swap(index, parent)
      index = parent
    }
  }

  private sink(from: number): void {
    let index = from
    for (;;) {
      const left = 2 * index + 1
      if (left >= this.heap.length) return
      const least = left + 1 < this.heap.length && this.isBefore(left + 1, left) ? left + 1 : left
      if (!this.isBefore(least, index)) return
      this.swap(index, least)
      index = least
    }
  }

  private isBefore(first: number, second: number): boolean {
    const a = this.heap[first] as Entry
    const b = this.heap[second] as Entry
    return a.atUs === b.atUs ? a.order < b.order : a.atUs < b.atUs
  }

  private swap(first: number, second: number): void {
    const entry = this.heap[first] as Entry
    this.heap[first] = this.heap[second] as Entry
    this.heap[second] = entry
  }
}
