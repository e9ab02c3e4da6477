import { type Address, lowerHex } from '@deparrow/ledger'
import {
  type EpochView,
  endingCalls,
  type NodeJob,
  planEpoch,
  planPushes,
  type WatchCall,
  type WatchPlan,
} from '@deparrow/sdk/watcher'
import { formatEther, maxUint256 } from 'viem'
import { type ChainCall, chainCall, type DisputesContract } from '../chain/contracts.ts'
import { JournalUnfitError } from '../chain/journal-archive.ts'
import { answered, type SettlementChain } from '../chain/open-settlement.ts'
import type { SendOutcome, TransactionSender } from '../chain/transaction-sender.ts'
import { errorText, type NodeLog } from '../daemon/node-log.ts'
import { type ChainSight, ChainWatch } from './chain-sight.ts'
import type { JournalFollower } from './journal-follower.ts'
import { agree } from './rpc-agreement.ts'

export type EpochWatchParts = {
  /** The same contracts by one or several RPCs. */
  readonly chains: readonly SettlementChain[]
  readonly journal: JournalFollower
  readonly me: Address
  /** Sends by one of the chains; without it nothing is sent, and what would be is said. */
  readonly sender: Pick<TransactionSender, 'send'> | undefined
  readonly log: NodeLog
  /** Blocks that must hold what is looked at. */
  readonly confirmations: number
  /** Up to what the purse is filled when demands need it, in wei; 0 leaves it alone. */
  readonly purseWei: bigint
  readonly patienceSeconds?: number | undefined
  readonly acceptances?: EpochView['acceptances']
  /** Wallets whose credits are demanded, and messages to them that are at hand. */
  readonly guarded?: EpochView['guarded']
  readonly credits?: EpochView['credits']
  /** Jobs of nodes whose duties the watch has, of which the certificates ended after a time in seconds, or have not ended. */
  readonly jobs?: (endedAfter: number) => readonly NodeJob[]
}

/** How a look ended. */
export type LookResult = {
  /** Epochs that are not what the journal gives, or that nothing could be held to. */
  readonly wrong: readonly number[]
  readonly unknown: readonly number[]
  /** Wrong epochs about which nothing was sent and nothing is under way. */
  readonly helpless: readonly number[]
  readonly pending: number
  readonly sent: number
}

/** Longer than an inbox item can wait for the epoch that covers it: D, and the slack of a day. */
const pushWaitSeconds = 3 * 24 * 3_600

/** What the contracts say when somebody else, or this watcher before, has done what was to be done. */
const doneAlready: ReadonlySet<string> = new Set([
  'DemandKnown',
  'StatementKnown',
  'DemandNotOpen',
  'EpochNotPending',
  'RoundNotLower',
  'ReceiptKnown',
])

/**
 * Watches all pending epochs of one deployment. Each look begins with nothing but chain and journal, so that the process may end anywhere and another go
 * on. What was said before is not said again until it changes.
 */
export class EpochWatch {
  private readonly said = new Map<string, string>()
  private readonly sights = new Map<SettlementChain, ChainWatch>()

  constructor(private readonly parts: EpochWatchParts) {}

  /** Looks once, and sends what is to be sent. Throws `NETWORK_UNREACHABLE` when no RPC answers, `JOURNAL_FOREIGN`, `ANSWER_INVALID`. */
  async look(signal?: AbortSignal): Promise<LookResult> {
    const { chains, confirmations } = this.parts
    const { chain, blockNumber, alarms } = await agree(chains, confirmations)
    this.raise('rpc', alarms)
    const sight = await this.sightOf(
      chain ?? (chains[0] as SettlementChain),
      chain === undefined ? undefined : blockNumber,
    )
    await this.readJournal(signal)
    const result = { wrong: [] as number[], unknown: [] as number[], helpless: [] as number[], pending: 0, sent: 0 }
    const jobs = this.jobsSince(sight)
    result.sent += await this.sendAll(this.pushes(jobs, sight), signal)
    for (const seen of sight.views) {
      const view = { ...seen, jobs }
      const plan = await this.fundedPlan(view, sight, signal)
      const sent = await this.sendAll(plan.calls, signal)
      result.sent += sent
      if (view.posted.status !== 'pending') continue
      const { epoch } = view.posted
      result.pending += 1
      if (plan.verdict === 'wrong') result.wrong.push(epoch)
      if (plan.verdict === 'unknown' || plan.verdict === 'waiting') result.unknown.push(epoch)
      const isUnderWay = view.demands.some(({ state }) => state === 'open')
      if (plan.verdict === 'wrong' && sent === 0 && !isUnderWay) result.helpless.push(epoch)
    }
    return result
  }

