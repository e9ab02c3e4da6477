/** An iterator whose `return` answers at once, even while a value is waited for: `end` must make that waiting end. */
export function endable<T>(values: AsyncIterator<T>, end: () => void): AsyncIterableIterator<T> {
  let isEnded = false
  const over = { done: true, value: undefined } as const
  return {
    async next() {
      if (isEnded) return over
      try {
        const result = await values.next()
        return isEnded ? over : result
      } catch (error) {
        if (isEnded) return over
        throw error
      }
    },
    async return() {
      isEnded = true
      end()
      return over
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
