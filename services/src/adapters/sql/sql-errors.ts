/** Thrown when a database was migrated by a newer DEparrow than this one. Nothing was changed in it. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError'
  readonly area: string
  readonly foundVersion: number
  readonly knownVersion: number
  constructor(options: { area: string; foundVersion: number; knownVersion: number }) {
    super(
      `the data folder was written by a newer DEparrow: its ${options.area} database has schema ${options.foundVersion}, ` +
        `this version knows up to ${options.knownVersion}. Install that version or a later one, ` +
        'or name another data folder with --data DIR',
    )
    this.area = options.area
    this.foundVersion = options.foundVersion
    this.knownVersion = options.knownVersion
  }
}

/** Thrown when a file is no SQLite database or its pages contradict each other. Nothing was changed in it. */
export class DatabaseDamagedError extends Error {
  override readonly name = 'DatabaseDamagedError'
  readonly path: string
  constructor(options: { path: string; problem: string; cause?: unknown }) {
    super(
      `the database ${options.path} is damaged: ${options.problem}. Keep a copy of the data folder, ` +
        'then restore the file from a backup, or name another data folder with --data DIR',
      { cause: options.cause },
    )
    this.path = options.path
  }
}

/** Thrown when a file cannot be opened for a reason that is not its content: rights, a full disk, a folder in its place. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
  constructor(options: { path: string; cause: unknown }) {
    super(`the database ${options.path} cannot be opened`, { cause: options.cause })
  }
}

/** Thrown when the files of a migrations folder are not numbered 1, 2, 3, … once each: the installation is incomplete. */
export class MigrationFilesError extends Error {
  override readonly name = 'MigrationFilesError'
}
