import type { SignedAcceptance } from '../acceptance/acceptance.ts'
import { reserveShard } from '../clearing/home-of-account.ts'
import { type CommandHome, homeOfCommand, shardOf } from '../clearing/home-of-command.ts'
import type { CurrentConfig } from '../config/pending-change.ts'
import type { EpochInclusion } from '../epoch/epoch-tree.ts'
import type { LeafAccount } from '../epoch/leaves.ts'
import type { OpenEscrow } from '../escrow/escrow.ts'
import type { Address, Hex } from '../hex.ts'
import type { SignedHoldCertificate } from '../hold/hold-certificate.ts'
import type { OpenIou } from '../iou/open-iou.ts'
import type {
  Books,
  GrantedPermission,
  JournalReads,
  Ledger,
  LedgerDesk,
  OpenHold,
  WalletBalance,
} from '../ports/ledger.ts'
import type { BonusCommand } from '../rewards/pay-bonus.ts'
import type { LedgerAnswer, LedgerCommand, LinkCommand } from './command.ts'
import { homeShard, type LedgerConfig } from './config.ts'
import type { LedgerRefusal, RefusalCode } from './refusal.ts'

/** An answer with the shard whose positions it names. */
export type ShardedAnswer = LedgerAnswer & { readonly shard: number }

/** By these a shard says that what a command names is not here; another shard may have it. */
const unknownHere: ReadonlySet<RefusalCode> = new Set(['UNKNOWN_JOB', 'UNKNOWN_ESCROW', 'UNKNOWN_IOU'])

/**
 * A ledger of several shards behind one desk: each command goes to the shard that it is for, and reads are put together. A wallet's balance
 * and its holds are in its home shard, its payouts in the reserve's. What is between two shards is in `books().clearing` alone until
 * the other one has taken it. Reads of several shards are of no common moment.
 */
export class ShardedLedger implements LedgerDesk {
  /** The journals of the shards by their number; each has its own positions. */
  readonly journals: readonly JournalReads[]

  /** Takes the shards by their number. Throws {@link ShardOrderError} when one that is open has another number. */
  constructor(private readonly shards: readonly Ledger[]) {
    this.journals = shards
    for (const [shard, ledger] of shards.entries()) {
      const config = ledger.config()
      if (config !== undefined && (config.shard !== shard || config.shardCount !== shards.length)) {
        throw new ShardOrderError({ shard, shardCount: shards.length, config })
      }
    }
  }

  /**
   * Answers as the shard does that the command is for. `OpenLedger` opens each shard under its own number. What every shard must know, such
   * as a node, is told to all of them: the answer is that of the reserve's shard, or the first refusal; sent again it reaches those that missed it.
   */
  async submit(command: LedgerCommand): Promise<ShardedAnswer> {
    if (command.type === 'Link') return this.submitLink(command)
    return this.submitTo(homeOfCommand(command), command)
  }

  hold(orderDigest: Hex): OpenHold | undefined {
    return this.shardOfHold(orderDigest)?.hold(orderDigest)
  }

  escrow(escrow: Hex): OpenEscrow | undefined {
    return firstDefined(this.shards, shard => shard.escrow(escrow))
  }

  iou(iou: Hex): OpenIou | undefined {
    return firstDefined(this.shards, shard => shard.iou(iou))
  }

  balance(wallet: Address): WalletBalance {
    const { payableMicrocredits } = this.shardAt(reserveShard).balance(wallet)
    return { ...this.homeOf(wallet).balance(wallet), payableMicrocredits }
  }

  lastNonce(wallet: Address, lane: number, signer: Address = wallet): bigint | undefined {
    return this.homeOf(wallet).lastNonce(wallet, lane, signer)
  }

  permission(wallet: Address, delegate: Address): GrantedPermission | undefined {
    return this.homeOf(wallet).permission(wallet, delegate)
  }

  permissions(wallet: Address): readonly GrantedPermission[] {
    return this.homeOf(wallet).permissions(wallet)
  }

  pendingSettlements(): readonly Hex[] {
    return this.shards.flatMap(shard => shard.pendingSettlements())
  }

  payoutWallet(node: Address): Address | undefined {
    return this.shardAt(reserveShard).payoutWallet(node)
  }

  async holdCertificate(orderDigest: Hex): Promise<SignedHoldCertificate | undefined> {
    return this.shardOfHold(orderDigest)?.holdCertificate(orderDigest)
  }

  /** Of the shard that decided the command; of a command that every shard decides, of the first. */
  async acceptance(commandId: Hex): Promise<SignedAcceptance | undefined> {
    for (const shard of this.shards) {
      const signed = await shard.acceptance(commandId)
      if (signed !== undefined) return signed
    }
    return undefined
  }

  dueInstructions(): readonly Address[] {
    return this.shards.flatMap(shard => shard.dueInstructions())
  }

  payeesToRegister(): readonly Address[] {
    return this.shardAt(reserveShard).payeesToRegister()
  }

