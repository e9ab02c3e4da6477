import type { Clock, EventStore, LedgerCrypto, ShardFinding } from '@deparrow/ledger'
import { PollLoop, type Wait } from '../poll-loop.ts'
import type { EventBus } from '../relay/event-bus.port.ts'
import type { AuditOptions } from './audit-options.ts'
import { AuditedJournals } from './audited-journals.ts'
import { BusLeg } from './bus-leg.ts'
import { type AuditedChain, ChainLeg } from './chain-leg.ts'
import type { AuditLeg, AuditLegReport, LedgerAuditReport, LedgerAuditView } from './ledger-audit.port.ts'
import { type AlarmListener, LegState } from './leg-state.ts'
import { type AuditedReadModel, ReadModelLeg } from './read-model-leg.ts'

/** What is audited. A leg that is left out is not configured. */
export type AuditSources = {
  readonly store: Pick<EventStore, 'read' | 'head'>
  /** The name of each shard's journal in the store and on the bus, by the shard's number. */
  readonly journals: readonly string[]
  readonly readModel?: AuditedReadModel
  readonly bus?: Pick<EventBus, 'follow'>
  readonly chain?: AuditedChain
}

export type LedgerAuditParts = {
  readonly sources: AuditSources
  readonly crypto: LedgerCrypto
  readonly clock: Clock
  readonly wait: Wait
  readonly options: AuditOptions
  readonly alarms: AlarmListener
}

/** The shard whose journal has what happens on chain. */
const reserveShard = 0

type Leg = { readonly state: LegState; readonly loops: readonly PollLoop[]; lag(): number }

/**
 * Follows the journals with the independent auditor and compares, all the time and at common positions: the fold of the events with the projections,
 * with the fold of what is on the bus, and with the settlement contract. Each leg runs by itself, so that one that is slow or away
 * keeps no other from being compared.
 */
export class LedgerAudit implements LedgerAuditView {
  private readonly journals: AuditedJournals
  private readonly stopping = new AbortController()
  private readonly legs: readonly Leg[]
  private readonly eventStates: readonly LegState[]
  private readonly eventLoop: PollLoop
  private haltedUntilMs = 0
  private earlyBefore: ShardFinding | undefined

  constructor(private readonly parts: LedgerAuditParts) {
    const { sources, crypto, wait, options } = parts
    const { store, journals, readModel, bus, chain } = sources
    this.journals = new AuditedJournals({ store, journals, crypto, wait, options })
    const shards = journals.map((_, shard) => shard)
    this.eventStates = shards.map(shard => this.stateOf('events', shard))
    this.eventLoop = this.loop(signal => this.audit(signal), options.compareIntervalMs)
    this.legs = [
      ...(readModel === undefined ? [] : shards.map(shard => this.readModelLeg(shard, readModel))),
      ...(bus === undefined ? [] : shards.map(shard => this.busLeg(shard, bus))),
      ...(chain === undefined ? [] : [this.chainLeg(chain)]),
    ]
  }

  start(): void {
    this.eventLoop.start()
    for (const { loops } of this.legs) for (const loop of loops) loop.start()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await Promise.all([this.eventLoop, ...this.legs.flatMap(({ loops }) => loops)].map(loop => loop.stop()))
  }

  report(): LedgerAuditReport {
    const legs = this.parts.sources.journals.flatMap((_, shard) => this.shardReports(shard))
    const alarms = legs.flatMap(({ alarm }) => (alarm === undefined ? [] : [alarm]))
    return { isOk: alarms.length === 0, legs, alarms }
  }

  private shardReports(shard: number): readonly AuditLegReport[] {
    const compared = (['readModel', 'bus', 'chain'] as const)
      .filter(leg => leg !== 'chain' || shard === reserveShard)
      .map(leg => this.legReport(leg, shard))
    const lag = (this.journals.heads[shard]?.position ?? 0) - this.journals.position(shard)
    const events = this.eventStates[shard]?.report(Math.max(0, lag), this.eventLoop.lastError)
    return events === undefined ? compared : [events, ...compared]
  }

