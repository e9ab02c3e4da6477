import {
  bytesToHex,
  type Domain,
  type EntryTree,
  type EpochBooks,
  evolve,
  type Hex,
  hexToBytes,
  type InclusionProof,
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
}

export type ArchivedLeaf = {
  readonly root: LeavesRoot
  /** `undefined` for an account that has none. */
  readonly leaf: Leaf | undefined
  readonly proof: InclusionProof
}

/**
 * What is needed to answer demands about the pending epoch: a fold over the journal from its first event, for a ledger of one shard whose epochs the contract
 * judges. It keeps the last final epoch and the pending one, which the ledger has one of at a time; older ones no demand can reach. Beside a
 * copy of the ledger's state it takes 500 bytes an account and 5 kB for each leaf that the pending epoch changed; an event costs what
 * it costs the ledger, the end of an epoch 25 hashes for each changed leaf, a proof 25 steps.
 */
export class EpochArchive {
  readonly orders: OpenOrders
  private readonly state: LedgerState = initialState()
  private readonly book: StatementBook
  private readonly statements = new Map<StatementAccount, Statement>()
  private places: ReadonlyMap<Hex, StatementAccount> | undefined
  private final: Kept | undefined
  private pending: Kept | undefined

  constructor(readonly crypto: LedgerCrypto) {
    this.book = new StatementBook(crypto)
    this.orders = new OpenOrders(crypto)
  }

  /**
   * Takes the next event of the journal. Throws {@link ArchiveRootError} when the leaves that follow from the journal have another root than the epoch says,
   * {@link ArchiveProtocolError} for a ledger whose epochs the contract does not judge, and the ledger's errors for an event out of order.
   */
  apply(event: LedgerEvent): void {
    if (event.type === 'LedgerOpened') requireJudged(event.data.config)
    if (event.type === 'EpochClosed') this.close(event.data, event.atMs)
    evolve(this.state, event, zeroHash, this.crypto)
    this.book.apply(event)
    this.orders.apply(event)
    if (event.type === 'EpochFinalised') this.finalise(event.data.epoch)
    else if (event.type === 'EpochCancelled') this.cancel(event.data.headEpoch)
  }

  /** The epoch that demands can be about now. */
  get asked(): AskedEpoch | undefined {
    const { pending } = this
    return pending && { books: pending.books, closedAtMs: pending.closedAtMs, parent: this.final?.books }
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

  placeOf(account: LeafAccount): Hex {
    return bytesToHex(leafPlace(this.crypto, account))
  }

  private leaves(when: 'opening' | 'closing'): LeafTrie {
    return (when === 'opening' ? this.final : this.pending)?.leaves
  }

  private kept(epoch: number): Kept | undefined {
    return [this.pending, this.final].find(kept => kept?.books.epoch === epoch)
  }

  /** Before the epoch's own event, which takes away what is known of the leaves that changed. */
  private close(books: EpochBooks, closedAtMs: number): void {
    const { state, crypto } = this
    const isFirst = state.lastEpoch === undefined
    const changes = isFirst
      ? leavesOf(state).map(leaf => this.changeOf(leaf.account, leaf))
      : [...state.leavesBefore.keys()].map(account => this.changeOf(account, leafOf(state, account)))
    const leaves = withLeaves(crypto, isFirst ? undefined : this.final?.leaves, changes)
    const { hash, sum } = trieNode(crypto, leaves)
    if (bytesToHex(hash) !== books.leavesRoot || sum !== books.leavesTotalMicrocredits) {
      throw new ArchiveRootError(books, bytesToHex(hash))
    }
    this.pending = { books, closedAtMs, leaves }
    this.forget()
  }

  private changeOf(account: LeafAccount, leaf: Leaf | undefined) {
    const holds: EntryTree = account.startsWith('0x') ? this.state.heldOrders.get(account as Hex) : undefined
    return { account, leaf, holds }
  }

  private finalise(epoch: number): void {
    if (this.pending?.books.epoch !== epoch) return
    this.final = this.pending
    this.pending = undefined
    this.orders.forget(this.final.books.journalPosition)
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
