import { GraphQLError } from 'graphql'

/** The same iterator with each value changed on its way; ends the source when it is ended. */
export function mapped<T, R>(source: AsyncIterableIterator<T>, map: (value: T) => R): AsyncIterableIterator<R> {
  return {
    async next() {
      const result = await source.next()
      return result.done ? { done: true, value: undefined } : { done: false, value: map(result.value) }
    },
    async return() {
      await source.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Throws `NOT_FOUND` for `undefined`. */
export function required<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value
  throw new GraphQLError(`there is no ${what}`, { extensions: { code: 'NOT_FOUND' } })
}
