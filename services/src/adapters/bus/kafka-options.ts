import type { ConnectionOptions } from '@platformatic/kafka'
import { kafkaCodes } from './kafka-errors.ts'

export type KafkaBusOptions = {
  /** `host:port` of one or more brokers; the others are learnt from them. */
  readonly brokers: readonly string[]
  readonly topic: string
  /** Names of the shards by partition: the first is partition 0. Only ever append to it. */
  readonly shards: readonly string[]
  /** Copies of each partition when the topic is created; by default what the brokers say (`default.replication.factor`). */
  readonly replicas?: number
  /** Encryption and authentication of connections, as `@platformatic/kafka` takes them. */
  readonly security?: Pick<ConnectionOptions, 'tls' | 'sasl'>
  /** What brokers get for one thing that is asked of them, 10 s by default. */
  readonly answerMs?: number
}

/** What each client of the library is made with: it asks again after a short while, and gives up within seconds. */
export function clientOptions({ brokers, security }: KafkaBusOptions) {
  return {
    clientId: 'deparrow',
    bootstrapBrokers: [...brokers],
    connectTimeout: 3_000,
    requestTimeout: 10_000,
    /** Of a produce request, and after which the broker ends a transaction that nobody ends. */
    timeout: 10_000,
    retries: retriesMax,
    retryDelay: retryDelayMs,
    ...security,
  }
}

const retriesMax = 30

/**
 * A transaction that begins right after the one before is refused until the broker has written the markers of that one, a few
 * milliseconds; the library's own delay of 1 s would come on top of every batch. Other errors: 30 × 100 ms.
 */
function retryDelayMs(_client: unknown, _operation: string, attempt: number, _retries: number, error: Error): number {
  return kafkaCodes(error).includes('CONCURRENT_TRANSACTIONS') ? Math.min(attempt, 50) : 100
}
