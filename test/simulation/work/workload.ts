import type { LedgerCommand } from '@deparrow/ledger'
import type { Random } from '../engine/random.ts'
import { conflictMakers } from './conflict-makers.ts'
import { jobMakers } from './job-makers.ts'
import { ruleMakers } from './rule-makers.ts'
import { spendMakers } from './spend-makers.ts'
import type { Maker, Work } from './work.ts'

/** Commands that are sent again come from the newest so many. */
const rememberedMax = 400

/** How much of each kind there is, before a seed moves it. */
const shares: Readonly<Record<string, number>> = {
  transfer: 14,
  purchase: 6,
  withdraw: 4,
  openEscrow: 6,
  captureEscrow: 4,
  releaseEscrow: 2,
  issueIou: 4,
  redeemIou: 4,
  defaultIou: 2,
  order: 12,
  assign: 14,
  releaseAssignment: 2,
  cancel: 3,
  releaseHold: 2,
  receipt: 12,
  settle: 3,
  registerNode: 3,
  grantPermission: 3,
  revokePermission: 1,
  changeConfig: 1,
  grantCredits: 2,
  uptimeBonus: 1,
  referralBonus: 1,
  recordReferral: 1,
  instructPayouts: 1,
  payByInstruction: 1,
  inboxAgain: 0.5,
  epochAgain: 0.5,
  finalAgain: 0.5,
  payeeAgain: 0.5,
  claimAgain: 0.5,
  assignAgain: 1,
  clearingAgain: 0.5,
}

const makers: Readonly<Record<string, Maker>> = { ...spendMakers, ...jobMakers, ...ruleMakers, ...conflictMakers }

/** Kinds without which nothing else can happen. */
const needed: ReadonlySet<string> = new Set(['transfer', 'order', 'registerNode'])

/** An endless series of commands by everybody, right and wrong, new and repeated. Each seed leaves out some kinds and favours others. */
export class Workload {
  private readonly random: Random
  private readonly weighted: readonly { readonly make: Maker; readonly upTo: number }[]
  private readonly sent: LedgerCommand[] = []
  private readonly repeatShare: number
  private readonly linkShare: number

  constructor(private readonly work: Work) {
    this.random = work.random
    this.repeatShare = this.random.next() * 0.2
    this.linkShare = this.random.next() * 0.08
    let upTo = 0
    this.weighted = Object.entries(shares).flatMap(([name, share]) => {
      const make = makers[name]
      if (make === undefined || (!needed.has(name) && this.random.chance(0.1))) return []
      upTo += share * (0.3 + 1.4 * this.random.next())
      return [{ make, upTo }]
    })
  }

  next(): LedgerCommand {
    const isRepeated = this.sent.length > 0 && this.random.chance(this.repeatShare)
    if (isRepeated) return this.sent.at(-1 - this.random.zipf(this.sent.length)) as LedgerCommand
    const command = this.random.chance(this.linkShare) ? this.link() : this.make()
    if (this.sent.push(command) > rememberedMax) this.sent.shift()
    return command
  }

  private make(): LedgerCommand {
    for (;;) {
      const point = this.random.next() * (this.weighted.at(-1)?.upTo ?? 0)
      const command = this.weighted.find(({ upTo }) => point < upTo)?.make(this.work)
      if (command !== undefined) return command
    }
  }

  private link(): LedgerCommand {
    const commands = Array.from({ length: this.random.between(2, 4) }, () => this.make())
    return { type: 'Link', commands }
  }
}
