import {
  bytesToHex,
  type Domain,
  type EntryTree,
  type EpochBooks,
  type EventOf,
  evolve,
  type Hex,
  hexToBytes,
  type InclusionProof,
  type Iou,
  initialState,
  isJudgedOnChain,
  type Leaf,
  type LeafAccount,
  type LeavesRoot,
  type LedgerCrypto,
  type LedgerEvent,
  type LedgerState,
  leafOf,
  leafPlace,
  leavesOf,
  payoutRows,
  type RevealedSubtree,
  type Statement,
  type StatementAccount,
  StatementBook,
  type TreePath,
  zeroHash,
} from '@deparrow/ledger'
import {
  type LeafTrie,
  leafAt,
  type PlacedLeaf,
  proveAccount,
  proveLeafAt,
  revealLeaves,
  trieNode,
  withLeaves,
} from './leaf-trie.ts'
import { OpenOrders } from './open-orders.ts'

/** An epoch whose leaves are kept. */
type Kept = { readonly books: EpochBooks; readonly closedAtMs: number; readonly leaves: LeafTrie }

/** An epoch that can be asked about, and the one that it builds on; that is `undefined` for the first epoch. */
export type AskedEpoch = {
  readonly books: EpochBooks
  readonly closedAtMs: number
  readonly parent: EpochBooks | undefined
  /** 0 without parent. */
  readonly parentClosedAtMs: number
}

export type ArchivedLeaf = {
  readonly root: LeavesRoot
  /** `undefined` for an account that has none. */
  readonly leaf: Leaf | undefined
  readonly proof: InclusionProof
}

export type ArchiveOptions = {
  /**
   * `checked` by default: an epoch that was closed with another root than the journal gives is refused. `own`: it is kept with the root and the rows that
   * the journal gives, for who wants to show the difference.
   */
  readonly roots?: 'checked' | 'own'
}

/** An epoch without what the journal gives of it. */
export type ClosedHeader = Omit<EpochBooks, 'leavesRoot' | 'leavesTotalMicrocredits' | 'rows'>

/**
 * What is needed to answer demands about the pending epoch: a fold over the journal from its first event, for a ledger of one shard whose epochs the contract
 * judges. It keeps the last final epoch and the pending one, which the ledger has one of at a time; older ones no demand can reach. Beside a
 * copy of the ledger's state it takes 500 bytes an account and 5 kB for each leaf that the pending epoch changed; an event costs what
 * it costs the ledger, the end of an epoch 25 hashes for each changed leaf, a proof 25 steps.
 */
export class EpochArchive {
  readonly orders: OpenOrders
  private readonly state: LedgerState = initialState()
  private readonly roots: 'checked' | 'own'
  private readonly book: StatementBook
  private readonly statements = new Map<StatementAccount, Statement>()
  private readonly redeemed = new Map<Hex, { readonly iou: Iou; readonly position: number }>()
  private places: ReadonlyMap<Hex, StatementAccount> | undefined
  private final: Kept | undefined
  private pending: Kept | undefined

  constructor(
    readonly crypto: LedgerCrypto,
    { roots = 'checked' }: ArchiveOptions = {},
  ) {
    this.roots = roots
    this.book = new StatementBook(crypto)
    this.orders = new OpenOrders(crypto)
  }

  /**
   * Takes the next event of the journal. Throws {@link ArchiveRootError} when the leaves that follow from the journal have another root than the epoch says,
   * {@link ArchiveProtocolError} for a ledger whose epochs the contract does not judge, and the ledger's errors for an event out of order.
   */
  apply(event: LedgerEvent): void {
    if (event.type === 'LedgerOpened') requireJudged(event.data.config)
    if (event.type === 'IouRedeemed') this.rememberIou(event)
    const own = event.type === 'EpochClosed' ? { ...event, data: this.close(event.data, event.atMs) } : event
    evolve(this.state, own, zeroHash, this.crypto)
    this.book.apply(own)
    this.orders.apply(own)
    if (event.type === 'EpochFinalised') this.finalise(event.data.epoch)
    else if (event.type === 'EpochCancelled') this.cancel(event.data.headEpoch)
  }

