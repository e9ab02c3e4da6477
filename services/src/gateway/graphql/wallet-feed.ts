import { type Address, type Ledger, type LedgerEvent, payableAccount, walletAccount } from '@deparrow/ledger'
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { keepNewest, Mailbox } from '../../market/mailbox.ts'
import type { ReadQueries } from '../../read-model/read-queries.port.ts'
import { LEDGER, READ_MODEL } from '../../tokens.ts'

/** The projections answer within milliseconds; who would wait longer is woken without need. */
const lookupMsMax = 5_000

/**
 * Tells who follows a wallet that one of its balances has changed, also when a hold of it was captured in full, which moves nothing on
 * the wallet itself. A slow reader hears once of many changes.
 */
@Injectable()
export class WalletFeed implements OnApplicationShutdown {
  readonly #readers = new Map<string, Set<Mailbox<Address>>>()
  readonly #end: () => void

  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(READ_MODEL) private readonly reads: Pick<ReadQueries, 'hold' | 'waitFor'>,
  ) {
    this.#end = ledger.subscribe(events => this.#tell(events))
  }

  onApplicationShutdown(): void {
    this.#end()
    for (const readers of this.#readers.values()) for (const reader of readers) reader.end()
  }

  follow(wallet: Address): Mailbox<Address> {
    const accounts = [walletAccount(wallet), payableAccount(wallet)]
    const mailbox = new Mailbox<Address>(keepNewest(1), () => {
      for (const account of accounts) this.#remove(account, mailbox)
    })
    for (const account of accounts) {
      this.#readers.set(account, (this.#readers.get(account) ?? new Set()).add(mailbox))
    }
    return mailbox
  }

  #remove(account: string, mailbox: Mailbox<Address>): void {
    const readers = this.#readers.get(account)
    readers?.delete(mailbox)
    if (readers?.size === 0) this.#readers.delete(account)
  }

  #tell(events: readonly LedgerEvent[]): void {
    if (this.#readers.size === 0) return
    const accounts = new Set<string>()
    for (const event of events) {
      for (const { account } of event.entries) accounts.add(account)
      if (event.type === 'EscrowCaptured') accounts.add(walletAccount(event.data.capture.message.wallet))
      if (event.type === 'JobSettled' && event.data.releasedMicrocredits === 0n) void this.#tellPayer(event)
    }
    for (const account of accounts) this.#push(account)
  }

  /** The event does not name the payer of a hold that was captured in full. */
  async #tellPayer({ position, data }: Extract<LedgerEvent, { type: 'JobSettled' }>): Promise<void> {
    try {
      await this.reads.waitFor(position, { timeoutMs: lookupMsMax, shard: this.ledger.config()?.shard ?? 0 })
      const hold = await this.reads.hold(data.orderDigest)
      if (hold !== undefined) this.#push(walletAccount(hold.payer))
    } catch {
      for (const account of this.#readers.keys()) this.#push(account)
    }
  }

  #push(account: string): void {
    const address = account.slice(account.indexOf(':') + 1) as Address
    for (const reader of this.#readers.get(account) ?? []) reader.push(address)
  }
}
