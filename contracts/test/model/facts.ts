/** What is compared after a step, as the model has it and as the contracts have it. */
import { totalBelow } from '../../model/inbox.ts'
import { freeBond, hindrance } from '../../model/settlement.ts'
import type { State } from '../../model/state.ts'
import { EPOCH_STATUS, WEI_PER_MICROCREDIT } from '../support/constants.ts'
import { GENESIS_MICROCREDITS, MODEL_GENESIS } from './leaves.ts'
import { addressOf, wei } from './names.ts'
import { PURSE_WEI, parties, START_WEI, type TwinChain } from './twin-chain.ts'

/** Amounts in wei, times in seconds of the chain. */
export type Facts = {
  readonly at: bigint
  readonly head: bigint
  readonly lastEpoch: bigint
  readonly finalEpoch: bigint
  readonly finalisedAt: bigint
  readonly inboxCount: bigint
  readonly inboxTotal: bigint
  readonly isExit: boolean
  readonly bond: bigint
  readonly freeBond: bigint
  readonly holdings: bigint
  /** What each party has in its wallet and its purse. */
  readonly wealth: readonly (readonly [string, bigint])[]
  readonly epochs: readonly { id: bigint; status: number; finalAt: bigint; openDemands: number }[]
}

/** How many epochs from the newest down are looked at; older ones are looked at while they are not final. */
const EPOCHS_LOOKED_AT = 3

/** What a state of the model says the chain must show. Must be called before the game goes on. */
export function factsOfModel(chain: TwinChain, state: State, posterBond: number, now: number): Facts {
  const genesisWei = state.isExit ? 0n : (GENESIS_MICROCREDITS - BigInt(MODEL_GENESIS)) * WEI_PER_MICROCREDIT
  const ids: number[] = []
  for (
    let id = Math.max(1, Math.min(state.finalEpoch, state.lastEpoch - EPOCHS_LOOKED_AT));
    id <= state.lastEpoch;
    id++
  )
    ids.push(id)
  return {
    at: chain.timeOf(now),
    head: BigInt(state.head),
    lastEpoch: BigInt(state.lastEpoch),
    finalEpoch: BigInt(state.finalEpoch),
    finalisedAt: state.finalEpoch === 0 ? 0n : chain.timeOf(state.finalisedAt),
    inboxCount: BigInt(state.inbox.length + 1),
    inboxTotal: BigInt(totalBelow(state, state.inbox.length) - MODEL_GENESIS) + GENESIS_MICROCREDITS,
    isExit: state.isExit,
    bond: wei(state.bond),
    freeBond: wei(freeBond(state)),
    holdings: wei(state.holdings) + genesisWei,
    wealth: parties.map(name => [name, wealthOf(state, name, posterBond)]),
    epochs: ids.map(id => epochFacts(chain, state, id, now)),
  }
}

/** Wallet and purse together. */
function wealthOf(state: State, name: string, posterBond: number): bigint {
  const deposited = state.inbox
    .filter(({ kind, account }) => kind === 'Deposit' && account === name)
    .reduce((sum, { amount }) => sum + amount, 0)
  const gained = (state.received.get(name) ?? 0) + (state.purse.get(name) ?? 0)
  return START_WEI + PURSE_WEI + wei(gained) - wei(deposited) - (name === 'poster' ? wei(posterBond) : 0n)
}

function epochFacts(chain: TwinChain, state: State, id: number, now: number): Facts['epochs'][number] {
  const epoch = state.epochs.get(id)
  if (epoch === undefined) throw new RangeError(`the model has no epoch ${id}`)
  const openDemands = state.demands.filter(({ epoch: of, status }) => of === id && status === 'Open').length
  const waiting = hindrance(state, epoch, now) === undefined ? EPOCH_STATUS.final : EPOCH_STATUS.pending
  const statuses = { Pending: waiting, Cancelled: EPOCH_STATUS.cancelled, Finalised: EPOCH_STATUS.finalised }
  return { id: BigInt(id), status: statuses[epoch.status], finalAt: chain.timeOf(epoch.finalAt), openDemands }
}

type Read = {
  readAt: bigint
  head: bigint
  lastEpoch: bigint
  finalEpoch: bigint
  finalisedAt: bigint
  inboxCount: bigint
  inboxTotalMicrocredits: bigint
  isExit: boolean
  bondWei: bigint
  freeBondWei: bigint
  heldWei: bigint
  balancesWei: readonly bigint[]
  pursesWei: readonly bigint[]
  epochs: readonly { status: number; finalAt: bigint; openDemands: number }[]
}

/** What the chain shows of the same epochs. */
export async function factsOfChain(chain: TwinChain, abi: readonly unknown[], expected: Facts): Promise<Facts> {
  const ids = expected.epochs.map(({ id }) => id)
  const { addresses } = chain
  const args = [addresses.disputes, parties.map(addressOf), ids]
  const read = await chain.read<Read>(addresses.facts, abi, 'read', args)
  return {
    at: read.readAt,
    head: read.head,
    lastEpoch: read.lastEpoch,
    finalEpoch: read.finalEpoch,
    finalisedAt: read.finalEpoch === 0n ? 0n : read.finalisedAt,
    inboxCount: read.inboxCount,
    inboxTotal: read.inboxTotalMicrocredits,
    isExit: read.isExit,
    bond: read.bondWei,
    freeBond: read.freeBondWei,
    holdings: read.heldWei - read.bondWei,
    wealth: parties.map((name, i) => [name, (read.balancesWei[i] ?? 0n) + (read.pursesWei[i] ?? 0n)]),
    epochs: read.epochs.map((epoch, i) => ({ id: ids[i] as bigint, ...epoch })),
  }
}
