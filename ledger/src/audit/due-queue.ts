type Due = { readonly atMs: number; readonly id: string }

/** Ended entries that may lie in the queue beside the open ones before they are cleared out. */
const endedMax = 1_024

/** What is open until its time, by (time, id). An id is in it once. */
export class DueQueue {
  private heap: Due[] = []
  private readonly open = new Map<string, number>()

  add(id: string, atMs: number): void {
    this.open.set(id, atMs)
    this.rise(this.heap.push({ id, atMs }) - 1)
  }

  /** Ends an id before its time; without effect when it is not open. */
  remove(id: string): void {
    if (this.open.delete(id) && this.heap.length > 2 * this.open.size + endedMax) this.clearOut()
  }

  has(id: string): boolean {
    return this.open.size > 0 && this.open.has(id)
  }

  /** The open one that is due first. */
  first(): Due | undefined {
    for (let due = this.heap[0]; due !== undefined; due = this.heap[0]) {
      if (this.open.get(due.id) === due.atMs) return due
      this.drop()
    }
    return undefined
  }

  /** A sorted list is a heap. */
  private clearOut(): void {
    this.heap = [...this.open].map(([id, atMs]) => ({ id, atMs })).sort((a, b) => (isEarlier(a, b) ? -1 : 1))
  }

  private drop(): void {
    const last = this.heap.pop()
    if (last === undefined || this.heap.length === 0) return
    this.heap[0] = last
    this.sink(0)
  }

  private rise(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1
      if (!this.swapIfEarlier(index, parent)) return
      index = parent
    }
  }

  private sink(from: number): void {
    for (let index = from; ; ) {
      const left = 2 * index + 1
      if (left >= this.heap.length) return
      const isRight = left + 1 < this.heap.length && isEarlier(this.heap[left + 1] as Due, this.heap[left] as Due)
      const child = isRight ? left + 1 : left
      if (!this.swapIfEarlier(child, index)) return
      index = child
    }
  }

  private swapIfEarlier(below: number, above: number): boolean {
    const lower = this.heap[below] as Due
    const upper = this.heap[above] as Due
    if (!isEarlier(lower, upper)) return false
    this.heap[above] = lower
    this.heap[below] = upper
    return true
  }
}

function isEarlier(a: Due, b: Due): boolean {
  return a.atMs === b.atMs ? a.id < b.id : a.atMs < b.atMs
}
