import type { Address, Ledger } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql'
import type { ReadQueries } from '../../read-model/read-queries.port.ts'
import type { AsOf } from '../../read-model/read-records.ts'
import { LEDGER, READ_MODEL } from '../../tokens.ts'
import { spend } from './answer-budget.ts'
import { iouView } from './iou-view.ts'
import { pageOf } from './page-request.ts'
import { permissionView } from './permission-view.ts'
import { positionOf, reading } from './read-errors.ts'
import { type GatewayContext, requireBetween, requireWallet } from './session-context.ts'
import { entryView, filterOf, holdView, rewardView, type StatementFilter } from './statement-view.ts'
import { VisibleJournal } from './visible-journal.ts'
import type { WalletView } from './wallet.resolver.ts'

const statementEntriesMax = 500

const recordsMax = 200

/** Each of them may show its spends. */
const permissionsMax = 100

/** Exactly one of the two, as the schema has it. */
type AsOfInput = { readonly position?: bigint | null; readonly time?: number | null }

/** Later than every event. */
const now: AsOf = { atMs: Number.MAX_SAFE_INTEGER }

/**
 * A wallet as the projections know it. All but the plain statement is for the wallet's own session: what the journal says is public, but
 * only its owner may have it searched and put together.
 */
@Resolver('Wallet')
export class WalletHistoryResolver {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(READ_MODEL) private readonly reads: ReadQueries,
    @Inject(VisibleJournal) private readonly visible: VisibleJournal,
  ) {}

  @ResolveField('statement')
  async statement(
    @Parent() { address }: WalletView,
    @Args('first') first: number,
    @Args('before') before: bigint | null | undefined,
    @Args('cursor') cursor: string | null | undefined,
    @Args('filter') filter: StatementFilter | null | undefined,
    @Context() context: GatewayContext,
  ) {
    if (filter != null) requireOwner(context, address)
    spend(context, 'lookups', 1)
    const page = await reading(() =>
      this.reads.statement(address, {
        first: requireBetween('first', first, 1, statementEntriesMax),
        ...(before != null && { beforePosition: positionOf('before', before) }),
        ...(cursor != null && { cursor }),
        ...(filter != null && filterOf(filter)),
      }),
    )
    spend(context, 'rows', page.entries.length)
    return { entries: page.entries.map(entryView), next: page.nextPosition, nextCursor: page.nextCursor }
  }

  @ResolveField('balance')
  async balance(@Parent() { address }: WalletView, @Args('asOf') asOf: AsOfInput, @Context() context: GatewayContext) {
    requireOwner(context, address)
    spend(context, 'lookups', 1)
    const balance = await reading(() => this.reads.balanceAsOf(address, this.#momentOf(address, asOf)))
    const { availableMicrocredits, heldMicrocredits, payableMicrocredits, places } = balance
    return { available: availableMicrocredits, held: heldMicrocredits, payable: payableMicrocredits, places }
  }

  @ResolveField('holds')
  async holds(
    @Parent() { address }: WalletView,
    @Args('asOf') asOf: AsOfInput | null | undefined,
    @Args('kind') kind: 'job' | 'escrow' | null | undefined,
    @Args('first') first: number,
    @Args('cursor') cursor: string | null | undefined,
    @Context() context: GatewayContext,
  ) {
    requireOwner(context, address)
    const moment = asOf == null ? now : this.#momentOf(address, asOf)
    const page = await pageOf(context, { first, cursor, max: recordsMax }, request =>
      this.reads.holdsAsOf(address, moment, request),
    )
    const holds = kind == null ? page.items : page.items.filter(hold => hold.kind === kind)
    return { holds: holds.map(holdView), nextCursor: page.nextCursor }
  }

  @ResolveField('permissions')
  async permissions(
    @Parent() { address }: WalletView,
    @Args('first') first: number,
    @Args('cursor') cursor: string | null | undefined,
    @Context() context: GatewayContext,
  ) {
    requireOwner(context, address)
    const page = await pageOf(context, { first, cursor, max: permissionsMax }, request =>
      this.reads.permissions(address, request),
    )
    return { permissions: page.items.map(permissionView), nextCursor: page.nextCursor }
  }

  @ResolveField('permission')
  async permission(
    @Parent() { address }: WalletView,
    @Args('delegate') delegate: Address,
    @Context() context: GatewayContext,
  ) {
    requireWallet(context, [address, delegate], 'the wallet and its delegate')
    spend(context, 'lookups', 1)
    const granted = this.ledger.permission(address, delegate)
    const record = granted && (await this.reads.permission(granted.digest))
    return record && permissionView(record)
  }

  @ResolveField('ious')
  async ious(
    @Parent() { address }: WalletView,
    @Args('role') role: 'debtor' | 'creditor',
    @Args('status') status: 'open' | 'paid',
    @Args('first') first: number,
    @Args('cursor') cursor: string | null | undefined,
    @Context() context: GatewayContext,
  ) {
    requireOwner(context, address)
    const page = await pageOf(context, { first, cursor, max: recordsMax }, request =>
      this.reads.ious({ wallet: address, role, status, ...request }),
    )
    return { ious: page.items.map(iouView), nextCursor: page.nextCursor }
  }

  @ResolveField('rewards')
  async rewards(
    @Parent() { address }: WalletView,
    @Args('first') first: number,
    @Args('cursor') cursor: string | null | undefined,
    @Context() context: GatewayContext,
  ) {
    requireOwner(context, address)
    const page = await pageOf(context, { first, cursor, max: recordsMax }, request =>
      this.reads.rewards(address, request),
    )
    return { rewards: page.items.map(rewardView), nextCursor: page.nextCursor }
  }

  #momentOf(wallet: Address, { position, time }: AsOfInput): AsOf {
    if (position == null) return { atMs: time ?? 0 }
    return { position: positionOf('position', position), shard: this.visible.shardOf(wallet) }
  }
}

function requireOwner(context: GatewayContext, wallet: Address): void {
  requireWallet(context, [wallet], 'the wallet itself')
}
