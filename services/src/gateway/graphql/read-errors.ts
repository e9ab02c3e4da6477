import { GraphQLError } from 'graphql'
import { ReadModelBehindError } from '../../read-model/read-queries.port.ts'

/** `BAD_USER_INPUT` with what is wrong. */
export function badInput(problem: string): GraphQLError {
  return new GraphQLError(problem, { extensions: { code: 'BAD_USER_INPUT' } })
}

/** `NOT_YET_VISIBLE`: what was asked for is not known yet; `reachedPosition` tells how far the answer would reach. */
export function notYetVisible(reachedPosition: number): GraphQLError {
  const message = `The answer would reach the journal's position ${reachedPosition} only. Ask again in a moment.`
  return new GraphQLError(message, {
    extensions: { code: 'NOT_YET_VISIBLE', reachedPosition: String(reachedPosition) },
  })
}

/** Reads from the projections; what they cannot answer because of the question becomes an error that clients see. */
export async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ReadModelBehindError) throw notYetVisible(error.reachedPosition)
    if (error instanceof RangeError) throw badInput(error.message)
    throw error
  }
}

/** A position as a number. Throws `BAD_USER_INPUT` for one that no journal will reach. */
export function positionOf(name: string, position: bigint): number {
  if (position <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(position)
  throw badInput(`${name} must be at most ${Number.MAX_SAFE_INTEGER}`)
}