  private legReport(name: AuditLeg, shard: number): AuditLegReport {
    const leg = this.legs.find(({ state }) => state.leg === name && state.shard === shard)
    if (leg === undefined) return notConfigured(name, shard)
    const lag = Math.max(0, leg.lag())
    // A consumer that follows again still has the error that it met before; while nothing is missing, nothing is wrong.
    const error = leg.loops.map(({ lastError }) => lastError).find(each => each !== undefined)
    return leg.state.report(lag, lag > 0 || leg.state.alarm !== undefined ? error : undefined)
  }

  /** Judges what is new. After a finding the journals are left alone for a while, then read again from the beginning. */
  private async audit(signal: AbortSignal): Promise<void> {
    const { journals } = this
    if (journals.finding !== undefined) {
      if (performance.now() < this.haltedUntilMs) return
      await journals.restart()
    }
    await journals.advance(signal)
    const finding = journals.finding ?? this.betweenShards()
    for (const { shard } of this.eventStates) if (finding?.shard !== shard) this.agree(shard)
    if (finding === undefined) return
    this.haltedUntilMs = performance.now() + this.parts.options.restartMs
    const { position, problem } = finding
    this.eventStates[finding.shard]?.differs({
      position,
      account: undefined,
      expected: 'an event as it must be',
      found: problem,
    })
  }

  private agree(shard: number): void {
    const position = this.journals.position(shard)
    this.eventStates[shard]?.agrees(position, this.journals.heads[shard]?.position ?? position)
  }

  /** One journal is read before another: what is taken may be ahead of what was read of its sending, but not in two rounds. */
  private betweenShards(): ShardFinding | undefined {
    if (this.parts.sources.journals.length === 1) return undefined
    const [early, before] = [this.journals.betweenShards(), this.earlyBefore]
    this.earlyBefore = early
    return early !== undefined && early.shard === before?.shard && early.problem === before.problem ? early : undefined
  }

  private readModelLeg(shard: number, readModel: AuditedReadModel): Leg {
    const { options } = this.parts
    const leg = new ReadModelLeg(this.stateOf('readModel', shard), readModel, this.journals, options)
    const loop = this.loop(signal => leg.compare(signal), options.compareIntervalMs)
    return { state: leg.state, loops: [loop], lag: () => this.journals.position(shard) - leg.state.position }
  }

  private busLeg(shard: number, bus: Pick<EventBus, 'follow'>): Leg {
    const { options, sources, crypto } = this.parts
    const journal = sources.journals[shard] ?? ''
    const leg = new BusLeg(this.stateOf('bus', shard), { bus, journal, journals: this.journals, crypto })
    const consume = this.loop(signal => leg.consume(signal), options.compareIntervalMs)
    const compare = this.loop(signal => leg.compare(signal), options.compareIntervalMs)
    return {
      state: leg.state,
      loops: [consume, compare],
      lag: () => this.journals.position(shard) - leg.state.position,
    }
  }

  private chainLeg(chain: AuditedChain): Leg {
    const { blocksPerRequestMax, chainIntervalMs } = this.parts.options
    const parts = { chain, journals: this.journals, blocksPerRequestMax }
    const leg = new ChainLeg(this.stateOf('chain', reserveShard), parts)
    return { state: leg.state, loops: [this.loop(() => leg.compare(), chainIntervalMs)], lag: () => leg.lag }
  }

  private stateOf(leg: AuditLeg, shard: number): LegState {
    return new LegState(leg, shard, this.parts.clock, this.parts.alarms)
  }

  private loop(step: (signal: AbortSignal) => Promise<void>, intervalMs: number): PollLoop {
    const { wait, options } = this.parts
    const { backoffMaxMs } = options
    return new PollLoop({ step: () => step(this.stopping.signal), wait, intervalMs, backoffMaxMs })
  }
}

function notConfigured(leg: AuditLeg, shard: number): AuditLegReport {
  const nothing = { position: 0, lagEvents: 0, lastOkAtMs: undefined, error: undefined, alarm: undefined }
  return { leg, shard, isConfigured: false, ...nothing }
}