  /** What to do about an epoch, after the purse was filled for it. What would only be said needs no purse. */
  private async fundedPlan(view: Omit<EpochView, 'own'>, sight: ChainSight, signal?: AbortSignal): Promise<WatchPlan> {
    const isDry = this.parts.sender === undefined
    const plan = await this.planOf(isDry ? { ...view, purseWei: maxUint256 } : view, sight, signal)
    if (view.posted.status !== 'pending') return plan
    this.sayPlan(view.posted.epoch, plan)
    const filledWei = plan.missingWei === 0n ? 0n : await this.fillPurse(view, plan.missingWei, signal)
    return filledWei === 0n ? plan : this.planOf({ ...view, purseWei: view.purseWei + filledWei }, sight, signal)
  }

  /** Jobs that a pending epoch may still owe something to: a push of theirs waits for its epoch for D and the contract's slack of a day at most. */
  private jobsSince({ nowSeconds, views }: ChainSight): readonly NodeJob[] {
    const { jobs } = this.parts
    if (jobs === undefined) return []
    const oldest = views.reduce((least, { parent }) => Math.min(least, parent.closedAt || nowSeconds), nowSeconds)
    return jobs(oldest - pushWaitSeconds)
  }

  /** Receipts that the ledger does not take while there is time. */
  private pushes(jobs: readonly NodeJob[], { nowSeconds, parameters, inbox }: ChainSight): readonly WatchCall[] {
    const { acceptances = [], journal } = this.parts
    const taken = new Set([
      ...inbox.flatMap(({ digest }) => digest ?? []),
      ...acceptances.flatMap(({ acceptance }) => (acceptance.isAccepted ? lowerHex(acceptance.digest) : [])),
      ...journal.settledReceipts,
    ])
    return planPushes({ jobs, nowSeconds, inboxAgeSeconds: parameters.inboxAgeSeconds, taken })
  }

  private async sightOf(chain: SettlementChain, blockNumber: bigint | undefined): Promise<ChainSight> {
    const number = blockNumber ?? (await answered(chain.rpcOrigin, () => chain.client.getBlockNumber({ cacheTime: 0 })))
    const known = this.sights.get(chain)
    const watch = known ?? new ChainWatch(chain, chain.disputes as DisputesContract, this.parts.me)
    this.sights.set(chain, watch)
    const sight = await watch.look(number)
    if (sight.isForked) this.say('warn', 'CHAIN_FORKED', 'The chain took many blocks back; everything was read again.')
    return sight
  }

  private async readJournal(signal: AbortSignal | undefined): Promise<void> {
    const { journal, chains } = this.parts
    try {
      const how = await journal.advance(signal)
      if (how === 'rewritten')
        this.say('warn', 'JOURNAL_REWRITTEN', 'The journal is another one than before; it was read again.')
      this.said.delete('journal')
    } catch (error) {
      signal?.throwIfAborted()
      this.sayOnce('journal', 'warn', 'JOURNAL_UNREACHABLE', `The journal does not answer: ${errorText(error)}`)
    }
    const { config, problem } = journal
    const [first] = chains
    const isOwn = config?.settlement === first?.settlement.address && config?.chainId === first?.chain.id
    if (config !== undefined && !isOwn) throw foreign(config.settlement)
    if (problem === undefined) return
    const said = `Event ${problem.position} of the journal ${problem.problem}.`
    this.sayOnce('problem', 'error', 'JOURNAL_UNSOUND', said)
  }

  private async planOf(view: Omit<EpochView, 'own'>, sight: ChainSight, signal?: AbortSignal): Promise<WatchPlan> {
    const { journal, patienceSeconds, acceptances, guarded, credits } = this.parts
    const isPending = view.posted.status === 'pending'
    const own = isPending ? await journal.ownBooks(view.posted, sight.inbox, signal) : undefined
    return planEpoch({
      ...view,
      own,
      ...(patienceSeconds !== undefined && { patienceSeconds }),
      ...(acceptances !== undefined && { acceptances }),
      ...(guarded !== undefined && { guarded }),
      ...(credits !== undefined && { credits }),
    })
  }

  private sayPlan(epoch: number, { verdict, findings }: WatchPlan): void {
    if (verdict === 'right')
      this.sayOnce(`epoch ${epoch}`, 'info', 'EPOCH_RIGHT', `Epoch ${epoch} is what the journal gives.`)
    for (const { code, message } of findings) {
      if (code === 'PURSE_TOO_SMALL') continue
      this.sayOnce(`epoch ${epoch} ${code} ${message}`, 'error', code, sentence(message))
    }
  }

