import { Readable } from 'node:stream'
import {
  exportMediaType,
  formatExportEnd,
  formatExportedEvent,
  formatExportHeader,
  type JournalHead,
  type Ledger,
  zeroHash,
} from '@deparrow/ledger'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { GatewayConfig } from '../../config/gateway-config.ts'

/** Events that are read from the store and held in memory at once, for each reader. */
const eventsPerRead = 500

/** Readers at a time: each may hold some megabytes, and a connection. */
const readersMax = 16

/** Of one address, so that a few slow ones do not take all the places. */
const readersOfAddressMax = 4

const stallMsDefault = 30_000

type JournalParts = {
  readonly ledger: Ledger
  readonly config: Pick<GatewayConfig, 'journalPageEventsMax' | 'journalPagesPerMinuteMax'>
  /** A reader that takes nothing for so long is cut off; 30 s by default. */
  readonly stallMs?: number
}

type Query = { readonly after?: string; readonly limit?: string }

/**
 * `GET /ledger/journal?after=N&limit=M` gives the journal to anybody, so that anybody can check it: the events after position N as the lines of an
 * export, at most a page of them. The last line says where the page ended and whether the journal goes on. An address has its number
 * of pages a minute; a page is read as fast as it is taken.
 */
export function registerJournalExport(fastify: FastifyInstance, parts: JournalParts): void {
  const { ledger, config, stallMs = stallMsDefault } = parts
  const readers: string[] = []
  const rateLimit = { max: config.journalPagesPerMinuteMax, timeWindow: 60_000 }
  fastify.get<{ Querystring: Query }>('/ledger/journal', { config: { rateLimit } }, async (request, reply) => {
    const after = numberIn(request.query.after, 0)
    const limit = numberIn(request.query.limit, config.journalPageEventsMax)
    if (after === undefined)
      return refuse(reply, 400, 'MALFORMED', 'after: expected a position, a whole number from 0.')
    if (limit === undefined || limit < 1) return refuse(reply, 400, 'MALFORMED', 'limit: expected a number from 1.')
    if (after > ledger.head().position) return refuse(reply, 404, 'BEYOND_HEAD', 'The journal is not that long yet.')
    const ofAddress = readers.filter(address => address === request.ip).length
    if (readers.length >= readersMax || ofAddress >= readersOfAddressMax) {
      reply.header('retry-after', '1')
      return refuse(reply, 429, 'RATE_LIMITED', 'Too many read the journal now. Try again in a second.')
    }
    readers.push(request.ip)
    const watch = new StallWatch()
    const lines = pageLines(ledger, after, Math.min(limit, config.journalPageEventsMax))
    const page = Readable.from(watch.over(lines), { objectMode: false, highWaterMark: 65_536 })
    watch.start(stallMs, () => page.destroy())
    page.once('close', () => {
      readers.splice(readers.indexOf(request.ip), 1)
      watch.end()
    })
    return reply.type(exportMediaType).header('cache-control', 'no-cache').send(page)
  })
}

/** A page as it is read, a chunk of lines at a time. The head at the beginning is where it ends at the latest. */
async function* pageLines(ledger: Ledger, after: number, limit: number): AsyncGenerator<Buffer> {
  const head = ledger.head()
  const config = ledger.config()
  const last = Math.min(after + limit, head.position)
  let end = await headAt(ledger, after)
  if (config === undefined) throw new JournalEmptyError()
  const { chainId, settlement, shard } = config
  yield Buffer.from(formatExportHeader({ shard: String(shard), chainId, settlement, after: end }))
  while (end.position < last) {
    const events = await ledger.storedEvents(end.position, Math.min(eventsPerRead, last - end.position))
    const newest = events.at(-1)
    if (newest === undefined) throw new JournalShortError(end.position, last)
    end = { position: newest.position, hash: newest.hash }
    yield Buffer.from(events.map(formatExportedEvent).join(''))
  }
  yield Buffer.from(formatExportEnd({ end, isComplete: last === head.position }))
}

async function headAt(ledger: Ledger, position: number): Promise<JournalHead> {
  if (position === 0) return { position, hash: zeroHash }
  const [event] = await ledger.storedEvents(position - 1, 1)
  if (event === undefined) throw new JournalShortError(position - 1, position)
  return { position, hash: event.hash }
}

/** Notices a reader that takes nothing more: chunks are made as they are taken. */
class StallWatch {
  private timer: NodeJS.Timeout | undefined

  start(stallMs: number, onStall: () => void): void {
    this.timer = setTimeout(onStall, stallMs).unref()
  }

  async *over(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.timer?.refresh()
      yield chunk
    }
  }

  end(): void {
    clearTimeout(this.timer)
  }
}

/** A whole number from 0, the default when nothing is given, `undefined` for anything else. */
function numberIn(text: unknown, otherwise: number): number | undefined {
  if (text === undefined) return otherwise
  return typeof text === 'string' && /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined
}

async function refuse(reply: FastifyReply, status: number, code: string, message: string): Promise<FastifyReply> {
  return reply.code(status).send({ code, message })
}

/** Thrown when the journal is asked for before the ledger was opened: a wiring mistake. */
export class JournalEmptyError extends Error {
  override readonly name = 'JournalEmptyError'
  constructor() {
    super('the journal has no event yet')
  }
}

/** Thrown when a store has less than the ledger has seen in it. */
export class JournalShortError extends Error {
  override readonly name = 'JournalShortError'
  constructor(position: number, expected: number) {
    super(`the store ends at position ${position}, the ledger has seen ${expected}`)
  }
}
