/** Bytes by their content address (CIDv1, raw, sha2-256). What is stored is durable when `put` answers. */
export type ContentStore = {
  /** Stores the bytes and returns their CID; storing again is no error. */
  put(bytes: Uint8Array): Promise<string>
  /** The bytes, checked against the CID; `undefined` when they are not here. */
  get(contentId: string): Promise<Uint8Array | undefined>
  has(contentId: string): Promise<boolean>
}

/** Thrown by `put`, having stored nothing, when the disk has no room to spare. */
export class ContentStoreFullError extends Error {
  override readonly name = 'ContentStoreFullError'
  constructor() {
    super('there is no room to spare for more content; the operator has to make some')
  }
}
