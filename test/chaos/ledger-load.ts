import { setTimeout as wait } from 'node:timers/promises'
import {
  type Hex,
  jobOrderType,
  type LedgerAnswer,
  type LedgerCommand,
  orderCancellationType,
  transferType,
} from '@deparrow/ledger'
import type { BenchWallet } from '../bench/ledger/bench-wallet.ts'
import { benchOrder } from '../bench/ledger/job-messages.ts'
import { deadline, seededRandom } from '../bench/ledger/transfers.ts'

/** What a client was told of a command of its own. */
export type Acknowledged = { readonly id: Hex; readonly type: LedgerCommand['type']; readonly answer: LedgerAnswer }

type Signed = { readonly id: Hex; readonly command: LedgerCommand }

/** More than any wallet ever has. */
const tooMuch = 10n ** 12n

/** Average pause of a client between its commands: it sets the rate, so that the journal stays small enough to be read in seconds. */
const pauseMs = 20

/** How many times in a hundred a client does each of these; the rest are transfers that go through. */
const shares = { hold: 20, cancel: 10, overdraft: 5 }

/** In a hundred, how often a command is sent by two at once. */
const twiceShare = 5

/**
 * Concurrent clients, each with a wallet of its own: they sign transfers, holds, cancellations and transfers of what they do not have, send
 * them one after another until told to stop, and keep every answer. What they do follows from the seed, when they do it does not.
 */
export class LedgerLoad {
  readonly acknowledged: Acknowledged[] = []
  private readonly clients: readonly Promise<void>[]
  private readonly changed = new Set<() => void>()
  private failure: unknown
  private isStopped = false

  constructor(
    private readonly submit: (command: LedgerCommand) => Promise<LedgerAnswer>,
    private readonly wallets: readonly BenchWallet[],
    seed: number,
  ) {
    this.clients = wallets.map((wallet, index) => this.run(wallet, seededRandom(seed * 1_000 + index)))
  }

  /** Resolves when so many more commands have been answered; rejects when a client got no answer, or not in time. */
  async more(count: number, timeoutMs: number): Promise<void> {
    const wanted = this.acknowledged.length + count
    const done = Promise.withResolvers<void>()
    const look = () => {
      if (this.failure !== undefined) done.reject(this.failure)
      if (this.acknowledged.length >= wanted) done.resolve()
    }
    const timer = setTimeout(() => done.reject(new Error(`not ${count} answers in ${timeoutMs} ms`)), timeoutMs)
    this.changed.add(look)
    look()
    try {
      await done.promise
    } finally {
      clearTimeout(timer)
      this.changed.delete(look)
    }
  }

  /** Ends when every client has the answer to its last command. */
  async stop(): Promise<void> {
    this.isStopped = true
    await Promise.all(this.clients)
    if (this.failure !== undefined) throw this.failure
  }

  private async run(wallet: BenchWallet, random: () => number): Promise<void> {
    const holds: Hex[] = []
    try {
      while (!this.isStopped) {
        await this.send(this.next(wallet, holds, random), random() * 100 < twiceShare ? 2 : 1)
        await wait(2 * pauseMs * random())
      }
    } catch (error) {
      this.failure ??= error
      this.tell()
    }
  }

  private async send({ id, command }: Signed, times: number): Promise<void> {
    const answers = await Promise.all(Array.from({ length: times }, () => this.submit(command)))
    for (const answer of answers) this.acknowledged.push({ id, type: command.type, answer })
    this.tell()
  }

  private next(wallet: BenchWallet, holds: Hex[], random: () => number): Signed {
    const draw = random() * 100
    if (draw < shares.overdraft) return this.transfer(wallet, tooMuch, random)
    if (draw < shares.overdraft + shares.cancel) {
      const orderDigest = holds.shift()
      if (orderDigest !== undefined) return cancellation(wallet, orderDigest)
    } else if (draw < shares.overdraft + shares.cancel + shares.hold) {
      const order = hold(wallet)
      holds.push(order.id)
      return order
    }
    return this.transfer(wallet, BigInt(1 + Math.floor(random() * 5)), random)
  }

  private transfer(wallet: BenchWallet, amountMicrocredits: bigint, random: () => number): Signed {
    const others = this.wallets.filter(other => other !== wallet)
    const to = (others[Math.floor(random() * others.length)] as BenchWallet).address
    const { digest, signed } = wallet.sign(transferType, {
      from: wallet.address,
      to,
      amountMicrocredits,
      lane: 0,
      nonce: wallet.nextNonce(),
      deadline: deadline(),
    })
    return { id: digest, command: { type: 'TransferCredits', transfer: signed } }
  }

  private tell(): void {
    for (const look of this.changed) look()
  }
}

function hold(wallet: BenchWallet): Signed {
  const { digest, signed } = wallet.sign(
    jobOrderType,
    benchOrder({
      payer: wallet.address,
      maxPriceMicrocredits: 10n,
      fuelMax: 10n ** 6n,
      memoryBytesMax: 1n << 20n,
      deadline: deadline(),
      nonce: wallet.nextNonce(),
    }),
  )
  return { id: digest, command: { type: 'OpenHold', order: signed } }
}

function cancellation(wallet: BenchWallet, orderDigest: Hex): Signed {
  const message = { orderDigest, payer: wallet.address, deadline: deadline() }
  const { digest, signed } = wallet.sign(orderCancellationType, message)
  return { id: digest, command: { type: 'CancelOrder', cancellation: signed } }
}
