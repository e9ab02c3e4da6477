import { Logger } from '@nestjs/common'
import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql'

const logger = new Logger('Gateway')

/** Codes that our own resolvers give to errors that are meant for clients. */
const publicCodes: ReadonlySet<unknown> = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'NOT_YET_VISIBLE',
  'RESUME_TOO_FAR',
])

const internalMessage = 'Something went wrong on our side. Try again; if it happens again, tell the operator the time.'

/**
 * What clients see of errors: their own mistakes in full, nothing of ours. An error that nobody meant for clients becomes
 * `INTERNAL`, and goes to the log with its stack.
 */
export function formatErrors(execution: ExecutionResult & { readonly errors?: readonly GraphQLError[] }) {
  const errors = (execution.errors ?? []).flatMap(formatError)
  const statusCode = execution.data == null ? statusOf(execution.errors ?? []) : 200
  return { statusCode, response: { data: execution.data ?? null, errors } }
}

function formatError(error: GraphQLError): readonly GraphQLFormattedError[] {
  const original = error.originalError as (Error & { errors?: unknown; statusCode?: number; code?: string }) | undefined
  if (original !== undefined && Array.isArray(original.errors)) {
    return original.errors.map(nested => clientMistake(nested as GraphQLError, 'BAD_REQUEST'))
  }
  const code = error.extensions['code']
  if (publicCodes.has(code)) return [clientMistake(error, String(code))]
  if (original === undefined || isClientStatus(original.statusCode)) return [clientMistake(error, 'BAD_REQUEST')]
  if (original instanceof GraphQLError) return [clientMistake(error, 'BAD_REQUEST')]
  logger.error(error.message, original.stack)
  const { locations, path } = error
  const extensions = { code: 'INTERNAL' }
  return [{ message: internalMessage, ...(locations && { locations }), ...(path && { path }), extensions }]
}

/** The same for what ends a subscription, which no formatter sees. */
export function publicError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError && publicCodes.has(error.extensions['code'])) return error
  logger.error(error instanceof Error ? error.message : String(error), error instanceof Error ? error.stack : undefined)
  return new GraphQLError(internalMessage, { extensions: { code: 'INTERNAL' } })
}

function clientMistake(error: GraphQLError, code: string): GraphQLFormattedError {
  const { message, locations, path } = error
  // What Mercurius itself refuses has no extensions.
  const reachedPosition = (error.extensions as GraphQLError['extensions'] | undefined)?.['reachedPosition']
  const extensions = { code, ...(typeof reachedPosition === 'string' && { reachedPosition }) }
  return { message, ...(locations && { locations }), ...(path && { path }), extensions }
}

function statusOf(errors: readonly GraphQLError[]): number {
  const original = errors[0]?.originalError as { statusCode?: number } | undefined
  if (original?.statusCode !== undefined) return original.statusCode
  return 200
}

function isClientStatus(statusCode: number | undefined): boolean {
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
}
