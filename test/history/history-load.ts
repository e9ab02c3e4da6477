import {
  decodeEvent,
  type EventStore,
  FollowingLedger,
  JournalLedger,
  JournalListeners,
  type LedgerAnswer,
  type LedgerCommand,
  type LedgerEvent,
  type LedgerWriter,
  ledgerConfigDefaults,
  zeroHash,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { Random } from '../simulation/engine/random.ts'
import { parties, simDomain } from '../simulation/work/party.ts'
import { type Call, Recorder } from './history.ts'
import { HistoryCommands, type NamedCommand } from './history-commands.ts'

export const historyShard = 'main'

export type HistoryOptions = {
  readonly seed: number
  readonly clients: number
  /** Commands of each client, repeated ones and reads counted. */
  readonly steps: number
  /** Opens the store, each call over connections of its own. */
  readonly openStore: () => Promise<EventStore>
  /** Called between two steps of the whole load, so many times, to break something. */
  readonly trouble?: { readonly times: number; readonly strike: (load: HistoryLoad) => Promise<void> }
  /** Puts a mistake between the clients and the ledger. */
  readonly plant?: (desk: HistoryDesk) => HistoryDesk
}

/** What clients use: the writer, and a replica that says where it stands. */
export type HistoryDesk = {
  submit(command: LedgerCommand): Promise<LedgerAnswer>
  read(wallet: `0x${string}`): { readonly position: number; readonly available: bigint; readonly held: bigint }
}

/** A connection is cut, before or after what went through it: the client cannot tell. */
class ConnectionCutError extends Error {
  override readonly name = 'ConnectionCutError'
}

const cutShare = 0.04
const readShare = 0.25
const attemptsMax = 200

/** Many clients at once against a real ledger, whose writer may be taken from it. All that they call and hear is recorded. */
export class HistoryLoad {
  readonly recorder = new Recorder()
  private readonly random: Random
  private readonly commands: HistoryCommands
  private readonly stores: EventStore[] = []
  private writer!: JournalLedger
  private replica!: FollowingLedger
  private desk!: HistoryDesk
  private stepsDone = 0
  private recovering: Promise<void> | undefined

  constructor(private readonly options: HistoryOptions) {
    this.random = new Random(options.seed)
    this.commands = new HistoryCommands(this.random.fork())
  }

  /** Runs everything; answers the history and the journal that came of it. */
  async run(): Promise<{ readonly calls: readonly Call[]; readonly journal: readonly LedgerEvent[] }> {
    try {
      await this.open()
      const { clients } = this.options
      await Promise.all([...Array(clients).keys()].map(client => this.client(client)))
      await this.replica.close()
      await this.writer.close()
      return { calls: this.recorder.calls, journal: await this.journal() }
    } finally {
      for (const store of this.stores) await store.close()
    }
  }

  /** Another writer takes the shard from the present one, which learns so when it writes. */
  async takeOver(): Promise<void> {
    this.writer = await again(() => this.openWriter())
  }

  private async open(): Promise<void> {
    this.writer = await this.openWriter()
    const config = {
      ...ledgerConfigDefaults,
      chainId: simDomain.chainId,
      settlement: simDomain.verifyingContract,
      genesisHash: zeroHash,
      ledgerSigner: parties.ledger.address,
    }
    await this.writer.submit({ type: 'OpenLedger', config })
    this.replica = await this.openReplica()
    const desk: HistoryDesk = {
      submit: command => this.replica.submit(command),
      read: wallet => this.readAt(wallet),
    }
    this.desk = this.options.plant?.(desk) ?? desk
    for (const wallet of this.commands.wallets) await this.send(-1, this.commands.deposit(wallet, 5_000n))
  }

  private async client(client: number): Promise<void> {
    for (let step = 0; step < this.options.steps; step++) {
      if (this.random.chance(readShare)) this.read(client)
      else await this.send(client, this.commands.next())
      await this.troubleAfter(++this.stepsDone)
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  private async troubleAfter(step: number): Promise<void> {
    const { trouble, clients, steps } = this.options
    if (trouble === undefined) return
    const every = Math.floor((clients * steps) / (trouble.times + 1))
    if (step % every === 0 && step / every <= trouble.times) await trouble.strike(this)
  }

  /** Tries until there is an answer; each try is a call of its own. */
  private async send(client: number, { id, ledger, model }: NamedCommand): Promise<void> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const call = this.recorder.invoke(client, id, model)
      const { replica } = this
      try {
        this.recorder.respond(call, await this.throughConnection(ledger))
        return
      } catch (error) {
        await this.recover(error, replica)
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    }
    throw new Error(`${id} was not answered in ${attemptsMax} attempts`)
  }

  /** Puts another writer or replica in the place of one that has closed, as a supervisor would; others wait for it. */
  private recover(error: unknown, used: FollowingLedger): Promise<void> {
    const name = error instanceof Error ? error.name : ''
    const isFollowing = name === 'FollowingEndedError' && used === this.replica
    if (name !== 'LedgerClosedError' && !isFollowing) return Promise.resolve()
    this.recovering ??= (isFollowing ? this.followAgain() : this.takeOver())
      .catch(() => undefined)
      .finally(() => {
        this.recovering = undefined
      })
    return this.recovering
  }

  /** Readers change to the new replica only when it shows all that the one that has ended has shown. */
  private async followAgain(): Promise<void> {
    const fresh = await this.openReplica()
    await fresh.whenAt(this.replica.head().position)
    this.replica = fresh
  }

  private async throughConnection(command: LedgerCommand): Promise<LedgerAnswer> {
    if (this.random.chance(cutShare)) throw new ConnectionCutError('before the request')
    const answer = await this.desk.submit(command)
    if (this.random.chance(cutShare)) throw new ConnectionCutError('before the answer')
    return answer
  }

  private read(client: number): void {
    const invokedAt = this.recorder.now()
    const { address: wallet } = this.random.pick(this.commands.wallets)
    const { position, available, held } = this.desk.read(wallet)
    this.recorder.read({
      client,
      wallet,
      invokedAt,
      position,
      availableMicrocredits: available,
      heldMicrocredits: held,
    })
  }

  private readAt(wallet: `0x${string}`) {
    const { position } = this.replica.head()
    const { availableMicrocredits: available, heldMicrocredits: held } = this.replica.balance(wallet)
    return { position, available, held }
  }

  private async openStore(): Promise<EventStore> {
    const store = await this.options.openStore()
    this.stores.push(store)
    return store
  }

  private async openWriter(): Promise<JournalLedger> {
    const signer = {
      address: parties.ledger.address,
      sign: async (digest: `0x${string}`) => parties.ledger.signDigest(digest),
    }
    return JournalLedger.open({ ...this.shared, store: await this.openStore(), signer })
  }

  private async openReplica(): Promise<FollowingLedger> {
    const writer: LedgerWriter = {
      submit: command => this.writer.submit(command),
      holdCertificate: digest => this.writer.holdCertificate(digest),
      acceptance: id => this.writer.acceptance(id),
      inboxImported: untilMs => this.writer.inboxImported(untilMs),
    }
    return FollowingLedger.open({
      ...this.shared,
      store: await this.openStore(),
      writer,
      listeners: new JournalListeners(),
    })
  }

  private readonly shared = { shard: historyShard, crypto: ledgerCrypto, clock: { nowMs: () => Date.now() } }

  private async journal(): Promise<readonly LedgerEvent[]> {
    const store = await this.openStore()
    const events: LedgerEvent[] = []
    for (;;) {
      const page = await again(() => store.read(historyShard, events.length, 1_000))
      if (page.length === 0) return events
      events.push(...page.map(decodeEvent))
    }
  }
}

/** What a cut connection kept from happening happens when it is asked for again; what cannot happen at all throws in the end. */
async function again<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt < 10; attempt++) {
    try {
      return await act()
    } catch {
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
  return act()
}