  /**
   * Closes an epoch over the journal as it stands here, whatever root that comes to: for who checks an epoch that the journal does not close at its
   * position. One that is pending becomes the one that this builds on, if that is its parent, and else was taken back. Throws as `apply`
   * does; no event may be applied after it.
   */
  closeHere(header: ClosedHeader, closedAtMs: number): EpochBooks {
    const { pending, state } = this
    if (pending !== undefined && pending.books.epoch === header.parent) this.finalise(header.parent)
    else if (pending !== undefined)
      this.apply(cancellationOf(pending.books.epoch, header, state.position + 1, closedAtMs))
    const books = this.booksNow(header)
    this.pending = { books: books.own, closedAtMs, leaves: books.leaves }
    this.book.apply(closingOf(books.own, state.position + 1, closedAtMs))
    this.forget()
    return books.own
  }

  /** The epoch that demands can be about now. */
  get asked(): AskedEpoch | undefined {
    const { pending, final } = this
    const parentClosedAtMs = final?.closedAtMs ?? 0
    return pending && { books: pending.books, closedAtMs: pending.closedAtMs, parent: final?.books, parentClosedAtMs }
  }

  /** What all signatures are bound to; `undefined` before the first event. */
  get domain(): Domain | undefined {
    const { config } = this.state
    return config && { chainId: config.chainId, verifyingContract: config.settlement }
  }

  /** An account's leaf, or its absence, in the pending or the last final epoch; `undefined` for any other epoch. */
  leaf(epoch: number, account: LeafAccount): ArchivedLeaf | undefined {
    const kept = this.kept(epoch)
    if (kept === undefined) return undefined
    const { leavesRoot: root, leavesTotalMicrocredits: totalMicrocredits } = kept.books
    const leaf = leafAt(kept.leaves, leafPlace(this.crypto, account))?.leaf
    return { root: { root, totalMicrocredits }, leaf, proof: proveAccount(this.crypto, kept.leaves, account) }
  }

  /** The leaf at a place of the pending epoch, or of the one that it builds on; `undefined` when there is none. */
  leafAt(when: 'opening' | 'closing', place: Hex): PlacedLeaf | undefined {
    return leafAt(this.leaves(when), hexToBytes(place))
  }

  /** What stands where a place leads in the pending epoch, or in the one that it builds on. */
  proveLeafAt(when: 'opening' | 'closing', place: Hex): ReturnType<typeof proveLeafAt> {
    return proveLeafAt(this.crypto, this.leaves(when), hexToBytes(place))
  }

  /** Part of the leaves of the pending epoch. */
  revealLeaves(path: TreePath): RevealedSubtree {
    return revealLeaves(this.crypto, this.leaves('closing'), path)
  }

  /** What moved an account in the pending epoch, empty for one that did not move; `undefined` when no epoch is pending. */
  statement(account: StatementAccount): Statement | undefined {
    if (this.pending === undefined) return undefined
    const known = this.statements.get(account)
    if (known !== undefined) return known
    const statement = this.book.statement(account)
    if (statement !== undefined) this.statements.set(account, statement)
    return statement
  }

  /** Who stands at a place: one with a leaf in the pending epoch or the one before, or one that moved between them. */
  accountAt(place: Hex): LeafAccount | undefined {
    const placed = this.leafAt('closing', place) ?? this.leafAt('opening', place)
    if (placed !== undefined) return placed.leaf.account
    this.places ??= new Map(
      (this.pending === undefined ? [] : this.book.accounts()).map(account => [this.placeOf(account), account]),
    )
    return this.places.get(place)
  }

  /** All accounts that moved in the pending epoch. */
  movedAccounts(): readonly StatementAccount[] {
    return this.pending === undefined ? [] : this.book.accounts()
  }

  /** The IOU that a redemption of the pending epoch has paid, by the digest of the redemption. */
  redeemedIou(redemption: Hex): Iou | undefined {
    return this.redeemed.get(redemption)?.iou
  }

  placeOf(account: LeafAccount): Hex {
    return bytesToHex(leafPlace(this.crypto, account))
  }

  /** All leaves of the pending epoch, or of the one that it builds on. */
  leaves(when: 'opening' | 'closing'): LeafTrie {
    return (when === 'opening' ? this.final : this.pending)?.leaves
  }

  private kept(epoch: number): Kept | undefined {
    return [this.pending, this.final].find(kept => kept?.books.epoch === epoch)
  }

