import assert from 'node:assert/strict'
import {
  type Address,
  type Domain,
  type Entry,
  type EventOf,
  type Hex,
  type LedgerEvent,
  type LedgerEventData,
  type Signed,
  type Transfer,
  transferType,
  typedDataDigest,
  type Withdrawal,
  withdrawalType,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { Random } from '../simulation/engine/random.ts'
import { balancesOf } from './owed.ts'
import type { Person } from './person.ts'

/** An event that the ledger never decided. */
export type Draft = LedgerEventData & { readonly entries: readonly Entry[]; readonly commandId: string }

/** What a dishonest poster makes of the honest journal, so that the sums of its books still fit. */
export type Forgery = {
  /** In place of the journal's own events, by position. */
  readonly replaced: ReadonlyMap<number, Draft>
  /** After the last event that the epoch covers. */
  readonly added: readonly Draft[]
}

/** The honest books that are altered. */
export type Scene = {
  /** Everything up to the epoch's position. */
  readonly events: readonly LedgerEvent[]
  readonly parentPosition: number
  readonly domain: Domain
  readonly random: Random
  readonly agents: readonly Person[]
  /** Gets what is stolen, and signs whatever is wanted. */
  readonly thief: Person
  readonly deadline: bigint
}

/** A wallet loses most of what it has to the thief, under a signature that is not its own. */
export function stolenBalance(scene: Scene): Forgery {
  const victim = scene.random.pick(scene.agents).address
  return { replaced: new Map(), added: [takenFrom(scene, victim)] }
}

/** A payee that withdrew nothing gets a row, out of a balance that somebody else had. */
export function inventedPayout(scene: Scene): Forgery {
  const victim = scene.random.pick(scene.agents).address
  const payee = registeredPayee(scene, victim)
  const taken = takenFrom(scene, victim, payee)
  const message: Withdrawal = {
    wallet: payee,
    amountMicrocredits: amountOf(taken),
    lane: forgedLane,
    nonce: 1n,
    deadline: scene.deadline,
  }
  const withdrawal: Signed<Withdrawal> = scene.thief.sign(scene.domain, withdrawalType, message)
  const paid: Draft = {
    type: 'PayoutScheduled',
    data: { wallet: payee, amountMicrocredits: message.amountMicrocredits, withdrawal },
    entries: moved(`wallet:${payee}`, `payable:${payee}`, message.amountMicrocredits),
    commandId: typedDataDigest(ledgerCrypto, scene.domain, withdrawalType, message),
  }
  return { replaced: new Map(), added: [taken, paid] }
}

/** A transfer of an earlier epoch is debited once more: the sender really signed it, and its lane stands at its nonce. */
export function duplicateEntry(scene: Scene): Forgery {
  const newest = new Map<string, EventOf<'CreditsTransferred'>>()
  for (const event of scene.events) {
    const lane = laneOf(event)
    if (lane === undefined) continue
    if (event.type === 'CreditsTransferred' && event.position <= scene.parentPosition) newest.set(lane, event)
    else newest.delete(lane)
  }
  const repeated = scene.random.pick([...newest.values()])
  const { type, data, entries, commandId } = repeated
  return { replaced: new Map(), added: [{ type, data, entries, commandId }] }
}

/** A job that was settled is not: its hold stands on, and the node has nothing. */
export function missingReceipt(scene: Scene, orderDigest: Hex): Forgery {
  const settled = scene.events.find(event => event.type === 'JobSettled' && event.data.orderDigest === orderDigest)
  assert.ok(settled !== undefined && settled.position > scene.parentPosition)
  const { commandId, position } = settled
  const refused: Draft = {
    type: 'CommandRefused',
    data: { refusal: { code: 'NO_RECEIPT', orderDigest } },
    entries: [],
    commandId,
  }
  return { replaced: new Map([[position, refused]]), added: [] }
}

/** Jobs of the epoch whose pay still lies where the job put it, so that books without it are still right. */
export function unspentJobs({ events, parentPosition }: Scene): readonly Hex[] {
  const jobs = new Map<Address, Hex>()
  for (const event of events) {
    if (event.position <= parentPosition) continue
    if (event.type === 'JobSettled' && event.data.earnedMicrocredits > 0n)
      jobs.set(event.data.payoutWallet, event.data.orderDigest)
    if (event.type === 'PayoutScheduled') jobs.delete(event.data.wallet)
  }
  return [...jobs.values()]
}

/** Of no message that the run's people sign. */
const forgedLane = 7

function takenFrom({ events, thief, domain, deadline }: Scene, victim: Address, to = thief.address): Draft {
  const amountMicrocredits = ((balancesOf(events).get(`wallet:${victim}`) ?? 0n) * 9n) / 10n
  assert.ok(amountMicrocredits > 0n)
  const message: Transfer = { from: victim, to, amountMicrocredits, lane: forgedLane, nonce: 1n, deadline }
  return {
    type: 'CreditsTransferred',
    data: { transfer: thief.sign(domain, transferType, message) },
    entries: moved(`wallet:${victim}`, `wallet:${to}`, amountMicrocredits),
    commandId: typedDataDigest(ledgerCrypto, domain, transferType, message),
  }
}

function registeredPayee({ events, random, agents }: Scene, victim: Address): Address {
  const wallets = new Set(agents.map(({ address }) => address))
  const payees = events.flatMap(event => {
    const isOther = event.type === 'PayeeRegistered' && event.data.wallet !== victim && wallets.has(event.data.wallet)
    return isOther ? [event.data.wallet] : []
  })
  return random.pick(payees)
}

function amountOf(draft: Draft): bigint {
  return draft.type === 'CreditsTransferred' ? draft.data.transfer.message.amountMicrocredits : 0n
}

function moved(from: Entry['account'], to: Entry['account'], amountMicrocredits: bigint): readonly Entry[] {
  return [
    { account: from, amountMicrocredits: -amountMicrocredits },
    { account: to, amountMicrocredits },
  ]
}

/** Whose lane a payment used, when the wallet itself signed it. */
function laneOf(event: LedgerEvent): string | undefined {
  if (event.type === 'CreditsTransferred' && event.data.spend === undefined) {
    const { from, lane } = event.data.transfer.message
    return `${from}:${lane}`
  }
  if (event.type !== 'ServiceBought') return undefined
  const { wallet, lane } = event.data.purchase.message
  return `${wallet}:${lane}`
}
