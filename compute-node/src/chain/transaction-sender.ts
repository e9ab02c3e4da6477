import type { Address, Hex } from '@deparrow/ledger'
import {
  encodeFunctionData,
  keccak256,
  type LocalAccount,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from 'viem'
import { type ChainCall, contractErrors } from './contracts.ts'
import type { ChainClient } from './open-settlement.ts'
import { type CallRefusal, refusalOf } from './refusal.ts'

export type SendOptions = {
  /** How many blocks must hold a transaction, its own included, before it counts. */
  readonly confirmations: number
  /** How often the chain is asked what became of a transaction, and how many times before the answer is `unknown`. */
  readonly pollMs: number
  readonly pollsMax: number
  /** No transaction offers more for a gas. */
  readonly maxFeePerGasWei?: bigint | undefined
  /** Whether the first call may take the place of a transaction that waits, at twice the fees, or as many more as its place costs: one of the two is mined. */
  readonly isReplacing?: boolean | undefined
}

/**
 * What became of a call. `refused`: nothing was sent, or another transaction took the nonce (`NONCE_USED`), so that nothing has happened. `reverted`:
 * it was mined, cost gas and changed nothing. `unknown`: it was sent and may happen yet; the same call, sent again, goes on waiting for it.
 */
export type SendOutcome =
  | { readonly status: 'confirmed'; readonly transactionHash: Hex; readonly receipt: TransactionReceipt }
  | ({ readonly status: 'refused' } & CallRefusal)
  | ({ readonly status: 'reverted'; readonly transactionHash: Hex } & CallRefusal)
  | { readonly status: 'unknown'; readonly transactionHash: Hex; readonly nonce: number }

export type TransactionSenderParts = {
  readonly client: ChainClient
  readonly account: LocalAccount
  readonly options: SendOptions
  /** Resolves after that time, at once when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
}

type Version = { readonly raw: Hex; readonly hash: Hex; readonly maxFeePerGas: bigint; readonly tip: bigint }

/** One call under one nonce, in all versions that were ever sent. */
type Sent = {
  readonly call: ChainCall
  readonly data: Hex
  readonly nonce: number
  readonly gas: bigint
  readonly versions: Version[]
}

type Settled = Extract<SendOutcome, { status: 'confirmed' | 'reverted' }>

/** A development chain has a block a second; elsewhere three blocks are rarely taken back. */
export const sendOptionsDevelopment: SendOptions = { confirmations: 1, pollMs: 100, pollsMax: 300 }
export const sendOptionsDefault: SendOptions = { confirmations: 3, pollMs: 2_000, pollsMax: 150 }

/** A tip that is worth a validator's while where the chain names none, and the most that is given because the chain names more. */
const tipWeiDefault = 1_000_000_000n
const tipWeiMax = 2_000_000_000n

/** How often more is offered for the place of a transaction that waits: nine times the first offer, whatever a provider says. */
const raisesMax = 10

/** How often in a row a provider must say that the nonce is used and the transaction nowhere: of its machines one may be behind. */
const gonePolls = 3

const nonceUsed = { status: 'refused', code: 'NONCE_USED', args: [] } as const

/**
 * Sends calls from one account, one after the other, and says for certain what became of each. A call takes the nonce after those that are mined, never
 * one behind a transaction that waits: of all that this account ever signs for a nonce, in any process, the chain takes one. While
 * the fate of one is unknown no other is sent; its signed bytes are sent again, at a higher fee under the same nonce when blocks ask for more.
 */
export class TransactionSender {
  private last: Promise<unknown> = Promise.resolve()
  private unknown: Sent | undefined

  constructor(private readonly parts: TransactionSenderParts) {}

  get address(): Address {
    return this.parts.account.address
  }

  /**
   * Sends a call and waits until it counts. Refusals beside the contracts' own errors: `TRANSACTION_PENDING` while an earlier transaction waits,
   * `FEE_ABOVE_CAP` (base fee, cap; in wei), `INSUFFICIENT_FUNDS` (needed, held; in wei), `NONCE_USED`. Throws viem's errors when the chain does not
   * answer before anything was sent, and the signal's reason when it aborts before; later an abort ends the waiting, not the transaction.
   */
  send(call: ChainCall, signal?: AbortSignal): Promise<SendOutcome> {
    const sending = this.last.then(() => this.sendNext(call, signal))
    this.last = sending.catch(() => undefined)
    return sending
  }

  private async sendNext(call: ChainCall, signal: AbortSignal | undefined): Promise<SendOutcome> {
    const data = encodeFunctionData(call)
    const earlier = this.unknown
    if (earlier !== undefined) {
      await this.raise(earlier)
      const outcome = await this.follow(earlier, signal)
      if (earlier.data === data && earlier.call.address === call.address) return outcome
      if (outcome.status === 'unknown') return pending(outcome.transactionHash)
    }
    const sent = await this.sign(call, data)
    signal?.throwIfAborted()
    return 'status' in sent ? sent : this.follow(sent, signal)
  }

  private async sign(call: ChainCall, data: Hex): Promise<Sent | SendOutcome> {
    const { client, options } = this.parts
    const { address } = this
    const [nonce, next] = await Promise.all([
      client.getTransactionCount({ address, blockTag: 'latest' }),
      client.getTransactionCount({ address, blockTag: 'pending' }),
    ])
    const isReplacing = next > nonce && options.isReplacing === true
    if (next > nonce && !isReplacing) return pending()
    let gas: bigint
    try {
      gas = ((await this.estimate(call)) * 5n) / 4n
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      return { status: 'refused', ...refusal }
    }
    const { baseFee, tip, maxFeePerGas } = await this.fees(isReplacing ? 2n : 1n)
    if (maxFeePerGas < baseFee) return { status: 'refused', code: 'FEE_ABOVE_CAP', args: [baseFee, maxFeePerGas] }
    const held = await client.getBalance({ address })
    if (held < gas * maxFeePerGas) {
      return { status: 'refused', code: 'INSUFFICIENT_FUNDS', args: [gas * maxFeePerGas, held] }
    }
    const sent: Sent = { call, data, nonce, gas, versions: [] }
    await this.addVersion(sent, maxFeePerGas, tip)
    return sent
  }

  /** The state may move a little between the estimate and the block, which the sender makes room for. */
  private estimate({ address, abi, functionName, args }: ChainCall): Promise<bigint> {
    const { client, account } = this.parts
    return client.estimateContractGas({ account, address, abi: [...abi, ...contractErrors], functionName, args })
  }

  /** Twice the base fee leaves room for six full blocks in a row (EIP-1559). */
  private async fees(factor = 1n) {
    const { client, options } = this.parts
    const { baseFeePerGas } = await client.getBlock({ blockTag: 'latest' })
    const baseFee = baseFeePerGas ?? 0n
    const named = await client.estimateMaxPriorityFeePerGas().catch(() => tipWeiDefault)
    const asked = (named < tipWeiMax ? named : tipWeiMax) * factor
    const cap = options.maxFeePerGasWei
    const wanted = baseFee * 2n * factor + asked
    const maxFeePerGas = cap !== undefined && cap < wanted ? cap : wanted
    return { baseFee, maxFeePerGas, tip: asked < maxFeePerGas ? asked : maxFeePerGas }
  }

  private async addVersion(sent: Sent, maxFeePerGas: bigint, tip: bigint): Promise<void> {
    const { account, client } = this.parts
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId: client.chain.id,
      nonce: sent.nonce,
      to: sent.call.address,
      data: sent.data,
      gas: sent.gas,
      maxFeePerGas,
      maxPriorityFeePerGas: tip,
    })
    sent.versions.push({ raw, hash: keccak256(raw), maxFeePerGas, tip })
  }

  /** Offers a quarter more of both fees once the newest version offers less than blocks ask for; nodes want a tenth more at least. */
  private async raise(sent: Sent): Promise<void> {
    const newest = sent.versions.at(-1)
    const fees = await this.fees().catch(() => undefined)
    if (newest === undefined || fees === undefined || newest.maxFeePerGas >= fees.baseFee) return
    await this.offerMore(sent, newest, fees.maxFeePerGas)
  }

  private async offerMore(sent: Sent, newest: Version, asked: bigint): Promise<void> {
    const least = (newest.maxFeePerGas * 5n) / 4n
    const wanted = asked > least ? asked : least
    const cap = this.parts.options.maxFeePerGasWei
    const fee = cap !== undefined && cap < wanted ? cap : wanted
    if (fee < least) return
    await this.addVersion(sent, fee, (newest.tip * 5n) / 4n)
  }

  /** Broadcasts, and asks until the transaction counts, cannot happen any more, or nothing is known for too long. */
  private async follow(sent: Sent, signal: AbortSignal | undefined): Promise<SendOutcome> {
    const { options, wait = waitOnTimer } = this.parts
    this.unknown = sent
    let isSeen = false
    let goneCount = 0
    for (let poll = 0; poll < options.pollsMax && signal?.aborted !== true; poll++) {
      // A node may refuse what it has already, and forget what it had: only the chain's own state tells what became of it.
      if (!isSeen) await this.broadcast(sent)
      const outcome = await this.outcomeNow(sent).catch(() => undefined)
      goneCount = outcome === nonceUsed ? goneCount + 1 : 0
      isSeen = outcome === 'seen' || outcome === nonceUsed
      if (outcome !== undefined && outcome !== 'seen' && (outcome !== nonceUsed || goneCount === gonePolls)) {
        this.unknown = undefined
        return outcome
      }
      await wait(options.pollMs, signal)
    }
    return { status: 'unknown', transactionHash: newestHash(sent), nonce: sent.nonce }
  }

  /** What the transaction that is to be replaced offers nobody says: the queue refuses until its place is worth it, or enough was offered. */
  private async broadcast(sent: Sent): Promise<void> {
    const { client, options } = this.parts
    const newest = sent.versions.at(-1) as Version
    try {
      await client.sendRawTransaction({ serializedTransaction: newest.raw })
    } catch (error) {
      const isKeptOut = options.isReplacing === true && isUnderpriced(error)
      if (isKeptOut && sent.versions.length <= raisesMax) await this.offerMore(sent, newest, 0n)
    }
  }

  /** `seen` while it stands in a block that is not deep enough; `undefined` while no block has it. */
  private async outcomeNow(sent: Sent): Promise<SendOutcome | 'seen' | undefined> {
    const { client, options } = this.parts
    const latest = await client.getBlockNumber({ cacheTime: 0 })
    const depth = BigInt(options.confirmations - 1)
    const settledBlock = latest < depth ? 0n : latest - depth
    for (const { hash } of sent.versions) {
      const receipt = await this.receiptOf(hash)
      if (receipt === undefined) continue
      if (receipt.blockNumber > settledBlock) return 'seen'
      const { hash: canonical } = await client.getBlock({ blockNumber: receipt.blockNumber })
      return canonical === receipt.blockHash ? this.settled(sent, hash, receipt) : undefined
    }
    const settledNonce = await client.getTransactionCount({ address: this.address, blockNumber: settledBlock })
    return settledNonce > sent.nonce ? nonceUsed : undefined
  }

  private async receiptOf(hash: Hex): Promise<TransactionReceipt | undefined> {
    try {
      return await this.parts.client.getTransactionReceipt({ hash })
    } catch (error) {
      if (error instanceof TransactionReceiptNotFoundError) return undefined
      throw error
    }
  }

  private async settled(sent: Sent, transactionHash: Hex, receipt: TransactionReceipt): Promise<Settled> {
    if (receipt.status === 'success') return { status: 'confirmed', transactionHash, receipt }
    return { status: 'reverted', transactionHash, ...(await this.refusalBefore(sent, receipt.blockNumber)) }
  }

  /** What the contract has against a call that was mined and reverted, from the same call on the state before its block. */
  private async refusalBefore({ call }: Sent, blockNumber: bigint): Promise<CallRefusal> {
    const { client, account } = this.parts
    const { address, abi, functionName, args } = call
    const asked = { address, abi: [...abi, ...contractErrors], functionName, args }
    try {
      await client.simulateContract({ ...asked, account, blockNumber: blockNumber - 1n })
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal !== undefined) return refusal
    }
    return { code: 'REVERTED_IN_BLOCK', args: [] }
  }
}

/** What nodes say of a transaction that offers too little for the place of another; there is no code for it. */
function isUnderpriced(error: unknown): boolean {
  return error instanceof Error && /underpriced|ReplacementNotAllowed/i.test(error.message)
}

function pending(transactionHash?: Hex): SendOutcome {
  return {
    status: 'refused',
    code: 'TRANSACTION_PENDING',
    args: transactionHash === undefined ? [] : [transactionHash],
  }
}

function newestHash({ versions }: Sent): Hex {
  return (versions.at(-1) as Version).hash
}

function waitOnTimer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
    if (signal?.aborted === true) done()
  })
}
