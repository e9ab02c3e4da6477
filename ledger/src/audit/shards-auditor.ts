import type { ClearingCredit, ClearingDelivery } from '../clearing/clearing.ts'
import { type Hex, zeroHash } from '../hex.ts'
import { decodeEvent } from '../journal/codec.ts'
import type { LedgerConfig } from '../journal/config.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import { Auditor } from './auditor.ts'

/** What is wrong, with the shard and the event that shows it. */
export type ShardFinding = { readonly shard: number; readonly position: number; readonly problem: string }

/** All shards together at a consistent cut, in µcr: reserve = owed + in flight. */
export type ShardsCut = {
  readonly positions: readonly number[]
  readonly reserveMicrocredits: bigint
  /** Everything owed to wallets, holds, payouts, burn and budgets in all shards. */
  readonly owedMicrocredits: bigint
  /** Sent by one shard and not taken by the other yet. */
  readonly inFlightMicrocredits: bigint
}

/**
 * Follows the journals of all shards of one ledger, each in its own order, in whatever order between them. Each shard is judged by its own
 * {@link Auditor}; and every sending that a shard takes must be one that the other made: once, in order, with the same credits,
 * position and hash.
 */
export class ShardsAuditor {
  private readonly auditors: readonly Auditor[]
  private readonly sent = new Map<string, ClearingDelivery>()
  private readonly taken = new Map<string, { readonly delivery: ClearingDelivery; readonly position: number }>()
  private opened: LedgerConfig | undefined

  constructor(crypto: LedgerCrypto, shardCount: number) {
    this.auditors = Array.from({ length: shardCount }, () => new Auditor(crypto))
  }

  /** The first thing that is wrong with a shard's next event, or `undefined`. After a finding the auditor's own books are worthless. */
  follow(shard: number, event: LedgerEvent, payload: string, hash: Hex): ShardFinding | undefined {
    const auditor = this.auditors[shard]
    if (auditor === undefined) return { shard, position: event.position, problem: 'is of a shard that does not exist' }
    const problem =
      auditor.follow(event, payload, hash)?.problem ??
      this.openingProblem(shard, event) ??
      this.sendingProblem(shard, event, hash) ??
      this.takingProblem(event)
    return problem === undefined ? undefined : { shard, position: event.position, problem }
  }

  /** How far the auditor has followed a shard. */
  head(shard: number): { readonly position: number; readonly hash: Hex } {
    return this.auditors[shard]?.head() ?? { position: 0, hash: zeroHash }
  }

  /** Balances of a shard by account name, in µcr. */
  balances(shard: number): ReadonlyMap<string, bigint> {
    return this.auditors[shard]?.balances() ?? new Map()
  }

  /** One of them, in µcr; 0 for an account that never moved. */
  balance(shard: number, account: string): bigint {
    return this.auditors[shard]?.balance(account) ?? 0n
  }

  /**
   * The sums over all shards where they stand now, or why they do not stand at a consistent cut: an event takes what another shard
   * has not sent yet.
   */
  cut(): ShardsCut | ShardFinding {
    const [early] = this.taken.values()
    if (early !== undefined) {
      const { fromShard, toShard, sequence } = early.delivery
      const problem = `takes sending ${sequence} of shard ${fromShard}, which that shard’s journal does not hold`
      return { shard: toShard, position: early.position, problem }
    }
    const sums = { reserve: 0n, owed: 0n, clearing: 0n }
    for (const auditor of this.auditors) {
      for (const [account, balance] of auditor.balances()) sums[kindOf(account)] += balance
    }
    const inFlightMicrocredits = [...this.sent.values()].reduce((total, { credits }) => total + totalOf(credits), 0n)
    const positions = this.auditors.map(auditor => auditor.head().position)
    if (sums.clearing !== inFlightMicrocredits || sums.reserve !== sums.owed + inFlightMicrocredits) {
      const problem = `reserve ${sums.reserve} µcr, owed ${sums.owed} µcr, clearing ${sums.clearing} µcr, in flight ${inFlightMicrocredits} µcr`
      return { shard: 0, position: positions[0] ?? 0, problem }
    }
    return { positions, reserveMicrocredits: sums.reserve, owedMicrocredits: sums.owed, inFlightMicrocredits }
  }

  private openingProblem(shard: number, event: LedgerEvent): string | undefined {
    if (event.type !== 'LedgerOpened') return undefined
    const { config } = event.data
    if (config.shard !== shard || config.shardCount !== this.auditors.length) {
      return `opens shard ${config.shard} of ${config.shardCount}, expected ${shard} of ${this.auditors.length}`
    }
    this.opened ??= config
    const other = sameEverywhere.find(field => this.opened?.[field] !== config[field])
    return other && `opens a shard of another ledger: its ${other} differs`
  }

  private sendingProblem(fromShard: number, event: LedgerEvent, fromHash: Hex): string | undefined {
    for (const sending of event.clearing ?? []) {
      const delivery = { ...sending, fromShard, fromPosition: event.position, fromHash }
      const key = keyOf(delivery)
      const taken = this.taken.get(key)
      if (taken === undefined) this.sent.set(key, delivery)
      else if (!isSame(taken.delivery, delivery)) return `sends otherwise than shard ${sending.toShard} took it`
      else this.taken.delete(key)
    }
    return undefined
  }

  private takingProblem(event: LedgerEvent): string | undefined {
    if (event.type !== 'ClearingReceived') return undefined
    const delivery = event.data
    const key = keyOf(delivery)
    const sent = this.sent.get(key)
    if (sent === undefined) this.taken.set(key, { delivery, position: event.position })
    else if (!isSame(sent, delivery)) return `takes otherwise than shard ${delivery.fromShard} sent it`
    else this.sent.delete(key)
    return undefined
  }
}

/** Audits whole journals, one for each shard by its number, which together must be a consistent cut. */
export function auditShards(
  crypto: LedgerCrypto,
  journals: readonly (readonly StoredEvent[])[],
): ShardsCut | ShardFinding {
  const auditor = new ShardsAuditor(crypto, journals.length)
  for (const [shard, journal] of journals.entries()) {
    for (const stored of journal) {
      const finding = auditor.follow(shard, decodeEvent(stored), stored.payload, stored.hash)
      if (finding !== undefined) return finding
    }
  }
  return auditor.cut()
}

const sameEverywhere = ['chainId', 'settlement', 'genesisHash', 'ledgerSigner', 'treasurer'] as const

function keyOf({ fromShard, toShard, sequence }: ClearingDelivery): string {
  return `${fromShard}:${toShard}:${sequence}`
}

function isSame(a: ClearingDelivery, b: ClearingDelivery): boolean {
  const isSameCredit = (credit: ClearingCredit, index: number) =>
    credit.account === b.credits[index]?.account && credit.amountMicrocredits === b.credits[index]?.amountMicrocredits
  return (
    a.fromPosition === b.fromPosition &&
    a.fromHash === b.fromHash &&
    a.credits.length === b.credits.length &&
    a.credits.every(isSameCredit) &&
    a.caused?.node === b.caused?.node &&
    a.caused?.feeMicrocredits === b.caused?.feeMicrocredits &&
    a.caused?.isCompleted === b.caused?.isCompleted
  )
}

function kindOf(account: string): 'reserve' | 'clearing' | 'owed' {
  if (account === 'reserve') return 'reserve'
  return account.startsWith('clearing:') ? 'clearing' : 'owed'
}

function totalOf(credits: readonly ClearingCredit[]): bigint {
  return credits.reduce((total, credit) => total + credit.amountMicrocredits, 0n)
}
