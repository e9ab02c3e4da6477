import { encodeEvent, type Hex, type Ledger, type LedgerEvent } from '@deparrow/ledger'
import { Inject, Optional } from '@nestjs/common'
import { Args, Context, Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { AuditReporter } from '../../audit/ledger-audit.port.ts'
import { LEDGER, LEDGER_AUDIT } from '../../tokens.ts'
import { acceptanceView } from './acceptance-view.ts'
import { spend } from './answer-budget.ts'
import { auditView } from './audit-view.ts'
import { BooksView } from './books-view.ts'
import { configView } from './config-view.ts'
import { positionOf } from './read-errors.ts'
import { type GatewayContext, requireBetween } from './session-context.ts'

/** An event has a few hundred characters; whoever wants them all takes the export. */
const eventsMax = 500

/** The ledger as everybody may look into it: the journal is exported as a whole, so that its parts need no session. */
@Resolver('Ledger')
export class LedgerResolver {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(BooksView) private readonly booksView: BooksView,
    /** Only where an audit runs, here or elsewhere. */
    @Optional() @Inject(LEDGER_AUDIT) private readonly audited?: AuditReporter,
  ) {}

  @Query('ledger')
  query() {
    return {}
  }

  @ResolveField('heads')
  heads() {
    return [{ shard: this.ledger.config()?.shard ?? 0, ...this.ledger.head() }]
  }

  @ResolveField('books')
  books() {
    return this.booksView.now()
  }

  @ResolveField('config')
  config() {
    const config = this.ledger.config()
    return config && configView(config)
  }

  @ResolveField('audit')
  async audit() {
    return this.audited && auditView(await this.audited.report())
  }

  @ResolveField('acceptance')
  async acceptance(@Args('commandId') commandId: Hex, @Context() context: GatewayContext) {
    spend(context, 'lookups', 1)
    const signed = await this.ledger.acceptance(commandId)
    return signed && acceptanceView(signed)
  }

  @ResolveField('event')
  async event(@Args('position') position: bigint, @Context() context: GatewayContext) {
    if (position === 0n) return undefined
    const [event] = await this.#read(context, positionOf('position', position) - 1, 1)
    return event
  }

  @ResolveField('events')
  events(@Args('after') after: bigint, @Args('first') first: number, @Context() context: GatewayContext) {
    return this.#read(context, positionOf('after', after), requireBetween('first', first, 1, eventsMax))
  }

  async #read(context: GatewayContext, after: number, count: number) {
    spend(context, 'lookups', 1)
    if (after >= this.ledger.head().position) return []
    const events = await this.ledger.events(after, count)
    spend(context, 'rows', events.length)
    return events.map(event => eventView(context, event))
  }
}

function eventView(context: GatewayContext, event: LedgerEvent) {
  const { position, atMs, type, commandId, entries } = event
  return {
    position,
    time: atMs,
    type,
    commandId,
    entries: entries.map(entry => ({ account: entry.account, amount: String(entry.amountMicrocredits) })),
    data: () => {
      const text = encodeEvent(event)
      spend(context, 'characters of events', text.length)
      return JSON.parse(text).data
    },
  }
}
