import { Inject, Injectable } from '@nestjs/common'
import { Histogram, type Registry } from 'prom-client'
import { secondsBuckets } from '../../operations/buckets.ts'
import { METRICS } from '../../tokens.ts'

/** How long the gateway takes to answer. */
@Injectable()
export class HttpMetrics {
  readonly #http: Histogram<'method' | 'route' | 'status'>

  constructor(@Inject(METRICS) registry: Registry) {
    this.#http = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time to answer HTTP requests.',
      labelNames: ['method', 'route', 'status'],
      buckets: secondsBuckets,
      registers: [registry],
    })
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    this.#http.observe({ method, route, status }, seconds)
  }
}
