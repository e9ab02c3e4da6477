import { Readable } from 'node:stream'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Histogram, type Registry } from 'prom-client'
import type { Secret } from '../config/secret.ts'
import { secondsBuckets } from '../operations/buckets.ts'
import { type HealthCheck, readinessOf } from '../operations/health-check.ts'
import { MalformedCallError, NotHereError, OutcomeUnknownError, type RemoteFailure } from './rpc-errors.ts'
import type { RpcService } from './rpc-service.ts'
import { toLines } from './value-lines.ts'
import { decodeWire, encodeWire } from './wire.ts'

/** A signed order with its specification has at most the gateway's 1 MiB. */
const bodyBytesMax = 4 * 2 ** 20

/** The most that the gateway can be told to take as one content. */
export const contentBytesMax = 64 * 2 ** 20

const requestTimeoutMs = 30_000

const bearer = 'Bearer '

export type InternalServerOptions = {
  readonly host: string
  /** 0 lets the system choose a free one. */
  readonly port: number
  /** What callers show; without it nobody is given more than health and figures. */
  readonly secret: Secret | undefined
  readonly metrics: Registry
  /** Hears of errors that callers are not told of. */
  readonly report: (problem: string) => void
}

type CallParams = { readonly service: string; readonly method: string }

/**
 * The side of a process that is for its own network: health, figures, and what it does for other services. It is never the public one: whoever
 * can reach it and has the secret is the network itself.
 */
export class InternalServer {
  private readonly server: FastifyInstance
  private readonly services = new Map<string, RpcService>()
  private readonly expected: HealthCheck[] = []

  private constructor(private readonly options: InternalServerOptions) {
    this.server = fastify({ bodyLimit: bodyBytesMax, requestTimeout: requestTimeoutMs, forceCloseConnections: true })
    this.registerOperations()
    this.registerCalls()
    this.measure()
  }

  /** Listens. Rejects with the system's error when it cannot, such as for a port in use. */
  static async listen(options: InternalServerOptions): Promise<InternalServer> {
    const server = new InternalServer(options)
    await server.server.listen({ host: options.host, port: options.port })
    return server
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.server.server.address() as { readonly port: number }).port
  }

  /** Does this for others from now on; returns the function that ends it. */
  offer(service: RpcService): () => void {
    this.services.set(service.name, service)
    return () => this.services.delete(service.name)
  }

  /** What readiness depends on. */
  get checks(): readonly HealthCheck[] {
    return this.expected
  }

  /** Makes readiness depend on this too. */
  expect(...checks: readonly HealthCheck[]): void {
    this.expected.push(...checks)
  }

  /** Ends all connections, also those that still wait for an answer. */
  close(): Promise<void> {
    return this.server.close()
  }

  private registerOperations(): void {
    this.server.get('/health/live', async () => ({ status: 'ok' }))
    this.server.get('/health/ready', async (_request, reply) => {
      const readiness = await readinessOf(this.checks)
      return reply.code(readiness.status === 'ok' ? 200 : 503).send(readiness)
    })
    this.server.get('/metrics', async (_request, reply) => {
      const { metrics } = this.options
      return reply
        .type(metrics.contentType)
        .header('cache-control', 'no-store')
        .send(await metrics.metrics())
    })
  }

  private registerCalls(): void {
    this.server.register(async scope => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body))
      const bytes = { parseAs: 'buffer', bodyLimit: contentBytesMax } as const
      scope.addContentTypeParser('application/octet-stream', bytes, (_request, body, done) => done(null, body))
      scope.addHook('onRequest', (request, reply) => this.requireSecret(request, reply))
      scope.post<{ Params: CallParams }>('/rpc/:service/:method', (request, reply) => this.call(request, reply))
    })
  }

  private async requireSecret(request: FastifyRequest, reply: FastifyReply) {
    const { authorization = '' } = request.headers
    if (authorization.startsWith(bearer) && this.options.secret?.equals(authorization.slice(bearer.length))) return
    const message = 'the secret of this network is missing or another one'
    return reply
      .code(401)
      .header('www-authenticate', 'Bearer')
      .send(failure({ remoteName: 'UnauthorizedError', message }))
  }

  private async call(request: FastifyRequest<{ Params: CallParams }>, reply: FastifyReply): Promise<FastifyReply> {
    const { service: name, method: methodName } = request.params
    const service = this.services.get(name)
    const method = service && Object.hasOwn(service.methods, methodName) ? service.methods[methodName] : undefined
    if (service === undefined || method === undefined) {
      const message = `there is no ${name}.${methodName} here`
      return reply.code(404).send(failure({ remoteName: NotHereError.name, message }))
    }
    try {
      const input = readInput(request)
      if (method.kind === 'call') return await sendValue(reply, await method.answer(input))
      const source = await method.open(input)
      if (source === undefined) return await sendValue(reply, undefined)
      return sendStream(reply, source, error => this.describe(service, methodName, error))
    } catch (error) {
      return reply
        .code(statusOf(error))
        .type('application/json')
        .send(failure(this.describe(service, methodName, error)))
    }
  }

  /** What a caller is told of an error: of one that was not meant for it, that there was one. */
  private describe({ name, toldErrors = [] }: RpcService, method: string, error: unknown): RemoteFailure {
    if (error instanceof OutcomeUnknownError) this.options.report(`${name}.${method}: ${error.message}`)
    if (error instanceof Error && (statusOf(error) !== 500 || toldErrors.includes(error.name))) {
      return { remoteName: error.name, message: error.message }
    }
    this.options.report(
      `${name}.${method} failed: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`,
    )
    return { remoteName: 'InternalError', message: 'something went wrong there; its log says what' }
  }

  private measure(): void {
    const seconds = new Histogram({
      name: 'deparrow_rpc_duration_seconds',
      help: 'Time to answer other services of the network.',
      labelNames: ['service', 'method', 'status'],
      buckets: secondsBuckets,
      registers: [this.options.metrics],
    })
    this.server.addHook('onResponse', async (request, reply) => {
      const { service, method } = request.params as Partial<CallParams>
      if (service === undefined || method === undefined || !this.services.has(service) || reply.statusCode === 404)
        return
      seconds.observe({ service, method, status: reply.statusCode }, reply.elapsedTime / 1000)
    })
  }
}

/** An empty body is not even parsed; as bytes it is a content like any other. */
function readInput({ body, headers }: FastifyRequest): unknown {
  if (headers['content-type'] === 'application/octet-stream') return body ?? new Uint8Array()
  try {
    return decodeWire(String(body))
  } catch {
    throw new MalformedCallError('the body is no JSON')
  }
}

async function sendValue(reply: FastifyReply, value: unknown): Promise<FastifyReply> {
  if (value instanceof Uint8Array) {
    return reply.type('application/octet-stream').send(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
  }
  return reply.type('application/json').send(encodeWire({ value }))
}

/** Ends the source as soon as the reader is gone, also while it waits for a value. */
function sendStream(
  reply: FastifyReply,
  source: AsyncIterator<unknown>,
  describe: (error: unknown) => RemoteFailure,
): FastifyReply {
  reply.raw.once('close', () => void source.return?.())
  return reply.type('application/x-ndjson').send(Readable.from(toLines(source, describe)))
}

function statusOf(error: unknown): number {
  if (error instanceof MalformedCallError) return 400
  return error instanceof NotHereError || error instanceof OutcomeUnknownError ? 503 : 500
}

function failure(error: RemoteFailure): string {
  return encodeWire({ error })
}
