const START_OVER = 'Put the folder back from a copy, or start over with an empty data folder'

/** Thrown when replaying the log does not lead to the chain that the log describes. Nothing on disk was changed. */
export class LocalChainDamagedError extends Error {
  override readonly name = 'LocalChainDamagedError'
  readonly blockNumber: number
  readonly expected: string
  readonly found: string

  constructor({ blockNumber, what, expected, found, hint }: BlockMismatch) {
    const difference = `Block ${blockNumber} of the local chain differs in its ${what}: expected ${expected}, found ${found}.`
    super([difference, hint, `${START_OVER}.`].filter(Boolean).join(' '))
    this.blockNumber = blockNumber
    this.expected = expected
    this.found = found
  }
}

/** What differed in one block: `what` names the compared value, `hint` a likely reason. */
export type BlockMismatch = { blockNumber: number; what: string; expected: string; found: string; hint?: string }

/** Thrown when a whole line of the log cannot be trusted. An incomplete last line is no damage: it is cut off. */
export class LocalChainLogError extends Error {
  override readonly name = 'LocalChainLogError'
  readonly file: string
  readonly line: number

  constructor({ file, line, problem }: { file: string; line: number; problem: string }) {
    super(`Line ${line} of ${file} is damaged: ${problem}. ${START_OVER}.`)
    this.file = file
    this.line = line
  }
}

/** Thrown when a newer release wrote the log. */
export class LocalChainNewerVersionError extends Error {
  override readonly name = 'LocalChainNewerVersionError'
  readonly found: number
  readonly supported: number

  constructor({ file, found, supported }: { file: string; found: number; supported: number }) {
    super(
      `${file} has version ${found}, this program reads up to version ${supported}. ` +
        'Run the newer program that wrote it, or start over with an empty data folder.',
    )
    this.found = found
    this.supported = supported
  }
}

/** Thrown when another chain, here or in another process, has the data folder open. `pid` is absent when unknown. */
export class LocalChainLockedError extends Error {
  override readonly name = 'LocalChainLockedError'
  readonly dataFolder: string
  readonly pid: number | undefined

  constructor({ dataFolder, pid }: { dataFolder: string; pid: number | undefined }) {
    const holder = pid === undefined ? 'another process' : `process ${pid}`
    super(`The local chain in ${dataFolder} is in use by ${holder}. Stop it, or choose another data folder.`)
    this.dataFolder = dataFolder
    this.pid = pid
  }
}

/** Thrown when something else listens on the port. */
export class LocalChainPortInUseError extends Error {
  override readonly name = 'LocalChainPortInUseError'
  readonly port: number

  constructor({ host, port, cause }: { host: string; port: number; cause: unknown }) {
    super(`Port ${port} on ${host} is in use. Stop what listens there, name another port, or 0 for any free one.`, {
      cause,
    })
    this.port = port
  }
}

/** Thrown when an option cannot work: a host that is not loopback, a port or an interval out of range. */
export class LocalChainOptionError extends Error {
  override readonly name = 'LocalChainOptionError'
}

/** A refused or failed JSON-RPC request. `code` follows JSON-RPC 2.0 and EIP-1474; `data` is the revert data, if any. */
export class LocalChainRpcError extends Error {
  override readonly name = 'LocalChainRpcError'
  readonly code: number
  readonly data: unknown

  constructor({ code, message, data, cause }: { code: number; message: string; data?: unknown; cause?: unknown }) {
    super(message, { cause })
    this.code = code
    this.data = data
  }
}
