/** Content in memory, by CID, up to a number of bytes; the least recently used goes first. */
export class RecentBytes {
  readonly #byContentId = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(private readonly bytesMax: number) {}

  get(contentId: string): Uint8Array | undefined {
    const content = this.#byContentId.get(contentId)
    if (content === undefined) return undefined
    this.#byContentId.delete(contentId)
    this.#byContentId.set(contentId, content)
    return content
  }

  put(contentId: string, content: Uint8Array): void {
    if (content.length > this.bytesMax || this.#byContentId.has(contentId)) return
    this.#byContentId.set(contentId, content)
    this.#bytes += content.length
    for (const [oldest, { length }] of this.#byContentId) {
      if (this.#bytes <= this.bytesMax) return
      this.#byContentId.delete(oldest)
      this.#bytes -= length
    }
  }
}
