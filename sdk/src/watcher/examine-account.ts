import {
  type Address,
  type EntryTree,
  entryNode,
  findEntry,
  type Hex,
  inboxKey,
  type LeafAccount,
  laneKey,
  payablePrefix,
} from '@deparrow/ledger'
import { type AccountView, entryProof, type StatementStruct, viewAccount } from '../disputes/account-view.ts'
import type { EntryProofStruct } from '../disputes/structs.ts'
import type { WatchCase } from './case.ts'
import { differencesOf, type HiddenDifference, type OwnTree, type TreeDifferences } from './compare-trees.ts'
import { faultsOf, isOfNetwork } from './faults.ts'
import { forcedMessage, movementShownBy, type OwnMovement } from './movements.ts'
import { proveShown } from './prove-shown.ts'
import type { ShownEnd } from './shown-tree.ts'
import {
  type Want,
  wantCounterpart,
  wantDeposit,
  wantEntry,
  wantForced,
  wantHold,
  wantLane,
  wantReveal,
  wantStatement,
} from './wants.ts'

const halfBits = 64n
const halfMask = 2n ** halfBits - 1n

/**
 * What to ask about an account whose leaf, rows or journal are not right: its statement; then its trees towards what differs from the journal; then what
 * differs itself, which an honest poster's journal would have had. Nothing is left to ask when all of it is answered.
 */
export function examineAccount(watched: WatchCase, place: Hex, loss: bigint): readonly Want[] {
  const { archive, own } = watched
  const account = archive.accountAt(place)
  if (account !== undefined && isOfNetwork(account)) return []
  const faults = own.isSound || account === undefined ? [] : faultsOf(watched, account).map(({ want }) => want)
  const stated = watched.statementAt(place)
  if (stated === undefined) return [...faults, wantStatement(watched.epoch, place, loss)]
  const about: Examined = { watched, account, place, loss, stated, own: viewAccount(archive, place) }
  return [...faults, ...entryWants(about), ...holdWants(about), ...laneWants(about), ...forcedWants(about)]
}

type Examined = {
  readonly watched: WatchCase
  /** `undefined` when the journal does not know who stands there. */
  readonly account: LeafAccount | undefined
  readonly place: Hex
  /** What its leaf lacks. */
  readonly loss: bigint
  readonly stated: StatementStruct
  readonly own: AccountView
}

export function entryReader({ crypto }: WatchCase): OwnTree<EntryTree> {
  return {
    node: tree => entryNode(crypto, tree),
    keyOf: tree => (tree !== undefined && 'key' in tree ? tree.key : undefined),
    halves: tree => (tree !== undefined && 'left' in tree ? [tree.left, tree.right] : undefined),
  }
}

/** The differences of one of an account's trees, or what to reveal to see them. */
function treeDifferences(
  { watched, place }: Examined,
  tree: 'entries' | 'holds' | 'lanes',
  own: EntryTree,
  lossOf: (hidden: HiddenDifference) => bigint,
  loss = 0n,
): TreeDifferences & { readonly wants: readonly Want[] } {
  const shown = watched.shownAt(place, tree)
  if (shown === undefined) {
    const top = wantReveal(watched.epoch, place, tree, { path: `0x${'00'.repeat(32)}`, bits: 0 }, loss)
    return { keys: [], hidden: [], wants: [top] }
  }
  const differences = differencesOf(shown.tree, own, entryReader(watched))
  const wants = differences.hidden.map(hidden => wantReveal(watched.epoch, place, tree, hidden, lossOf(hidden)))
  return { ...differences, wants }
}

function entryWants(about: Examined): readonly Want[] {
  const { watched, stated, own, place } = about
  if (stated.root === own.statement.root) return []
  const { keys, wants } = treeDifferences(about, 'entries', own.entries, entryLoss, about.loss)
  const found = keys.flatMap(({ key, shown }) => {
    const theirs = shownValueOf(shown)
    const mine = findEntry(own.entries, key)?.value ?? 0n
    const [debit, credit] = [theirs & halfMask, theirs >> halfBits]
    const more = debit - (mine & halfMask)
    const debits = more > 0n ? [wantEntry(watched.epoch, place, key, more), ...paidOut(about, key)] : []
    return credit < mine >> halfBits ? [...debits, ...creditWants(about, key)] : debits
  })
  return [...found, ...wants]
}

