import { performance } from 'node:perf_hooks'
import { type Figure, latencies } from './figure.ts'

/** How fast calls were answered, and how long each took. */
export type LoopResult = Pick<Figure, 'p50' | 'p99' | 'p999' | 'max'> & { readonly perSecond: number }

/**
 * N callers in this process, each with one call under way: it makes its next call when the last was answered. Calls are taken in
 * order. The first tenth warms up and is not counted.
 */
export async function closedLoop(
  callerCount: number,
  callCount: number,
  call: (index: number) => Promise<unknown>,
): Promise<LoopResult> {
  const warmUp = Math.floor(callCount / 10)
  const tookMs = new Float64Array(callCount)
  let next = 0
  let startedAt = performance.now()
  const caller = async (): Promise<void> => {
    while (next < callCount) {
      const index = next++
      const calledAt = performance.now()
      if (index === warmUp) startedAt = calledAt
      await call(index)
      tookMs[index] = performance.now() - calledAt
    }
  }
  await Promise.all(Array.from({ length: callerCount }, caller))
  const seconds = (performance.now() - startedAt) / 1_000
  return { perSecond: Math.round((callCount - warmUp) / seconds), ...latencies(tookMs.subarray(warmUp)) }
}

/**
 * Calls at a fixed rate, whether or not the last ones were answered; the latency counts from when a call was due, so that a stall is
 * seen by all calls that it holds back.
 */
export async function openLoop(
  perSecond: number,
  callCount: number,
  call: (index: number) => Promise<unknown>,
): Promise<LoopResult> {
  const tookMs = new Float64Array(callCount)
  const answers: Promise<void>[] = []
  const startedAt = performance.now()
  for (let index = 0; index < callCount; ) {
    const due = Math.min(callCount, Math.floor(((performance.now() - startedAt) / 1_000) * perSecond))
    for (; index < due; index++) {
      const own = index
      const dueAt = startedAt + (own / perSecond) * 1_000
      answers.push(
        call(own).then(() => {
          tookMs[own] = performance.now() - dueAt
        }),
      )
    }
    await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all(answers)
  const seconds = (performance.now() - startedAt) / 1_000
  return { perSecond: Math.round(callCount / seconds), ...latencies(tookMs) }
}