  /** Answers how many were sent. What nobody knows the end of is asked of the chain with the next look, before anything else is sent. */
  private async sendAll(calls: readonly WatchCall[], signal: AbortSignal | undefined): Promise<number> {
    const { sender } = this.parts
    let sent = 0
    for (const call of calls) {
      const what = describe(call)
      if (sender === undefined) {
        this.sayOnce(what, 'info', 'WOULD_SEND', `Would send ${what}.`)
        continue
      }
      signal?.throwIfAborted()
      const outcome = await this.send(sender, this.contractCall(call), signal)
      if (outcome.status === 'confirmed') sent += 1
      this.sayOutcome(what, outcome)
      const hasEnded = outcome.status === 'confirmed' && endingCalls.has(call.functionName)
      if (outcome.status === 'unknown' || hasEnded) break
    }
    return sent
  }

  /** Errors of the chain say where it was asked, which may carry an access key. */
  private send(sender: Pick<TransactionSender, 'send'>, call: ChainCall, signal?: AbortSignal): Promise<SendOutcome> {
    return answered((this.parts.chains[0] as SettlementChain).rpcOrigin, () => sender.send(call, signal))
  }

  private contractCall({ contract, functionName, args }: WatchCall) {
    const { disputes, receipts, settlement } = this.parts.chains[0] as SettlementChain
    const contracts = { disputes, disputedReceipts: receipts, settlement }
    const { address, abi } = contracts[contract] as DisputesContract
    return { address, abi, functionName, args: args as readonly unknown[] }
  }

  private sayOutcome(what: string, outcome: SendOutcome): void {
    if (outcome.status === 'confirmed') {
      this.say('info', 'SENT', `Sent ${what}: transaction ${outcome.transactionHash}.`)
    } else if (outcome.status === 'unknown') {
      this.say(
        'warn',
        'OUTCOME_UNKNOWN',
        `What became of ${what} is not known yet: transaction ${outcome.transactionHash}.`,
      )
    } else if (!doneAlready.has(outcome.code)) {
      this.sayOnce(
        what,
        'error',
        outcome.code,
        `${sentence(what)} was refused: ${outcome.code} ${outcome.args.join(' ')}`,
      )
    }
  }

  /** Fills the purse out of the wallet, as far as the operator allows and the wallet has it. Answers by how much, in wei. */
  private async fillPurse(view: Omit<EpochView, 'own'>, missingWei: bigint, signal?: AbortSignal): Promise<bigint> {
    const { purseWei, sender, chains, me } = this.parts
    const { client, rpcOrigin, token, disputes: found } = chains[0] as SettlementChain
    const disputes = found as DisputesContract
    const balance = { ...token, functionName: 'balanceOf', args: [me] } as const
    const heldWei = await answered(rpcOrigin, () => client.readContract(balance))
    const allowedWei = purseWei > view.purseWei ? purseWei - view.purseWei : 0n
    const amountWei = allowedWei < heldWei ? allowedWei : heldWei
    if (amountWei === 0n || sender === undefined) {
      const said = `The purse holds ${dpc(view.purseWei)} and lacks ${dpc(missingWei)} for demands; the wallet holds ${dpc(heldWei)}, of which --purse lets ${dpc(allowedWei)} be taken.`
      this.sayOnce('purse', 'error', 'PURSE_TOO_SMALL', said)
      return 0n
    }
    for (const call of [
      chainCall(token, 'approve', [disputes.address, amountWei]),
      chainCall(disputes, 'fund', [amountWei]),
    ]) {
      const outcome = await this.send(sender, call, signal)
      if (outcome.status === 'confirmed') continue
      const code = 'code' in outcome ? outcome.code : 'OUTCOME_UNKNOWN'
      this.sayOnce('purse', 'error', 'PURSE_NOT_FILLED', `${dpc(amountWei)} did not get into the purse: ${code}.`)
      return 0n
    }
    this.say('info', 'PURSE_FILLED', `Put ${dpc(amountWei)} into the purse.`)
    return amountWei
  }

  private raise(about: string, alarms: readonly { readonly code: string; readonly message: string }[]): void {
    for (const key of this.said.keys()) {
      if (key.startsWith(`${about} `) && !alarms.some(({ message }) => key === `${about} ${message}`))
        this.said.delete(key)
    }
    for (const { code, message } of alarms) this.sayOnce(`${about} ${message}`, 'warn', code, sentence(message))
  }

  private sayOnce(key: string, level: 'info' | 'warn' | 'error', code: string, message: string): void {
    if (this.said.get(key) === message) return
    this.said.set(key, message)
    this.say(level, code, message)
  }

  private say(level: 'info' | 'warn' | 'error', code: string, message: string): void {
    this.parts.log({ level, code, message })
  }
}

function dpc(wei: bigint): string {
  return `${formatEther(wei)} DPC`
}

function describe({ functionName, demand, receipt }: WatchCall): string {
  const about = demand ?? receipt
  return about === undefined ? functionName : `${functionName} ${lowerHex(about)}`
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}

function foreign(settlement: Address): JournalUnfitError {
  return new JournalUnfitError('JOURNAL_FOREIGN', `it is of the settlement contract ${settlement}`)
}