/** What an account loses below a branch: debits more than the journal's, credits less. */
function entryLoss({ shown, own }: HiddenDifference): bigint {
  const debits = (shown.sum & halfMask) - (own.sum & halfMask)
  const credits = (own.sum >> halfBits) - (shown.sum >> halfBits)
  return (debits > 0n ? debits : 0n) + (credits > 0n ? credits : 0n)
}

/** The ground on which a credit of the journal that the statement lacks can be demanded, if there is one. */
function creditWants(about: Examined, key: Hex): readonly Want[] {
  const { watched, account, place } = about
  const item = watched.itemsHere().find(({ index }) => inboxKey(watched.crypto, index) === key)
  if (item?.kind === 'deposit' && item.account === account) {
    return [wantDeposit(watched.epoch, place, key, item.index, item.amountMicrocredits)]
  }
  if (item?.kind === 'forcedWithdrawal') return counterpartWants(about, key, item.account, forcedMessage(item.index))
  const movement = watched.movement(key)
  return movement === undefined ? [] : counterpartWants(about, key, movement.debtor, movement.message)
}

/** The credit that belongs to a debit of the debtor's statement, which has to be stated, and revealed on the way to the key, to show it. */
function counterpartWants(
  { watched, place }: Examined,
  key: Hex,
  debtor: OwnMovement['debtor'],
  message: OwnMovement['message'],
): readonly Want[] {
  const { archive, epoch, crypto } = watched
  const debtorPlace = archive.placeOf(debtor)
  const stated = watched.statementAt(debtorPlace)
  if (stated === undefined) return [wantStatement(epoch, debtorPlace, 0n)]
  const own = viewAccount(archive, debtorPlace)
  const credited = (proof: EntryProofStruct, value: bigint) => {
    const least = value & halfMask
    return least === 0n ? [] : [wantCounterpart(epoch, { place, key, least }, message, stated, proof)]
  }
  if (stated.root === own.statement.root) {
    return credited(entryProof(crypto, own.entries, key), findEntry(own.entries, key)?.value ?? 0n)
  }
  const shown = watched.shownAt(debtorPlace, 'entries')
  const proven = proveShown(shown, key)
  if ('hidden' in proven) return [wantReveal(epoch, debtorPlace, 'entries', proven.hidden, 0n)]
  return proven.value === undefined ? [] : credited(proven.proof, proven.value)
}

/**
 * A payout that its owner signed must have arrived where it waits for a row. Which message it is, and for an instruction at which position, only the
 * answer that allowed the debit tells: the contracts take any position, also one that no journal has.
 */
function paidOut(about: Examined, key: Hex): readonly Want[] {
  const { watched, place } = about
  const { archive, view } = watched
  const shown = view.shownDebits?.find(debit => debit.key === key)
  const movement = shown && movementShownBy(shown.evidence)
  if (movement === undefined || !movement.creditor.startsWith(payablePrefix)) return []
  const wallet = movement.creditor.slice(payablePrefix.length) as Address
  if (archive.placeOf(wallet) !== place) return []
  const creditor = { ...about, account: movement.creditor, place: archive.placeOf(movement.creditor) }
  return counterpartWants(creditor, key, wallet, movement.message)
}

function holdWants(about: Examined): readonly Want[] {
  const { watched, stated, own, place } = about
  if (stated.closing.holdsRoot === own.statement.closing.holdsRoot) return []
  const lossOf = ({ shown, own: mine }: HiddenDifference) => (shown.sum > mine.sum ? shown.sum - mine.sum : 0n)
  const { keys, wants } = treeDifferences(about, 'holds', own.closing.holds, lossOf)
  const found = keys.flatMap(({ key, shown }) => {
    if (shown === undefined) return []
    const value = shownValueOf(shown)
    const isSettled = own.entry(key) !== undefined
    return [isSettled ? wantEntry(watched.epoch, place, key, value) : wantHold(watched.epoch, place, key, value)]
  })
  return [...found, ...wants]
}

