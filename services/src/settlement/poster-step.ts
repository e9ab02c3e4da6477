import { type Address, type ChainPlace, zeroHash } from '@deparrow/ledger'
import { encodePart, rowsPerPart } from './epoch-parts.ts'
import type { ClosedEpoch } from './journal-index.ts'
import type { ChainEpoch, EpochHeader, PosterView, SettlementCall } from './token-chain.port.ts'

/**
 * Why no epoch is posted until somebody has looked. `EPOCH_DIFFERS`, `EPOCH_FOREIGN`: the chain has an epoch that this journal did not
 * close like this, or not at all. `PARENT_DIFFERS`: the chain's head is not the epoch on which the journal builds. `BOND_TOO_SMALL`: the
 * contract would refuse the epoch until somebody adds to the poster's bond. `POSTER_COIN_LOW`: the poster's account has too little of the chain's coin to register payees or to post an
 * epoch, and to answer for it; answers and whatever else an epoch on chain needs still go out. `EPOCH_UNPROVABLE`: the journal does not give what the epoch says, so that demands on
 * it could not be answered.
 */
export type PosterAlarm =
  | { readonly code: 'EPOCH_FOREIGN'; readonly epoch: number }
  | { readonly code: 'EPOCH_DIFFERS'; readonly epoch: number; readonly field: keyof EpochHeader }
  | { readonly code: 'PARENT_DIFFERS'; readonly epoch: number; readonly parent: number; readonly headEpoch: number }
  | { readonly code: 'BOND_TOO_SMALL'; readonly freeWei: bigint; readonly neededWei: bigint }
  | { readonly code: 'POSTER_COIN_LOW'; readonly coinWei: bigint; readonly neededWei: bigint }
  | { readonly code: 'EPOCH_UNPROVABLE'; readonly epoch: number; readonly problem: string }

/** Why nothing goes out now; it ends by itself. `FEE_TOO_HIGH`: a gas costs more than the poster may pay for what is to be done. */
export type PosterPause = {
  readonly code: 'FEE_TOO_HIGH'
  readonly feePerGasWei: bigint
  readonly feePerGasMaxWei: bigint
}

/** The epoch that the journal takes back. With a journal position it is one that the chain has never had and will never take. */
export type TakeBack = {
  readonly epoch: number
  readonly lastEpoch: number
  readonly headEpoch: number
  readonly place: ChainPlace
  readonly journalPosition?: number
}

/** What is to be done next. `wait`: the chain or the follower has to move first. */
export type PosterStep =
  | { readonly type: 'wait'; readonly pause?: PosterPause }
  | { readonly type: 'close'; readonly epoch: number }
  | { readonly type: 'takeBack'; readonly takeBack: TakeBack }
  | { readonly type: 'call'; readonly call: SettlementCall }
  | { readonly type: 'alarm'; readonly alarm: PosterAlarm }

/** The part of a closed epoch that goes on chain. */
type ClosedToPost = Pick<ClosedEpoch, 'books' | 'closedAtMs'>

const wait: PosterStep = { type: 'wait' }

/** The contract's `LAG_SECONDS_MAX`: an epoch that was closed longer ago is refused. */
const lagSecondsMax = 86_400n

/**
 * Next step for an epoch whose books are closed: it goes to the chain as they are, and no other books are closed before. `isLeftOut`: the
 * contract has refused it because it should have covered an item that the journal has by now; then it will always refuse it.
 */
export function stepOfPending(closed: ClosedToPost, view: PosterView, isLeftOut = false): PosterStep {
  const { books } = closed
  const { epoch } = books
  if (view.epoch.status === 'unknown') return stepOfUnposted(closed, view, isLeftOut)
  const field = differingField(closed, view.epoch)
  if (field !== undefined) return { type: 'alarm', alarm: { code: 'EPOCH_DIFFERS', epoch, field } }
  switch (view.epoch.status) {
    case 'open': {
      const part = view.epoch.rowsPosted / rowsPerPart
      return { type: 'call', call: { type: 'postRows', epoch, rows: encodePart(books, part) } }
    }
    case 'final':
      return { type: 'call', call: { type: 'finalise', epoch } }
    case 'lapsed':
      return stepOfLapsed(epoch, view)
    case 'cancelled':
    case 'pending':
    case 'finalised':
      return wait
  }
}

