import { type Address, type Ledger, type LedgerEvent, payableAccount, walletAccount } from '@deparrow/ledger'
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { keepNewest, Mailbox } from '../../market/mailbox.ts'
import type { Market } from '../../market/market.port.ts'
import { LEDGER, MARKET } from '../../tokens.ts'

/**
 * Tells who follows a wallet that one of its balances has changed, also when a hold of it was captured in full, which moves nothing on
 * the wallet itself. A slow reader hears once of many changes.
 */
@Injectable()
export class WalletFeed implements OnApplicationShutdown {
  readonly #readers = new Map<string, Set<Mailbox<Address>>>()
  readonly #ends: readonly (() => void)[]

  constructor(@Inject(LEDGER) ledger: Ledger, @Inject(MARKET) market: Market) {
    this.#ends = [
      ledger.subscribe(events => this.#tell(events)),
      market.subscribe(job => job.settlement && this.#push(walletAccount(job.order.message.payer))),
    ]
  }

  onApplicationShutdown(): void {
    for (const end of this.#ends) end()
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
    const accounts = new Set(events.flatMap(event => event.entries.map(entry => entry.account)))
    for (const account of accounts) this.#push(account)
  }

  #push(account: string): void {
    const address = account.slice(account.indexOf(':') + 1) as Address
    for (const reader of this.#readers.get(account) ?? []) reader.push(address)
  }
}