  books(): Books {
    const [first, ...others] = this.shards.map(shard => shard.books())
    return others.reduce(addBooks, first as Books)
  }

  inclusion(account: LeafAccount): EpochInclusion | undefined {
    return this.shardAt(reserveShard).inclusion(account)
  }

  dueBonuses(): readonly BonusCommand[] {
    return this.shardAt(reserveShard).dueBonuses()
  }

  config(): CurrentConfig | undefined {
    return this.shardAt(reserveShard).config()
  }

  private async submitTo(home: CommandHome, command: LedgerCommand): Promise<ShardedAnswer> {
    if (home.of === 'all') return this.submitToAll(command)
    if (home.of === 'id') return this.submitToWhoKnows(home.id, command)
    return this.submitAt(shardOf(home, this.shards.length) ?? reserveShard, command)
  }

  private async submitToAll(command: LedgerCommand): Promise<ShardedAnswer> {
    const answers = await Promise.all(
      this.shards.map((_, shard) => this.submitAt(shard, ofShard(command, shard, this.shards.length))),
    )
    return answers.find(answer => answer.status === 'refused') ?? (answers[reserveShard] as ShardedAnswer)
  }

  /** A shard that does not know an id says so at no cost to its journal; it may also have ended what has the id, and know of it. */
  private async submitToWhoKnows(id: Hex, command: LedgerCommand): Promise<ShardedAnswer> {
    const numbers = [...this.shards.keys()]
    const open = numbers.filter(shard => this.shards[shard]?.hold(id) !== undefined)
    let answer: ShardedAnswer | undefined
    for (const shard of [...open, ...numbers.filter(number => !open.includes(number))]) {
      answer = await this.submitAt(shard, command)
      if (answer.status !== 'refused' || !isUnknownHere(answer.refusal)) return answer
    }
    return answer as ShardedAnswer
  }

  /** Goes where its first command belongs that has one place; a shard refuses what is not its own. */
  private async submitLink(link: LinkCommand): Promise<ShardedAnswer> {
    const homes = link.commands.map(homeOfCommand)
    const home = homes.find(({ of }) => of === 'wallet') ?? homes.find(({ of }) => of === 'id')
    const answer = await this.submitTo(home ?? { of: 'shard', shard: reserveShard }, link)
    const shared = link.commands.filter(command => homeOfCommand(command).of === 'all')
    if (answer.status === 'accepted') await Promise.all(shared.map(command => this.submitToAll(command)))
    return answer
  }

  /** A number that no shard has is refused by the reserve's shard as malformed. */
  private async submitAt(shard: number, command: LedgerCommand): Promise<ShardedAnswer> {
    const number = this.shards[shard] === undefined ? reserveShard : shard
    return { ...(await this.shardAt(number).submit(command)), shard: number }
  }

  private shardOfHold(orderDigest: Hex): Ledger | undefined {
    return this.shards.find(shard => shard.hold(orderDigest) !== undefined)
  }

  private homeOf(wallet: Address): Ledger {
    return this.shardAt(homeShard(wallet, this.shards.length))
  }

  private shardAt(shard: number): Ledger {
    const ledger = this.shards[shard]
    if (ledger === undefined) throw new RangeError(`there is no shard ${shard}`)
    return ledger
  }
}

function ofShard(command: LedgerCommand, shard: number, shardCount: number): LedgerCommand {
  return command.type === 'OpenLedger' ? { ...command, config: { ...command.config, shard, shardCount } } : command
}

/** A link fails for what one of its commands names. */
function isUnknownHere(refusal: LedgerRefusal): boolean {
  return refusal.code === 'LINK_FAILED' ? isUnknownHere(refusal.refusal) : unknownHere.has(refusal.code)
}

function firstDefined<T>(shards: readonly Ledger[], read: (shard: Ledger) => T | undefined): T | undefined {
  for (const shard of shards) {
    const found = read(shard)
    if (found !== undefined) return found
  }
  return undefined
}

function addBooks(a: Books, b: Books): Books {
  return {
    reserve: a.reserve + b.reserve,
    wallets: a.wallets + b.wallets,
    holds: a.holds + b.holds,
    payables: a.payables + b.payables,
    burn: a.burn + b.burn,
    treasury: a.treasury + b.treasury,
    rewards: a.rewards + b.rewards,
    clearing: a.clearing + b.clearing,
    unposted: a.unposted + b.unposted,
  }
}

/** Thrown when the journals of a ledger's shards are put together in another order or number than they were opened in. */
export class ShardOrderError extends Error {
  override readonly name = 'ShardOrderError'
  constructor(found: { shard: number; shardCount: number; config: Pick<LedgerConfig, 'shard' | 'shardCount'> }) {
    super(
      `the journal given as shard ${found.shard} of ${found.shardCount} was opened as shard ${found.config.shard} of ${found.config.shardCount}`,
    )
  }
}
