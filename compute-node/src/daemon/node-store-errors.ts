/** Thrown when `node.sqlite` cannot be what this program wrote. The message says what to do. */
export class NodeStoreDamagedError extends Error {
  override readonly name = 'NodeStoreDamagedError'
  constructor(path: string, options?: { cause: unknown }) {
    super(
      `${path} is damaged. Restore the folder from a backup, or move it away and start with an empty one: ` +
        'receipts that were not handed in are lost with it',
      options,
    )
  }
}

/** Thrown when `node.sqlite` was written by a later version of this program. */
export class NodeStoreNewerError extends Error {
  override readonly name = 'NodeStoreNewerError'
  constructor(path: string, version: number, versionKnown: number) {
    super(`${path} has format ${version}, this version knows up to ${versionKnown}: install the newer version again`)
  }
}

/** Thrown when another process uses the data folder. */
export class NodeFolderLockedError extends Error {
  override readonly name = 'NodeFolderLockedError'
  constructor(path: string) {
    super(`another node runs in the folder of ${path}: stop it, or give this one a data folder of its own`)
  }
}

/** Thrown when the data folder was used with another key or for another network. */
export class NodeFolderForeignError extends Error {
  override readonly name = 'NodeFolderForeignError'
  constructor(path: string, field: string, stored: string, given: string) {
    super(`${path} belongs to ${field} ${stored}, not ${given}: use that one, or another data folder`)
  }
}

/** Thrown instead of signing a second receipt for a job: a bug of the caller. */
export class SecondReceiptError extends Error {
  override readonly name = 'SecondReceiptError'
  constructor(orderDigest: string) {
    super(`job ${orderDigest} is not assigned to this node any more; it signs no further receipt for it`)
  }
}