  /** Before the ledger forgets an IOU that is paid in full. */
  private rememberIou({ data, commandId, position }: EventOf<'IouRedeemed'>): void {
    const iou = this.state.ious.get(data.redemption.message.iou)?.iou
    if (iou !== undefined) this.redeemed.set(commandId as Hex, { iou, position })
  }

  /** Before the epoch's own event, which takes away what is known of the leaves that changed. */
  private close(books: EpochBooks, closedAtMs: number): EpochBooks {
    const { leaves, own } = this.booksNow(books)
    const isSame = own.leavesRoot === books.leavesRoot && own.leavesTotalMicrocredits === books.leavesTotalMicrocredits
    if (!isSame && this.roots === 'checked') throw new ArchiveRootError(books, own.leavesRoot)
    const kept = this.roots === 'checked' ? books : own
    this.pending = { books: kept, closedAtMs, leaves }
    this.forget()
    return kept
  }

  /** The books that the journal gives here. */
  private booksNow(header: ClosedHeader): { readonly leaves: LeafTrie; readonly own: EpochBooks } {
    const leaves = this.leavesNow()
    const { hash, sum } = trieNode(this.crypto, leaves)
    const root = { leavesRoot: bytesToHex(hash), leavesTotalMicrocredits: sum }
    return { leaves, own: { ...header, ...root, rows: payoutRows(this.state) } }
  }

  private leavesNow(): LeafTrie {
    const { state, crypto } = this
    const isFirst = state.lastEpoch === undefined
    const changes = isFirst
      ? leavesOf(state).map(leaf => this.changeOf(leaf.account, leaf))
      : [...state.leavesBefore.keys()].map(account => this.changeOf(account, leafOf(state, account)))
    return withLeaves(crypto, isFirst ? undefined : this.final?.leaves, changes)
  }

  private changeOf(account: LeafAccount, leaf: Leaf | undefined) {
    const holds: EntryTree = account.startsWith('0x') ? this.state.heldOrders.get(account as Hex) : undefined
    return { account, leaf, holds }
  }

  private finalise(epoch: number): void {
    if (this.pending?.books.epoch !== epoch) return
    this.final = this.pending
    this.pending = undefined
    const { journalPosition } = this.final.books
    this.orders.forget(journalPosition)
    for (const [digest, { position }] of this.redeemed) if (position <= journalPosition) this.redeemed.delete(digest)
    this.forget()
  }

  private cancel(headEpoch: number): void {
    if (this.pending === undefined || headEpoch >= this.pending.books.epoch) return
    this.pending = undefined
    this.forget()
  }

  private forget(): void {
    this.statements.clear()
    this.places = undefined
  }
}

function cancellationOf(epoch: number, { parent }: ClosedHeader, position: number, atMs: number): LedgerEvent {
  const data = {
    epoch,
    lastEpoch: epoch,
    headEpoch: parent,
    place: { transactionHash: zeroHash, blockNumber: 0n, logIndex: 0 },
  }
  return { position, atMs, commandId: `taken back: ${epoch}`, entries: [], type: 'EpochCancelled', data }
}

function closingOf(data: EpochBooks, position: number, atMs: number): LedgerEvent {
  return { position, atMs, commandId: `closed: ${data.epoch}`, entries: [], type: 'EpochClosed', data }
}

function requireJudged(config: Parameters<typeof isJudgedOnChain>[0] & { readonly shardCount: number }): void {
  if (!isJudgedOnChain(config) || config.shardCount !== 1) throw new ArchiveProtocolError(config)
}

/** Thrown for a ledger of an older protocol or of several shards. */
export class ArchiveProtocolError extends Error {
  override readonly name = 'ArchiveProtocolError'
  constructor({ protocol, shardCount }: { readonly protocol?: number; readonly shardCount: number }) {
    super(`no demand is about a ledger of protocol ${protocol ?? 1} with ${shardCount} shards`)
  }
}

/** Thrown when an epoch was closed with another root than the journal before it gives: the journal is not right, and nothing under its root can be shown. */
export class ArchiveRootError extends Error {
  override readonly name = 'ArchiveRootError'
  constructor(
    readonly books: EpochBooks,
    readonly ownRoot: Hex,
  ) {
    super(`epoch ${books.epoch} was closed with the root ${books.leavesRoot}, the journal gives ${ownRoot}`)
  }
}