/**
 * A lane below its opening nonce; and where a lane only lags behind the journal's, the entries and holds whose nonces it does not count, which would be
 * fresh once more.
 */
function laneWants(about: Examined): readonly Want[] {
  const { watched, stated, own, place } = about
  if (stated.closing.lanesRoot === own.statement.closing.lanesRoot) return []
  const { keys, wants } = treeDifferences(about, 'lanes', own.closing.lanes, () => 0n)
  const found = keys.flatMap(({ key, shown }) => {
    const opening = findEntry(own.opening.lanes, key)
    const nonce = shown === undefined ? undefined : shownValueOf(shown)
    if (opening !== undefined && (nonce === undefined || nonce < opening.value)) {
      return [wantLane(watched.epoch, place, key)]
    }
    return uncounted(about, key, nonce ?? -1n)
  })
  return [...found, ...wants]
}

function uncounted({ watched, account, place, own }: Examined, lane: Hex, nonce: bigint): readonly Want[] {
  const { archive, epoch, crypto } = watched
  if (account === undefined || isOfNetwork(account)) return []
  const entries = (archive.statement(account)?.entries ?? []).filter(({ evidence }) => {
    const spend = evidence === undefined ? undefined : laneOf(evidence)
    return spend !== undefined && laneKey(crypto, spend.signer, spend.lane) === lane && spend.nonce > nonce
  })
  const holds = [...holdKeys(own.closing.holds)].filter(key => {
    const open = archive.orders.find(key)
    if (open === undefined || findEntry(own.opening.holds, key) !== undefined) return false
    const wallet = open.kind === 'job' ? open.order.message.payer : open.order.message.wallet
    const signer = open.permission?.message.delegate ?? wallet
    return laneKey(crypto, signer, open.order.message.lane) === lane && open.order.message.nonce > nonce
  })
  return [
    ...entries.map(({ key, debitMicrocredits }) => wantEntry(epoch, place, key, debitMicrocredits)),
    ...holds.map(key => wantHold(epoch, place, key, 0n)),
  ]
}

type Evidence = NonNullable<ReturnType<AccountView['entry']>>['evidence']

function laneOf(
  evidence: NonNullable<Evidence>,
): { readonly signer: Address; readonly lane: number; readonly nonce: bigint } | undefined {
  const delegate = 'permission' in evidence ? evidence.permission?.message.delegate : undefined
  switch (evidence.kind) {
    case 'transfer':
      return { ...evidence.transfer.message, signer: delegate ?? evidence.transfer.message.from }
    case 'purchase':
      return { ...evidence.purchase.message, signer: delegate ?? evidence.purchase.message.wallet }
    case 'redemption':
      return { ...evidence.redemption.message, signer: evidence.redemption.message.debtor }
    case 'withdrawal':
      return { ...evidence.withdrawal.message, signer: evidence.withdrawal.message.wallet }
    case 'job':
      return { ...evidence.order.message, signer: delegate ?? evidence.order.message.payer }
    case 'escrow':
      return { ...evidence.order.message, signer: delegate ?? evidence.order.message.wallet }
    default:
      return undefined
  }
}

function* holdKeys(tree: EntryTree): Generator<Hex> {
  if (tree === undefined) return
  if ('key' in tree) yield tree.key
  else {
    yield* holdKeys(tree.left)
    yield* holdKeys(tree.right)
  }
}

/** Forced withdrawals of a wallet that has something available left and was not debited what it asked for. */
function forcedWants({ watched, account, place, stated, own }: Examined): readonly Want[] {
  if (stated.closing.available === 0n) return []
  return watched.itemsHere().flatMap(item => {
    if (item.kind !== 'forcedWithdrawal' || item.account !== account) return []
    const key = inboxKey(watched.crypto, item.index)
    const asked = item.askedMicrocredits ?? 0n
    const debit = (findEntry(own.entries, key)?.value ?? 0n) & halfMask
    const isShown = stated.root === own.statement.root && debit === asked
    return isShown ? [] : [wantForced(watched.epoch, place, key, item.index, asked)]
  })
}

function shownValueOf(shown: ShownEnd | undefined): bigint {
  return shown === undefined ? 0n : BigInt(shown.rest)
}
