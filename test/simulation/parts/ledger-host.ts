import type { EventStore } from '@deparrow/ledger'
import {
  JournalLedger,
  type LedgerAnswer,
  type LedgerCommand,
  type LedgerConfig,
  type LedgerCrypto,
  type LedgerEvent,
  type LedgerSigner,
  leaseRenewMs,
  type Snapshot,
  Standby,
  standbyPollMs,
} from '@deparrow/ledger'
import { PollLoop } from '@deparrow/services/testing'
import { nameOf } from '../engine/errors.ts'
import { Machine, type SimProcess } from '../engine/machine.ts'
import type { Sim } from '../engine/sim.ts'
import { SimSnapshotStore, type SnapshotDisk } from '../store/sim-snapshot-store.ts'

export type LedgerHostParts = {
  readonly sim: Sim
  readonly name: string
  /** The journal's name in the store. */
  readonly shard: string
  readonly config: LedgerConfig
  readonly crypto: LedgerCrypto
  readonly signer: LedgerSigner
  readonly store: (process: SimProcess) => EventStore
  readonly onSnapshot: (shard: string, snapshot: Snapshot) => void
}

/** How often the writer looks for holds that have expired, as the ledger's service does. */
const expiryPollMs = 200

const backoffMaxMs = 5_000

const snapshotEveryMs = 25_000

/** Thrown to whoever asks a machine that is not the shard's writer, or not yet. */
export class NotWriterError extends Error {
  override readonly name = 'NotWriterError'
}

/**
 * A machine of one shard: a standby that takes over when it can, or, when it `steals`, a writer that takes the shard at once from whoever
 * has it. When its ledger has closed its process ends, and begins again as a standby.
 */
export class LedgerHost {
  readonly machine: Machine
  /** The ledger of the present process, once it is the writer. */
  ledger: JournalLedger | undefined
  /** Whether the next process takes the shard without asking. */
  steals: boolean
  private readonly disk: SnapshotDisk = { newest: new Map() }

  constructor(
    readonly parts: LedgerHostParts,
    { steals }: { readonly steals: boolean },
  ) {
    this.steals = steals
    this.machine = new Machine(parts.sim, parts.name, process => this.boot(process))
  }

  /** Decides a command, where this machine is the writer. */
  submit(command: LedgerCommand): Promise<LedgerAnswer> {
    const { ledger } = this
    if (ledger === undefined || !this.machine.process.isAlive) return Promise.reject(new NotWriterError())
    return ledger.submit(command)
  }

  private boot(process: SimProcess): void {
    this.ledger = undefined
    process.run('the ledger', async () => {
      const ledger = await this.open(process)
      this.ledger = ledger
      process.sim.note(`${process.name} is the writer from ${ledger.head().position} on`)
      process.sim.count('takeovers')
      if (ledger.config() === undefined) await ledger.submit({ type: 'OpenLedger', config: this.parts.config })
      this.serve(process, ledger)
    })
  }

  private async open(process: SimProcess): Promise<JournalLedger> {
    const { shard, crypto, signer, store, onSnapshot } = this.parts
    const snapshots = new SimSnapshotStore(this.disk, process, onSnapshot)
    const onListenerError = (error: unknown): void => process.judge('a listener of the journal', error)
    const parts = { store: store(process), shard, crypto, clock: process, signer, snapshots, onListenerError }
    if (this.steals) {
      this.steals = false
      return JournalLedger.open(parts)
    }
    const standby = await Standby.open(parts)
    for (;;) {
      const ledger = await standby.step().catch((error: unknown) => process.judge('the standby', error))
      if (ledger) return ledger
      await process.sleep(standbyPollMs)
    }
  }

  /** What the ledger's service does beside answering. */
  private serve(process: SimProcess, ledger: JournalLedger): void {
    const settle = (orderDigest: `0x${string}`): void => {
      ledger.submit({ type: 'SettleJob', orderDigest }).catch((error: unknown) => this.closed(process, error))
    }
    ledger.subscribe(events => {
      for (const event of events) if (event.type === 'ReceiptReceived') settle(digestOf(event))
    })
    for (const orderDigest of ledger.pendingSettlements()) settle(orderDigest)
    const repeat = (intervalMs: number, backoffMaxMs: number, step: () => Promise<void>): void =>
      new PollLoop({ step, wait: process.wait, intervalMs, backoffMaxMs }).start()
    repeat(expiryPollMs, backoffMaxMs, () => ledger.expireHolds().catch(error => this.closed(process, error)))
    repeat(leaseRenewMs, leaseRenewMs, () => this.renew(process, ledger))
    repeat(snapshotEveryMs, snapshotEveryMs, () =>
      ledger.saveSnapshot().catch(error => process.judge('a snapshot', error)),
    )
  }

  private async renew(process: SimProcess, ledger: JournalLedger): Promise<void> {
    const isHeld = await ledger.renewLease().catch((error: unknown) => {
      process.judge('renewing the lease', error)
      return true
    })
    if (!isHeld) process.machine.crash('its lease is lost')
  }

  private closed(process: SimProcess, error: unknown): void {
    process.judge('the ledger', error)
    process.sim.note(`${process.name} hears ${nameOf(error)}`)
  }
}

function digestOf(event: LedgerEvent & { readonly type: 'ReceiptReceived' }): `0x${string}` {
  return event.data.receipt.message.orderDigest
}
