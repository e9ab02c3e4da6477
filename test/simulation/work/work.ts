import {
  type Address,
  homeShard,
  type LedgerCommand,
  type Message,
  type MessageType,
  type Replica,
  type Signed,
} from '@deparrow/ledger'
import type { CheckedJournal } from '../check/journal-check.ts'
import type { Random } from '../engine/random.ts'
import { type Party, parties } from './party.ts'

/** A ledger's state as the code under test folds it. */
export type KnownState = Replica['state']

/** Makes one command, or nothing when there is nothing that it could be about. */
export type Maker = (work: Work) => LedgerCommand | undefined

/** How often a message is made wrong in one of its fields, or signed by somebody else. */
const spoiledShare = 0.15

/**
 * What makers of commands know and share: chance, the time, who there is, which nonces are used up, and what the journals say at this moment,
 * which may be out of date when the command arrives.
 */
export class Work {
  private readonly nonces = new Map<string, bigint>()

  constructor(
    readonly random: Random,
    private readonly clockMs: () => number,
    private readonly journals: readonly CheckedJournal[],
  ) {}

  get shardCount(): number {
    return this.journals.length
  }

  get states(): readonly KnownState[] {
    return this.journals.map(({ replica }) => replica.state)
  }

  /** The state of the shard that keeps the reserve. */
  get reserve(): KnownState {
    return this.stateAt(0)
  }

  /** The later of the clock and the journals' own time, in ms. */
  nowMs(): number {
    return Math.max(this.clockMs(), ...this.states.map(({ atMs }) => atMs))
  }

  /** Unix seconds, so many from now. */
  soon(minSeconds: number, maxSeconds: number): bigint {
    return BigInt(Math.ceil(this.nowMs() / 1_000) + this.random.between(minSeconds, maxSeconds))
  }

  home(wallet: Address): KnownState {
    return this.stateAt(homeShard(wallet, this.shardCount))
  }

  wallet(): Party {
    return this.random.pick(parties.wallets)
  }

  other(than: Party): Party {
    return this.random.pick(parties.wallets.filter(party => party !== than))
  }

  /** Whoever spends for a wallet: mostly the wallet itself, sometimes a delegate, allowed or not. */
  spender(wallet: Party): Party {
    return this.random.chance(0.75) ? wallet : this.random.pick(parties.delegates)
  }

  partyOf(address: Address): Party {
    const all = [...parties.wallets, ...parties.delegates, ...parties.nodes, parties.treasurer]
    return all.find(party => party.address === address) ?? parties.stranger
  }

  lane(): number {
    return this.random.chance(0.7) ? 0 : this.random.between(1, 2)
  }

  /** The next nonce of a lane; now and then one is left out. */
  nonce(signer: Address, wallet: Address, lane: number): bigint {
    const key = `${signer} ${wallet} ${lane}`
    const next = (this.nonces.get(key) ?? 0n) + BigInt(this.random.between(1, 2))
    this.nonces.set(key, next)
    return next
  }

  /** From a millionth of a credit to five credits, small ones as often as large ones. */
  amount(maxCredits = 5): bigint {
    return BigInt(Math.ceil(Math.exp(this.random.next() * Math.log(maxCredits * 1_000_000))))
  }

  /** Signs a message as it is, or after something in it was made wrong. */
  sign<M extends Message>(signer: Party, type: MessageType, message: M): Signed<M> {
    if (!this.random.chance(spoiledShare)) return signer.sign(type, message)
    const who = this.random.chance(0.2) ? this.random.pick([parties.stranger, ...parties.wallets]) : signer
    return who.sign(type, this.spoiled(type, message))
  }

  private spoiled<M extends Message>(type: MessageType, message: M): M {
    const field = this.random.pick(type.fields)
    const value = message[field.name]
    if (field.name === 'deadline') return { ...message, deadline: this.untimely() }
    if (field.name === 'nonce') return { ...message, nonce: 1n }
    if (field.name.endsWith('Microcredits')) return { ...message, [field.name]: this.oddAmount() }
    if (field.type === 'address' && typeof value === 'string' && this.random.chance(0.3)) {
      return { ...message, [field.name]: `0x${value.slice(2).toUpperCase()}` }
    }
    return field.name === 'to' || field.name === 'seller'
      ? { ...message, [field.name]: `0x${'00'.repeat(20)}` }
      : message
  }

  private untimely(): bigint {
    return this.random.chance(0.5) ? this.soon(-700, -1) : this.soon(3_000_000, 9_000_000)
  }

  private oddAmount(): bigint {
    return this.random.pick([0n, 10n ** 15n, 10n ** 15n + 1n, 2n ** 64n - 1n, 900_000_000n])
  }

  private stateAt(shard: number): KnownState {
    const journal = this.journals[shard]
    if (journal === undefined) throw new RangeError(`there is no shard ${shard}`)
    return journal.replica.state
  }
}

/** One of a map's values, or nothing of an empty one. */
export function pickOf<T>(random: Random, values: Iterable<T>): T | undefined {
  const list = [...values]
  return list.length === 0 ? undefined : random.pick(list)
}
