import { GraphQLError } from 'graphql'
import { publicError } from './error-formatter.ts'

/** What a subscription's context names: its connection's upgrade request, and the id that the client chose. */
export type SubscriptionContext = { readonly request?: object; readonly id?: unknown }

/** The ids of the subscriptions that each connection has open. */
const openIds = new WeakMap<object, Set<unknown>>()

/**
 * Takes a place for a subscription that is about to begin. Throws `BAD_USER_INPUT` when the connection has `max` of them, or one
 * of this id: a second one under the same id could never be ended.
 */
export function takeSlot({ request }: SubscriptionContext, id: unknown, max: number): void {
  if (request === undefined) return
  const ids = openIds.get(request) ?? new Set()
  if (ids.has(id)) throw badRequest('a subscription with this id is open; give each one an id of its own')
  if (ids.size >= max) {
    throw badRequest(`one connection may have ${max} subscriptions; end one or open another connection`)
  }
  openIds.set(request, ids.add(id))
}

/**
 * What `start` gives; the place is given back when that ends, however it ends, or at once when `start` rejects. What goes wrong inside
 * becomes an error that clients may see.
 */
export async function inSlot<T>(
  context: SubscriptionContext,
  start: () => Promise<AsyncIterableIterator<T>>,
): Promise<AsyncIterableIterator<T>> {
  const giveBack = () => void (context.request && openIds.get(context.request)?.delete(context.id))
  try {
    return ending(await start(), giveBack)
  } catch (error) {
    giveBack()
    throw publicError(error)
  }
}

function ending<T>(source: AsyncIterableIterator<T>, onEnd: () => void): AsyncIterableIterator<T> {
  return {
    async next() {
      try {
        const result = await source.next()
        if (result.done) onEnd()
        return result
      } catch (error) {
        onEnd()
        throw publicError(error)
      }
    },
    async return() {
      onEnd()
      await source.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}
