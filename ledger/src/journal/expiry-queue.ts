/** An id and when it is due. */
export type Due = { readonly atMs: number; readonly id: string }

/** A binary heap of ids by (time, id): the earliest first, equal times in the order of their ids. */
export class ExpiryQueue {
  private readonly heap: Due[] = []

  /** A queue of what {@link items} gave. */
  static of(items: readonly Due[]): ExpiryQueue {
    const queue = new ExpiryQueue()
    for (const { atMs, id } of items) queue.push(atMs, id)
    return queue
  }

  /** Everything in the queue, in no promised order. */
  items(): readonly Due[] {
    return [...this.heap]
  }

  get size(): number {
    return this.heap.length
  }

  peek(): Due | undefined {
    return this.heap[0]
  }

  push(atMs: number, id: string): void {
    const due = { atMs, id }
    let index = this.heap.push(due) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = this.heap[parent] as Due
      if (isBefore(above, due)) break
      this.heap[index] = above
      index = parent
    }
    this.heap[index] = due
  }

  pop(): Due | undefined {
    const first = this.heap[0]
    const last = this.heap.pop()
    if (first === undefined || last === undefined || this.heap.length === 0) return first
    let index = 0
    for (;;) {
      const child = this.earlierChild(index)
      if (child === undefined || isBefore(last, this.heap[child] as Due)) break
      this.heap[index] = this.heap[child] as Due
      index = child
    }
    this.heap[index] = last
    return first
  }

  private earlierChild(index: number): number | undefined {
    const left = 2 * index + 1
    const right = left + 1
    if (left >= this.heap.length) return undefined
    if (right >= this.heap.length) return left
    return isBefore(this.heap[right] as Due, this.heap[left] as Due) ? right : left
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.id < b.id)
}
