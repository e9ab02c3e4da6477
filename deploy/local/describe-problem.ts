import type { LocalOptions } from './options.ts'

/** Errors whose message was written for the person who starts the network. */
const plainErrors = new Set([
  'DataFolderError',
  'SecretError',
  'MainJobError',
  'LocalChainDamagedError',
  'LocalChainLogError',
  'LocalChainNewerVersionError',
  'LocalChainLockedError',
  'DatabaseDamagedError',
  'DatabaseUnavailableError',
  'NewerSchemaError',
  'StoreDamagedError',
  'DeploymentMismatchError',
  'DeployerNonceError',
  'WrongChainError',
  'ReadModelGapError',
  'PortInUseError',
  'OtherLedgerError',
])

/** Says in a sentence or two why the network ended and what to do about it, without a stack trace. */
export function describeProblem(error: unknown, options: LocalOptions): string {
  if (!(error instanceof Error)) return `The network ended: ${String(error)}`
  const busyPort = portInUse(error, options)
  if (busyPort !== undefined) return busyPort
  if (isDeparrowError(error) || plainErrors.has(error.name)) return error.message
  if ('code' in error && error.code === 'ENOENT' && options.textFile !== undefined) {
    return `The text file ${options.textFile} cannot be read; name a file that exists.`
  }
  return `The network ended by an error that should not happen (${error.name}): ${error.message}`
}

/** Errors of the SDK carry a code and a message for people. */
function isDeparrowError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /^[A-Z]+(?:_[A-Z]+)+$/.test(error.code)
}

function portInUse(error: Error, options: LocalOptions): string | undefined {
  if (error.name === 'LocalChainPortInUseError') {
    return `Port ${options.rpcPort} for the chain is in use: end what listens there, or name another with --rpc-port (0 picks a free one).`
  }
  if (!/EADDRINUSE/.test(`${'code' in error ? error.code : ''} ${error.message}`)) return undefined
  const isMesh = options.meshPort !== 0 && (error.message.includes(`:${options.meshPort}`) || error.name !== 'Error')
  const [what, port, flag] = isMesh
    ? ['libp2p', options.meshPort, '--p2p-port']
    : ['the gateway', options.port, '--port']
  return `Port ${port} for ${what} is in use: end what listens there, or name another with ${flag} (0 picks a free one).`
}
