import { z } from 'zod'

const gatewayConfigSchema = z.strictObject({
  /** Loopback by default: whoever opens the gateway to a network puts TLS in front of it. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 lets the system choose a free one. */
  port: z.int().min(0).max(65_535).default(8080),
  /** The origin that wallets sign in to, when it is not the one that the gateway listens on (behind a proxy). */
  publicOrigin: z.url({ protocol: /^https?$/ }).optional(),
  /** Key of the HS256 session tokens; 32 bytes is the least that RFC 7518, section 3.2 allows. */
  jwtSecret: z.instanceof(Uint8Array).refine(bytes => bytes.length >= 32, 'must have at least 32 bytes'),
  sessionSeconds: z.int().min(60).max(86_400).default(3_600),
  /** Of one address over all routes, and messages of one WebSocket; an agent that follows hundreds of jobs stays far below. */
  requestsPerMinuteMax: z.int().min(1).default(12_000),
  /** A wallet or agent follows a few dozen jobs on one connection. */
  subscriptionsPerConnectionMax: z.int().min(1).default(100),
  /** WebSockets at the same time; a process on two cores serves about this many. */
  connectionsMax: z.int().min(1).default(1_000),
  /** A WebSocket that has not introduced itself by then is closed. */
  connectionInitTimeoutMs: z.int().min(100).default(10_000),
  graphqlBodyBytesMax: z
    .int()
    .min(1_024)
    .default(2 ** 20),
  contentBytesMax: z
    .int()
    .min(1_024)
    .default(16 * 2 ** 20),
  /** Of one wallet, from midnight to midnight UTC: sixty-four contents of the default's largest size. */
  contentBytesPerDayMax: z
    .int()
    .min(1_024)
    .default(2 ** 30),
  /** Of one address, on top of all its requests. A page is some megabytes. */
  journalPagesPerMinuteMax: z.int().min(1).default(120),
  /** Events in one page of the journal. */
  journalPageEventsMax: z.int().min(1).default(20_000),
  requestTimeoutMs: z.int().min(100).default(30_000),
})

/** How the gateway listens and what it allows, complete and checked. */
export type GatewayConfig = Readonly<z.output<typeof gatewayConfigSchema>>

export type GatewayOptions = Readonly<z.input<typeof gatewayConfigSchema>>

/** Fills in the defaults; throws {@link GatewayConfigError} naming the first option that cannot be used. */
export function readGatewayConfig(options: GatewayOptions): GatewayConfig {
  const result = gatewayConfigSchema.safeParse(options)
  if (result.success) return Object.freeze(result.data)
  const issue = result.error.issues[0]
  throw new GatewayConfigError(issue?.path.join('.') ?? '', issue?.message ?? 'is not usable')
}

/** Thrown at start, never later. */
export class GatewayConfigError extends Error {
  override readonly name = 'GatewayConfigError'
  constructor(option: string, problem: string) {
    super(`gateway option ${option}: ${problem}`)
  }
}
