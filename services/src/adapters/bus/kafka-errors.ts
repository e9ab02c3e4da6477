import {
  BusFencedError,
  BusUnavailableError,
  MalformedRecordError,
  RecordsGoneError,
} from '../../relay/event-bus.port.ts'

/** Codes of the Kafka protocol that a producer gets when another one with its transactional id has begun. */
const fencedCodes: readonly string[] = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH']

/** What an error of the library means to users of the port. */
export function toBusError(error: unknown, { shard, cursor = '' }: { shard: string; cursor?: string }): Error {
  if (error instanceof MalformedRecordError || error instanceof BusUnavailableError) return error
  const codes = kafkaCodes(error)
  if (codes.some(code => fencedCodes.includes(code))) return new BusFencedError({ shard, cause: error })
  if (codes.includes('OFFSET_OUT_OF_RANGE')) return new RecordsGoneError({ shard, cursor, cause: error })
  return new BusUnavailableError({ reason: codes.at(-1) ?? 'UNKNOWN', cause: error })
}

/**
 * Codes in an error of the library and in those that it wraps, outermost first: of the Kafka protocol (`PRODUCER_FENCED`), of the
 * operating system (`ECONNREFUSED`) and of the library itself (`PLT_KFK_TIMEOUT`).
 */
export function kafkaCodes(error: unknown): readonly string[] {
  if (typeof error !== 'object' || error === null) return []
  const { apiId, code, errors, cause } = error as Readonly<Record<string, unknown>>
  const own = [code, apiId].filter(each => typeof each === 'string')
  const inner = [...(Array.isArray(errors) ? errors : []), cause]
  return [...own, ...inner.flatMap(kafkaCodes)]
}