/** Next step when an epoch is due and none is pending: the books close under the next number. */
export function stepOfDue(epoch: number, view: PosterView): PosterStep {
  if (view.epoch.status === 'lapsed') return stepOfLapsed(epoch, view)
  // The follower takes it from the log.
  if (view.epoch.status === 'cancelled') return wait
  if (view.epoch.status !== 'unknown') return { type: 'alarm', alarm: { code: 'EPOCH_FOREIGN', epoch } }
  return stepWithoutBond(view) ?? { type: 'close', epoch }
}

/** Why a step that costs gas has to wait; `undefined` when it has not. */
export function pauseOn(view: PosterView, feePerGasMaxWei: bigint | undefined): PosterPause | undefined {
  const { feePerGasWei } = view
  if (feePerGasMaxWei === undefined || feePerGasWei <= feePerGasMaxWei) return undefined
  return { code: 'FEE_TOO_HIGH', feePerGasWei, feePerGasMaxWei }
}

/** Registers those of the payees that the contract does not know. */
export function stepOfPayees(view: PosterView, payees: readonly Address[]): PosterStep {
  const accounts = payees.filter(wallet => view.unregistered.includes(wallet))
  return accounts.length > 0 ? { type: 'call', call: { type: 'registerPayees', accounts } } : wait
}

/** The header as the contract takes it. */
export function headerOf({ books, closedAtMs }: ClosedToPost): EpochHeader {
  const { parent, inboxCut, journalPosition, journalHash, burnMicrocredits, leavesRoot, leavesTotalMicrocredits } =
    books
  return {
    parent,
    inboxCut,
    journalPosition,
    closedAt: Math.floor(closedAtMs / 1_000),
    journalHash,
    burnMicrocredits,
    leavesRoot,
    leavesTotalMicrocredits,
    rowCount: books.rows.length,
  }
}

function stepOfUnposted(closed: ClosedToPost, view: PosterView, isLeftOut: boolean): PosterStep {
  const { books } = closed
  const { epoch, parent, journalPosition } = books
  const { headEpoch, lastEpoch } = view
  // The contract numbers epochs by itself: only when the number before was the last will this one get its own.
  if (headEpoch !== parent || lastEpoch !== epoch - 1) {
    return { type: 'alarm', alarm: { code: 'PARENT_DIFFERS', epoch, parent, headEpoch } }
  }
  // By the time of a confirmed block, so that a transaction that is still on its way cannot come in time either.
  const { closedAt } = headerOf(closed)
  if (isLeftOut || view.block.timeSeconds > BigInt(closedAt) + lagSecondsMax) {
    return { type: 'takeBack', takeBack: { epoch, lastEpoch, headEpoch, place: placeOf(view), journalPosition } }
  }
  const unbonded = stepWithoutBond(view)
  if (unbonded !== undefined) return unbonded
  return { type: 'call', call: { type: 'postEpoch', header: headerOf(closed), rows: encodePart(books, 0) } }
}

/** An epoch that was not finished in time: the contract says so by its state, and by a log only when the next one comes. */
function stepOfLapsed(epoch: number, view: PosterView): PosterStep {
  const { lastEpoch, headEpoch } = view
  return { type: 'takeBack', takeBack: { epoch, lastEpoch, headEpoch, place: placeOf(view) } }
}

/** No transaction of its own stands for what a block's time alone has decided. */
function placeOf({ block }: PosterView): ChainPlace {
  return { transactionHash: zeroHash, blockNumber: block.number, logIndex: 0 }
}

function stepWithoutBond({ freeBondWei, epochBondWei }: PosterView): PosterStep | undefined {
  if (freeBondWei >= epochBondWei) return undefined
  return { type: 'alarm', alarm: { code: 'BOND_TOO_SMALL', freeWei: freeBondWei, neededWei: epochBondWei } }
}

function differingField(closed: ClosedToPost, posted: ChainEpoch): keyof EpochHeader | undefined {
  const header = headerOf(closed)
  const fields = Object.keys(header) as (keyof EpochHeader)[]
  return fields.find(field => header[field] !== posted[field])
}
