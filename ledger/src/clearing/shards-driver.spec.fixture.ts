import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Address, type Hex, zeroHash } from '../hex.ts'
import type { LedgerAnswer, LedgerCommand } from '../journal/command.ts'
import { homeShard } from '../journal/config.ts'
import { noPayouts } from '../journal/state.ts'
import { jobOutcomes } from '../receipt/usage-receipt.ts'
import { Actor, digestOfOrder, testStartMs } from '../testing/actors.ts'
import type { TestLedger } from '../testing/test-ledger.ts'
import { actorAt, TestShards } from '../testing/test-shards.ts'
import { noClearing } from './clearing.ts'

/** What may happen next: to the ledger, to the clock, to the service that carries sendings between two shards. */
const kinds = [
  ...(['deposit', 'transfer', 'transfer', 'link', 'order', 'order', 'job', 'job', 'release', 'cancel'] as const),
  ...([
    'withdraw',
    'instruct',
    'payByInstruction',
    'payee',
    'closeEpoch',
    'final',
    'claim',
    'wrongShard',
    'wait',
  ] as const),
  ...(['carry', 'carry', 'carry', 'carry', 'again', 'early', 'crash'] as const),
] as const

export const step = fc.record({
  kind: fc.constantFrom(...kinds),
  actor: fc.nat(100),
  other: fc.nat(100),
  amount: fc.bigInt(1n, 2_000_000n),
  pick: fc.nat(1_000),
})

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Carries what one shard sends to another; all that it knows is lost in a crash, after which it begins where the receiver says. */
type Carrier = { readonly fromShard: number; readonly toShard: number; sequence: number }

/** Drives several shards with steps that are mostly possible and sometimes not; the auditors follow each event. */
export class ShardsDriver {
  readonly shards: TestShards
  /** Σ of what came in from the chain less what went out to it, in µcr. */
  expectedReserve = 0n
  private readonly wallets: readonly Actor[]
  private readonly nodes = [new Actor(11), new Actor(12)] as const
  private readonly carriers: readonly Carrier[]
  private readonly orders: { readonly digest: Hex; readonly shard: number }[] = []
  private nonce = 0n

  constructor(shardCount: number) {
    this.shards = new TestShards(shardCount)
    const numbers = [...this.shards.shards.keys()]
    this.wallets = numbers.flatMap(shard => [actorAt(shard, shardCount), actorAt(shard, shardCount, 1)])
    const pairs = numbers.flatMap(fromShard => numbers.map(toShard => ({ fromShard, toShard })))
    const others = pairs.filter(({ fromShard, toShard }) => fromShard !== toShard)
    this.carriers = [...others, ...others].map(pair => ({ ...pair, sequence: 0 }))
    for (const { address } of this.wallets) this.deposit(address)
    this.shards.clear()
    for (const node of this.nodes) {
      const registration = node.registration({ payoutWallet: this.wallet(this.nodes.indexOf(node)).address })
      for (const shard of this.shards.shards) shard.accept({ type: 'RegisterNode', registration })
    }
  }

  run(next: Step): void {
    if (next.kind === 'wait') {
      for (const [shard, ledger] of this.shards.shards.entries()) ledger.nowMs += next.pick * (1_000 + shard)
    } else if (next.kind === 'carry' || next.kind === 'again' || next.kind === 'early' || next.kind === 'crash') {
      this.carry(next.kind, this.carriers[next.pick % this.carriers.length] as Carrier, next.actor)
    } else {
      const { shard, command } = this.command(next)
      this.count(command, this.shards.submit(shard, command))
    }
  }

  private deposit(wallet: Address): void {
    this.shards.at(0).deposit(wallet, 3_000_000n)
    this.expectedReserve += 3_000_000n
  }

