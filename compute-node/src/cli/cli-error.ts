import type { Refusal } from '@deparrow/sdk'
import { DeparrowError } from '@deparrow/sdk/network'
import { toJson } from './json.ts'

/** Ends a command with a code and a sentence for a person; `details` go into the JSON form. */
export class CliError extends Error {
  override readonly name = 'CliError'
  constructor(
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
  }
}

/** Errors that the user can do something about; their messages say what. */
const nodeErrorCodes: Readonly<Record<string, string>> = {
  NodeStoreDamagedError: 'NODE_DATA_DAMAGED',
  NodeStoreNewerError: 'NODE_DATA_NEWER',
  NodeFolderLockedError: 'NODE_DATA_LOCKED',
  NodeFolderForeignError: 'NODE_DATA_FOREIGN',
  NodePapersMissingError: 'NODE_PAPERS_MISSING',
  NodePapersUnreadableError: 'NODE_PAPERS_UNREADABLE',
  DockerAddressError: 'DOCKER_ADDRESS_INVALID',
  MarketAddressError: 'MARKET_ADDRESS_INVALID',
  ShardChoiceError: 'SHARD_UNKNOWN',
  AcceptanceUnreadableError: 'ACCEPTANCE_UNREADABLE',
  MessageUnrelatedError: 'MESSAGE_UNRELATED',
  AcceptanceForeignError: 'ACCEPTANCE_FOREIGN',
}

/** What the system says of a file or folder that its user can do something about. */
const fileProblems: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'ENOSPC',
  'EDQUOT',
])

/** Turns a refusal into the error that ends the command. */
export function refused(refusal: Refusal): CliError {
  const { code, message, ...details } = refusal
  return new CliError(code, message, details)
}

/** What a command says when it fails. */
export type Failure = {
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** Describes anything that was thrown without stack, path of this program or secret. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return { code: error.code, message: error.message, details: error.details }
  if (error instanceof DeparrowError) {
    const { code, message } = error
    return { code, message, details: detailsOf(error) }
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { code: 'INTERRUPTED', message: 'Interrupted.', details: {} }
  }
  const nodeCode = nodeErrorCodes[error instanceof Error ? error.name : '']
  if (nodeCode !== undefined) return { code: nodeCode, message: sentence((error as Error).message), details: {} }
  const { code: systemCode, path } = (error ?? {}) as NodeJS.ErrnoException
  if (typeof systemCode === 'string' && typeof path === 'string' && fileProblems.has(systemCode)) {
    return {
      code: 'FILE_UNUSABLE',
      message: `${path} cannot be used: the system says ${systemCode}.`,
      details: { path },
    }
  }
  const kind = error instanceof Error ? error.name : typeof error
  const cause = typeof systemCode === 'string' ? `${kind} ${systemCode}` : kind
  return {
    code: 'INTERNAL',
    message: `Something went wrong inside deparrow (${cause}); please report it.`,
    details: {},
  }
}

/** Text with a capital at the start and a full stop at the end. */
export function sentence(text: string): string {
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}

/** The failure as `--json` writes it. */
export function failureJson(failure: Failure): unknown {
  return toJson({ error: { code: failure.code, message: failure.message, ...failure.details } })
}

function detailsOf(error: DeparrowError): Record<string, unknown> {
  const known = ['url', 'serverCode', 'refusalCode', 'reason', 'transactionHash', 'jobId', 'contentId'] as const
  const fields = error as unknown as Record<string, unknown>
  return Object.fromEntries(known.filter(name => fields[name] !== undefined).map(name => [name, fields[name]]))
}
