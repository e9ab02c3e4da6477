import { type Hex, type LedgerCrypto, lowerHex, zeroHash } from '@deparrow/ledger'
import { type AccountView, type StatementStruct, viewAccount } from '../disputes/account-view.ts'
import { revealedTrees } from '../disputes/answer.ts'
import type { EpochArchive } from '../disputes/epoch-archive.ts'
import type { JudgedEpoch } from './judge-authority.ts'
import { movementsByKey, type OwnMovement } from './movements.ts'
import { type ShownTree, shownTree } from './shown-tree.ts'
import type { EpochView, OwnBooks, RevealedRecord } from './view.ts'

/** An epoch under watch: what the chain shows of it, and what the journal gives, looked up by account. */
export class WatchCase {
  readonly archive: EpochArchive
  readonly crypto: LedgerCrypto
  readonly judged: JudgedEpoch
  private readonly stated: ReadonlyMap<Hex, StatementStruct>
  private readonly revealed = new Map<string, RevealedRecord[]>()
  private readonly views = new Map<Hex, AccountView>()
  private movements: ReadonlyMap<Hex, OwnMovement> | undefined

  constructor(
    readonly view: EpochView,
    readonly own: OwnBooks,
  ) {
    const { archive } = own
    this.archive = archive
    this.crypto = archive.crypto
    const { posted, parent, inbox } = view
    const domain = archive.domain ?? { chainId: 0, verifyingContract: `0x${'00'.repeat(20)}` as const }
    this.judged = { crypto: archive.crypto, domain, posted, parent, inbox }
    this.stated = new Map(view.stated.map(({ place, statement }) => [lowerHex(place), normal(statement)]))
    for (const record of view.revealed) {
      const key = `${lowerHex(record.place)}/${record.tree}`
      this.revealed.set(key, [...(this.revealed.get(key) ?? []), record])
    }
  }

  get epoch(): number {
    return this.view.posted.epoch
  }

  /** An account as the journal has it. */
  ownAt(place: Hex): AccountView {
    const known = this.views.get(place)
    if (known !== undefined) return known
    const view = viewAccount(this.archive, place)
    this.views.set(place, view)
    return view
  }

  /** What the poster has stated of an account; `undefined` before. */
  statementAt(place: Hex): StatementStruct | undefined {
    return this.stated.get(place)
  }

  /** What was revealed of a tree of an account; `undefined` when not even its top was. */
  shownAt(place: Hex, tree: (typeof revealedTrees)[number]): { readonly tree: ShownTree } | undefined {
    const records = this.revealed.get(`${place}/${revealedTrees.indexOf(tree)}`) ?? []
    return shownTree(this.crypto, tree === 'leaves' ? 'leaves' : 'entries', records)
  }

  shownLeaves(): { readonly tree: ShownTree } | undefined {
    return this.shownAt(zeroHash, 'leaves')
  }

  /** The movement that the journal has under a key. */
  movement(key: Hex): OwnMovement | undefined {
    this.movements ??= movementsByKey(this.archive)
    return this.movements.get(key)
  }

  /** Inbox items that the epoch covers and its parent does not. */
  itemsHere(): EpochView['inbox'] {
    const { inbox, parent, posted } = this.view
    return inbox.filter(({ index }) => index >= parent.inboxCut && index < posted.inboxCut)
  }
}

/** Hashes of events may be of any case. */
function normal({ opening, closing, root, sum }: StatementStruct): StatementStruct {
  const leaf = (given: StatementStruct['opening']) => {
    return { ...given, lanesRoot: lowerHex(given.lanesRoot), holdsRoot: lowerHex(given.holdsRoot) }
  }
  return { opening: leaf(opening), closing: leaf(closing), root: lowerHex(root), sum }
}
