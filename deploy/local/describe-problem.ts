import { basename } from 'node:path'
import type { LocalOptions } from './options.ts'

/** Errors whose message was written for the person who starts the network. */
const plainErrors = new Set([
  'DataFolderError',
  'TextFileError',
  'SecretError',
  'MainJobError',
  'LocalChainDamagedError',
  'LocalChainLogError',
  'LocalChainNewerVersionError',
  'LocalChainLockedError',
  'DatabaseDamagedError',
  'DatabaseUnavailableError',
  'NewerSchemaError',
  'WrongChainError',
  'ReadModelGapError',
  'OtherLedgerError',
])

/** Says in a sentence or two why the network ended and what to do about it, without a stack trace. */
export function describeProblem(error: unknown, options: LocalOptions): string {
  if (!(error instanceof Error)) return `The network ended: ${String(error)}`
  const busyPort = portInUse(error, options)
  if (busyPort !== undefined) return busyPort
  if (
    error.name === 'DatabaseDamagedError' &&
    'path' in error &&
    /^read-model\.sqlite(?:-\d+)?$/.test(basename(String(error.path)))
  ) {
    return `${error.message}. It holds nothing that the journal does not: "npm run rebuild -- --data ${options.dataFolder}" builds it anew.`
  }
  if (error.name === 'StoreDamagedError') {
    return `The journal in the data folder ${options.dataFolder} is damaged: ${error.message.replace(/: restore it .*$/, '')}. Restore the folder from a backup, or start anew with --fresh.`
  }
  if (error.name === 'DeployerNonceError' || error.name === 'DeploymentMismatchError') {
    return `The chain in the data folder ${options.dataFolder} holds the contracts of another version, or of another ledger's key: ${error.message} Start anew with --fresh, or name another folder with --data.`
  }
  if (isDeparrowError(error) || plainErrors.has(error.name)) return error.message
  return `The network ended by an error that should not happen (${error.name}): ${error.message}`
}

/** Errors of the SDK carry a code and a message for people. */
function isDeparrowError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /^[A-Z]+(?:_[A-Z]+)+$/.test(error.code)
}

/** What listens where, and the option that moves it, by the error of whoever could not listen. */
const portErrors: Readonly<
  Record<string, { readonly what: string; readonly flag: string; readonly option: 'port' | 'rpcPort' | 'meshPort' }>
> = {
  PortInUseError: { what: 'the gateway', flag: '--port', option: 'port' },
  LocalChainPortInUseError: { what: 'the chain', flag: '--rpc-port', option: 'rpcPort' },
  MeshPortInUseError: { what: 'libp2p', flag: '--p2p-port', option: 'meshPort' },
}

function portInUse(error: Error, options: LocalOptions): string | undefined {
  const found = portErrors[error.name]
  if (found === undefined) return undefined
  const { what, flag, option } = found
  return `Port ${options[option]} for ${what} is in use: end what listens there, or name another with ${flag} (0 picks a free one).`
}