  private carry(kind: 'carry' | 'again' | 'early' | 'crash', carrier: Carrier, amount: number): void {
    const { fromShard, toShard } = carrier
    const last = this.shards.at(toShard).state.clearingReceived.get(fromShard) ?? noClearing
    if (kind === 'crash') {
      carrier.sequence = last.sequence
      return
    }
    const back = kind === 'again' ? amount % 4 : 0
    const ahead = kind === 'early' ? 1 + (amount % 3) : 0
    const after = Math.max(0, carrier.sequence - back) + ahead
    for (const delivery of this.shards.sendings(fromShard, toShard, after).slice(0, 1 + (amount % 5))) {
      const { sequence } = delivery
      const expected = (this.shards.at(toShard).state.clearingReceived.get(fromShard) ?? noClearing).sequence + 1
      const answer = this.shards.submit(toShard, { type: 'ReceiveClearing', ...delivery })
      const isTaken = answer.status === 'accepted' && answer.repeated === sequence < expected
      const isOutOfOrder = answer.status === 'refused' && answer.refusal.code === 'CLEARING_OUT_OF_ORDER'
      assert.ok(sequence > expected ? isOutOfOrder : isTaken, `sending ${sequence}, expected ${expected}`)
      if (isTaken) carrier.sequence = Math.max(carrier.sequence, sequence)
    }
  }

  private command(next: Step): { readonly shard: number; readonly command: LedgerCommand } {
    const wallet = this.wallet(next.actor)
    const home = homeShard(wallet.address, this.shards.shardCount)
    if (next.kind === 'wrongShard') {
      const command = this.spend({ ...next, kind: 'transfer' }, wallet)
      return { shard: (home + 1 + (next.pick % (this.shards.shardCount - 1))) % this.shards.shardCount, command }
    }
    const job = this.job(next)
    if (job !== undefined) return job
    const fact = this.fact(next, wallet)
    return fact === undefined ? { shard: home, command: this.spend(next, wallet) } : { shard: 0, command: fact }
  }

  /** A command that some wallet signs. */
  private spend({ kind, other, amount, pick }: Step, wallet: Actor): LedgerCommand {
    const deadline = this.deadline()
    const fields = { amountMicrocredits: amount, nonce: ++this.nonce, deadline }
    const to = this.wallet(other).address
    switch (kind) {
      case 'order': {
        const bidMicrocredits = pick % 3 === 0 ? amount : 0n
        const order = wallet.order({ nonce: this.nonce, deadline, maxPriceMicrocredits: amount, bidMicrocredits })
        this.orders.push({ digest: digestOfOrder(order), shard: homeShard(wallet.address, this.shards.shardCount) })
        return { type: 'OpenHold', order }
      }
      case 'withdraw':
        return { type: 'WithdrawCredits', withdrawal: wallet.withdrawal(fields) }
      case 'instruct': {
        const terms = { nonce: this.nonce, minimumMicrocredits: amount, expires: deadline }
        return { type: 'InstructPayouts', instruction: wallet.instruction(terms) }
      }
      case 'payByInstruction':
        return { type: 'PayByInstruction', wallet: wallet.address }
      case 'link': {
        const first = wallet.transfer({ to: this.otherThan(wallet, to), ...fields })
        const second = wallet.transfer({ to: this.otherThan(wallet, to, 1), ...fields, nonce: ++this.nonce })
        const commands = [first, second].map(transfer => ({ type: 'TransferCredits', transfer }) as const)
        return { type: 'Link', commands }
      }
      default:
        return { type: 'TransferCredits', transfer: wallet.transfer({ to, ...fields }) }
    }
  }

