import type { Address, Ledger } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Context, Resolver, Subscription } from '@nestjs/graphql'
import type { ReadQueries } from '../../read-model/read-queries.port.ts'
import { LEDGER, READ_MODEL } from '../../tokens.ts'
import { mapped } from './iterators.ts'
import { totalsView } from './permission-view.ts'
import { notYetVisible, positionOf } from './read-errors.ts'
import { type GatewayContext, requireWallet } from './session-context.ts'
import { entryView, holdView } from './statement-view.ts'
import { inSlot, type SubscriptionContext } from './subscription-slots.ts'
import { VisibleJournal } from './visible-journal.ts'
import { type EventEntries, WalletEventReader } from './wallet-event-reader.ts'
import { WalletFeed } from './wallet-feed.ts'

@Resolver()
export class WalletEventsResolver {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(READ_MODEL) private readonly reads: ReadQueries,
    @Inject(WalletFeed) private readonly feed: WalletFeed,
    @Inject(VisibleJournal) private readonly visible: VisibleJournal,
  ) {}

  @Subscription('walletEvents', { resolve: (value: unknown) => value })
  walletEvents(
    @Args('wallet') wallet: Address | null | undefined,
    @Args('after') after: bigint | null | undefined,
    @Context() context: GatewayContext & SubscriptionContext,
  ) {
    return inSlot(context, async () => {
      const own = (wallet ?? context.wallet) as Address
      requireWallet(context, [own], 'the wallet itself')
      return mapped(this.#follow(own, after ?? undefined), event => this.#view(event))
    })
  }

  #follow(wallet: Address, after: bigint | undefined): WalletEventReader {
    const head = () => this.ledger.head().position
    const position = after === undefined ? undefined : positionOf('after', after)
    if (position !== undefined && position > head()) throw notYetVisible(head())
    const { reads } = this
    const wakes = this.feed.follow(wallet)
    return new WalletEventReader(
      { reads, head, wakes, wallet, shard: this.visible.shardOf(wallet) },
      position ?? head(),
    )
  }

  #view({ position, entries }: EventEntries) {
    const [first] = entries
    const escrow = entries.find(({ subject }) => subject?.kind === 'escrow')?.subject
    return {
      position,
      time: first?.atMs,
      event: first?.event,
      entries: entries.map(entryView),
      spend: async () => {
        const [event] = await this.ledger.events(position - 1, 1)
        const totals = event !== undefined && 'spend' in event.data ? event.data.spend : undefined
        return totals && totalsView(totals)
      },
      escrow: async () => {
        const hold = escrow && (await this.reads.hold(escrow.id))
        return hold && holdView(hold)
      },
    }
  }
}
