import type { ChainLog } from './chain-log.ts'
import { LocalChainRpcError } from './errors.ts'
import { type Evm, type MinedBlock, mineBlock } from './evm.ts'
import { RPC_CODES } from './methods.ts'
import { ReadGate } from './read-gate.ts'

/** A chain at rest still tells the time: what waits for a block after some moment, as the ledger does before an assigned hold ends, waits no longer. */
export const RESTING_BLOCK_MS = 240_000

export type BlockProducerParts = {
  evm: Evm
  log: ChainLog
  clock: { nowMs(): number }
  blockIntervalMs: number
  emptyBlocks: number
  latest: MinedBlock
  report: (message: string) => void
}

/**
 * Accepts transactions and mines them, each on disk before anybody hears of it. One thing at a time changes the chain,
 * in the order of the log. If the log cannot be written the producer stops for good and refuses everything.
 */
export class BlockProducer {
  readonly #gate = new ReadGate()
  #latest: MinedBlock
  #lastChange: Promise<unknown> = Promise.resolve()
  #emptyBlocksLeft = 0
  #transactionsWait = false
  #minedAtMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #failure: LocalChainRpcError | undefined
  #isStopped = false

  constructor(private readonly parts: BlockProducerParts) {
    this.#latest = parts.latest
  }

  /** Answers a read. It never sees a block that is not on disk. */
  read(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.#gate.read(() => {
      if (this.#failure !== undefined) throw this.#failure
      return this.parts.evm.request(method, params)
    })
  }

  /** Checks a signed transaction, puts it on disk and gives its hash. It is mined with the next block. */
  async send(params: readonly unknown[]): Promise<unknown> {
    const { hash, saved } = await this.#change(async () => {
      const hash = await this.parts.evm.request('eth_sendRawTransaction', params)
      const saved = this.parts.log.append({ type: 'tx', raw: String(params[0]) })
      this.#transactionsWait = true
      this.#emptyBlocksLeft = this.parts.emptyBlocks
      return { hash, saved: saved.catch(cause => this.#fail(cause)) }
    })
    this.#schedule()
    await saved
    return hash
  }

  /**
   * Mines one block at once when transactions wait from before a restart, or when the chain's time is behind the
   * clock: the EVM's pending time goes on from its newest block.
   */
  async catchUp(hasTransactions: boolean): Promise<void> {
    if (hasTransactions || this.#latest.timestamp < this.#nowSeconds()) await this.#mine()
    this.#schedule()
  }

  /** Mines no more; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.idle()
  }

  /** Resolves when the changes that were asked for so far are done. */
  async idle(): Promise<void> {
    await this.#lastChange
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#isStopped || this.#failure !== undefined) return
    const restMs = this.#emptyBlocksLeft === 0 ? RESTING_BLOCK_MS : 0
    this.#timer = setTimeout(() => this.#tick(), Math.max(restMs, this.#waitMs()))
  }

  /**
   * Time (in ms) until the next block. Waiting transactions are mined as soon as that puts the block at most a second
   * ahead of the clock, at the next tick in any case. An empty block leaves a second of its own to a transaction that
   * may come: it waits until the clock has passed the newest block, for one tick more at most.
   */
  #waitMs(): number {
    const tickMs = this.#minedAtMs + this.parts.blockIntervalMs - performance.now()
    const aheadMs = this.#latest.timestamp * 1000 - this.parts.clock.nowMs()
    if (this.#transactionsWait) return Math.min(tickMs, aheadMs)
    return Math.max(tickMs, Math.min(aheadMs + 1000, tickMs + this.parts.blockIntervalMs))
  }

  async #tick(): Promise<void> {
    try {
      await this.#mine()
    } catch (cause) {
      this.parts.report(`The local chain mines no more: ${cause instanceof Error ? cause.message : cause}`)
    }
    this.#schedule()
  }

  #mine(): Promise<void> {
    return this.#change(() =>
      this.#gate.runAlone(async () => {
        if (this.#isStopped) return
        this.#transactionsWait = false
        try {
          const block = await mineBlock(this.parts.evm, Math.max(this.#latest.timestamp + 1, this.#nowSeconds()))
          await this.parts.log.append({ type: 'block', ...block })
          this.#latest = block
        } catch (cause) {
          this.#fail(cause)
        }
        this.#minedAtMs = performance.now()
        const isEmpty = this.#latest.transactions.length === 0
        this.#emptyBlocksLeft = isEmpty ? Math.max(0, this.#emptyBlocksLeft - 1) : this.parts.emptyBlocks
      }),
    )
  }

  /** Runs changes of the chain one after the other, in the order of the calls. */
  #change<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#lastChange.then(() => {
      if (this.#failure !== undefined) throw this.#failure
      return change()
    })
    this.#lastChange = result.catch(() => undefined)
    return result
  }

  #fail(cause: unknown): never {
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#failure ??= new LocalChainRpcError({
      code: RPC_CODES.internalError,
      message: `The local chain stopped because a block or transaction could not be kept: ${reason}`,
      cause,
    })
    throw this.#failure
  }

  #nowSeconds(): number {
    return Math.floor(this.parts.clock.nowMs() / 1000)
  }
}