  /** The next step of a job, wherever its hold is. */
  private job({ kind, actor, pick, amount }: Step) {
    if (kind !== 'job' && kind !== 'release' && kind !== 'cancel') return undefined
    const { digest, shard } = this.orders[pick % Math.max(1, this.orders.length)] ?? { digest: zeroHash, shard: 0 }
    const hold = this.shards.at(shard).state.holds.get(digest)
    const node = this.nodes[(hold?.attempts ?? 0) % 2 === 0 ? 0 : 1]
    const attempt = hold?.attempts ?? 1
    if (kind === 'cancel') {
      const payer = this.wallets.find(wallet => wallet.address === hold?.payer) ?? this.wallet(actor)
      const cancellation = payer.cancellation(digest, { deadline: this.deadline() })
      return { shard, command: { type: 'CancelOrder', cancellation } as const }
    }
    if (kind === 'release') {
      return {
        shard,
        command: { type: 'ReleaseAssignment', release: this.assigned(hold).release(digest, attempt) } as const,
      }
    }
    if (hold?.received !== undefined) return { shard, command: { type: 'SettleJob', orderDigest: digest } as const }
    if (hold?.assignment === undefined) {
      const next = (hold?.attempts ?? 0) + 1
      return { shard, command: { type: 'AssignHold', orderDigest: digest, node: node.address, attempt: next } as const }
    }
    const outcome = jobOutcomes[pick % jobOutcomes.length] ?? 'completed'
    const endedAtMs = BigInt(testStartMs + pick * 10)
    const usage = { outcome, attempt, sequence: ++this.nonce, endedAtMs, memoryBytesPeak: amount }
    return { shard, command: { type: 'ReceiveReceipt', receipt: this.assigned(hold).receipt(digest, usage) } as const }
  }

  /** What the chain says, as the reserve's shard expects it next. */
  private fact({ kind, actor, amount }: Step, { address: wallet }: Actor): LedgerCommand | undefined {
    const { state } = this.shards.at(0)
    const place = { transactionHash: zeroHash, blockNumber: BigInt(state.position), logIndex: 0 }
    switch (kind) {
      case 'deposit': {
        const item = { index: state.inboxCount, account: wallet, amountMicrocredits: amount, place }
        return { type: 'RecordInboxItem', kind, ...item }
      }
      case 'payee':
        return { type: 'RecordPayee', wallet, id: (actor % this.wallets.length) + 1 }
      case 'closeEpoch':
        return { type: 'CloseEpoch', epoch: (state.lastEpoch?.epoch ?? 0) + 1 }
      case 'final': {
        const burnMicrocredits = state.lastEpoch?.burnMicrocredits ?? 0n
        return { type: 'RecordEpochFinal', epoch: state.lastEpochFinal + 1, burnMicrocredits, place }
      }
      case 'claim': {
        const owed = [...state.payouts].filter(
          ([, payouts]) => payouts.postedMicrocredits > payouts.claimedMicrocredits,
        )
        const [payee, payouts] = owed[actor % Math.max(1, owed.length)] ?? [wallet, noPayouts]
        const cumulativeMicrocredits = payouts.postedMicrocredits
        const paidMicrocredits = cumulativeMicrocredits - payouts.claimedMicrocredits
        return { type: 'RecordClaim', wallet: payee, paidMicrocredits, cumulativeMicrocredits, place }
      }
      default:
        return undefined
    }
  }

  private count(command: LedgerCommand, answer: LedgerAnswer): void {
    if (answer.status !== 'accepted' || answer.repeated) return
    if (command.type === 'RecordInboxItem') this.expectedReserve += command.amountMicrocredits
    if (command.type === 'RecordEpochFinal') this.expectedReserve -= command.burnMicrocredits
    if (command.type === 'RecordClaim') this.expectedReserve -= command.paidMicrocredits
  }

  private assigned(hold: ReturnType<TestLedger['state']['holds']['get']>): Actor {
    return this.nodes.find(node => node.address === hold?.assignment?.node) ?? this.nodes[0]
  }

  private wallet(number: number): Actor {
    return this.wallets[number % this.wallets.length] as Actor
  }

  private otherThan(wallet: Actor, address: Hex, skip = 0): Hex {
    const others = this.wallets.filter(other => other !== wallet)
    const found = others.findIndex(other => other.address === address)
    return (others[(Math.max(0, found) + skip) % others.length] as Actor).address
  }

  private deadline(): bigint {
    const nowMs = Math.min(...this.shards.shards.map(shard => shard.nowMs))
    return BigInt(Math.floor(nowMs / 1000) + 500)
  }
}
