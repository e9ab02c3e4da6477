import type { Hex } from '@deparrow/ledger'
import {
  keccak256,
  type LocalAccount,
  type PublicClient,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
} from 'viem'
import type { Wait } from '../../poll-loop.ts'
import type { OutgoingCall, SendOutcome, SettlementCall } from '../../settlement/token-chain.port.ts'
import { type Fees, feeLimit, firstFees, isTooLow, keptOutTipWei, raisedFees, tipWei } from './poster-fees.ts'
import { type CallTargets, type ContractCall, callData, contractCall, revertCode } from './settlement-calls.ts'

export type PosterAccountParts = {
  readonly client: PublicClient
  readonly targets: CallTargets
  /** Signs; its keys never leave it. */
  readonly account: LocalAccount
  readonly wait: Wait
  readonly options: SendOptions
}

export type SendOptions = {
  readonly confirmations: number
  /** How often the chain is asked what became of a transaction, and how many times before the answer is `unknown`. */
  readonly receiptPollMs: number
  readonly receiptPollsMax: number
  /** What a transaction offers for a gas at most, unless its call says that it may cost more; no limit when left out. */
  readonly maxFeePerGasWei?: bigint | undefined
}

type Wanted = { readonly target: ContractCall; readonly data: Hex; readonly costMaxWei: OutgoingCall['costMaxWei'] }

type Priced = Wanted & { readonly gas: bigint }

type Sent = Priced & Fees & { readonly nonce: number; readonly raw: Hex; readonly hash: Hex }

const nonceUsed: SendOutcome = { status: 'reverted', code: 'NONCE_USED' }

const unknown: SendOutcome = { status: 'unknown' }

/**
 * Sends the poster's transactions. Whoever decides on a call gives the nonce of the state it was decided on; a transaction is
 * signed for that nonce and no other, so of all that were ever sent for a state, in this process or one before it, the
 * chain takes one. While the outcome of one is unknown it is sent again as it is, and with a higher fee once its own is below what
 * blocks ask for; no other call takes its nonce before that, but one that may cost more than it when it is no longer asked for and blocks do not take it. Calls that are sent together have the nonces from there on, and none is followed by
 * others before the outcomes of all are known.
 */
export class PosterAccount {
  /** What was sent last, by ascending nonces without gaps. */
  private queue: readonly Sent[] = []

  constructor(private readonly parts: PosterAccountParts) {}

  /** What a gas costs in the newest block: its base fee and the tip. */
  async feePerGasWei(): Promise<bigint> {
    return (await this.baseFeeWei()) + tipWei
  }

  /** Never throws for what the chain or the connection does. */
  async send(call: SettlementCall, nonce: number): Promise<SendOutcome> {
    const [outcome = unknown] = await this.sendAll([{ call }], nonce)
    return outcome
  }

  /** As {@link send}, for calls that take nonces one after the other; one that cannot happen takes none. */
  async sendAll(calls: readonly OutgoingCall[], nonce: number): Promise<readonly SendOutcome[]> {
    const wanted = await Promise.all(calls.map(call => this.encode(call)))
    const earlier = this.queue.filter(sent => sent.nonce >= nonce)
    const [first] = earlier
    if (first?.nonce !== nonce) return this.sendFirst(wanted, nonce)
    if (await this.isInTheWay(first, wanted)) return this.sendFirst(wanted, nonce, earlier)
    this.queue = await Promise.all(earlier.map(sent => this.affordable(withCost(sent, wanted))))
    return outcomesFor(wanted, this.queue, await this.broadcast(this.queue))
  }

  private async encode({ call, costMaxWei }: OutgoingCall): Promise<Wanted | SendOutcome> {
    const target = await contractCall(call, this.parts.targets).catch(() => undefined)
    if (target === undefined) return unknown
    try {
      return { target, data: callData(target), costMaxWei }
    } catch (error) {
      return { status: 'reverted', code: error instanceof Error ? error.name : String(error) }
    }
  }

  /** Signs calls from a nonce on, in the places of those that were sent with the same nonces. */
  private async sendFirst(
    wanted: readonly (Wanted | SendOutcome)[],
    nonce: number,
    replaced: readonly Sent[] = [],
  ): Promise<readonly SendOutcome[]> {
    const minedNonce = await this.minedNonce().catch(() => undefined)
    if (minedNonce === undefined) return wanted.map(() => unknown)
    if (minedNonce > nonce) return wanted.map(() => nonceUsed)
    const priced = await Promise.all(wanted.map(one => (isOutcome(one) ? one : this.price(one))))
    const possible = priced.filter((one): one is Priced => !isOutcome(one))
    const signed = await this.signAll(possible, nonce, replaced)
    if (signed === undefined) return priced.map(one => (isOutcome(one) ? one : unknown))
    this.queue = [...signed, ...replaced.slice(signed.length)]
    return outcomesFor(priced, this.queue, await this.broadcast(this.queue))
  }

  private async price(wanted: Wanted): Promise<Priced | SendOutcome> {
    const { client, account } = this.parts
    try {
      const gas = await client.estimateContractGas({ account, ...wanted.target })
      // The state may move a little between the estimate and the block.
      return { ...wanted, gas: (gas * 5n) / 4n }
    } catch (error) {
      const code = revertCode(error)
      return code === undefined ? unknown : { status: 'reverted', code }
    }
  }

  /** `undefined` when the chain did not answer, so that nothing was sent. */
  private async signAll(
    priced: readonly Priced[],
    nonce: number,
    replaced: readonly Sent[],
  ): Promise<readonly Sent[] | undefined> {
    try {
      const baseFeeWei = await this.baseFeeWei()
      return await Promise.all(
        priced.map((one, index) => {
          const [before, limitWei] = [replaced[index], this.limitOf(one)]
          const raised = before && raisedFees(before, baseFeeWei, limitWei)
          return this.sign({ ...one, ...(raised ?? firstFees(baseFeeWei, limitWei)), nonce: nonce + index })
        }),
      )
    } catch {
      return undefined
    }
  }

  /** Whether a transaction that nobody waits for any more, and that offers less than blocks ask for, keeps calls back that may cost more. */
  private async isInTheWay(first: Sent, wanted: readonly (Wanted | SendOutcome)[]): Promise<boolean> {
    const calls = wanted.filter((one): one is Wanted => !isOutcome(one))
    if (calls.some(one => isSame(one, first)) || calls.every(({ costMaxWei }) => costMaxWei === undefined)) return false
    return this.baseFeeWei().then(
      baseFeeWei => isTooLow(first, baseFeeWei),
      () => false,
    )
  }

  private limitOf({ gas, costMaxWei }: Priced): bigint | undefined {
    return feeLimit(this.parts.options.maxFeePerGasWei, costMaxWei, gas)
  }

  /**
   * The transaction as it is, or with a higher fee: when blocks ask for more than it offers, or when another one that was sent with its
   * nonce, by a process before this one, keeps it out of the chain's queue.
   */
  private async affordable(sent: Sent): Promise<Sent> {
    try {
      const baseFeeWei = await this.baseFeeWei()
      if (!isTooLow(sent, baseFeeWei) && !(await this.isKeptOut(sent))) return sent
      const fees = raisedFees(sent, baseFeeWei, this.limitOf(sent))
      return fees === undefined ? sent : await this.sign({ ...sent, ...fees })
    } catch {
      return sent
    }
  }

  /** Whether the chain's queue has a transaction with this nonce that is not this one, and may yet be outbid. */
  private async isKeptOut({ nonce, hash, maxPriorityFeePerGas }: Sent): Promise<boolean> {
    const { client, account } = this.parts
    if (maxPriorityFeePerGas >= keptOutTipWei) return false
    const queued = await client.getTransactionCount({ address: account.address, blockTag: 'pending' })
    if (queued <= nonce) return false
    return client.getTransaction({ hash }).then(
      () => false,
      (error: unknown) => {
        if (error instanceof TransactionNotFoundError) return true
        throw error
      },
    )
  }

  private async sign(unsigned: Priced & Fees & Pick<Sent, 'nonce'>): Promise<Sent> {
    const { nonce, target, data, gas, maxFeePerGas, maxPriorityFeePerGas } = unsigned
    const raw = await this.parts.account.signTransaction({
      type: 'eip1559',
      chainId: await this.parts.client.getChainId(),
      nonce,
      to: target.address,
      data,
      gas,
      maxFeePerGas,
      maxPriorityFeePerGas,
    })
    return { ...unsigned, raw, hash: keccak256(raw) }
  }

  private async baseFeeWei(): Promise<bigint> {
    return (await this.parts.client.getBlock({ blockTag: 'latest' })).baseFeePerGas ?? 0n
  }

  private async broadcast(queue: readonly Sent[]): Promise<readonly SendOutcome[]> {
    const { client, wait, options } = this.parts
    // A node may refuse what it or another node has already; only the chain's own state tells what became of it.
    for (const { raw } of queue) await client.sendRawTransaction({ serializedTransaction: raw }).catch(() => undefined)
    const outcomes = new Map<Sent, SendOutcome>()
    for (let poll = 0; poll < options.receiptPollsMax && outcomes.size < queue.length; poll++) {
      if (poll > 0) await wait(options.receiptPollMs, new AbortController().signal)
      for (const sent of queue.filter(one => !outcomes.has(one))) {
        const outcome = await this.outcomeNow(sent).catch(() => undefined)
        if (outcome !== undefined) outcomes.set(sent, outcome)
      }
    }
    return queue.map(sent => outcomes.get(sent) ?? { ...unknown, transactionHash: sent.hash })
  }

  /** What the chain says of a transaction that was sent; `undefined` while it says nothing final. */
  private async outcomeNow(sent: Sent): Promise<SendOutcome | undefined> {
    const { client, options } = this.parts
    const minedNonce = await this.minedNonce()
    const receipt = await client.getTransactionReceipt({ hash: sent.hash }).catch((error: unknown) => {
      if (error instanceof TransactionReceiptNotFoundError) return undefined
      throw error
    })
    if (receipt === undefined) {
      return minedNonce > sent.nonce ? nonceUsed : undefined
    }
    const { number: latest } = await client.getBlock({ blockTag: 'latest' })
    if (latest - receipt.blockNumber + 1n < BigInt(options.confirmations)) return undefined
    const transactionHash = sent.hash
    if (receipt.status === 'success') return { status: 'confirmed', transactionHash, blockNumber: receipt.blockNumber }
    return { status: 'reverted', code: await this.codeOfReverted(sent, receipt.blockNumber), transactionHash }
  }

  /** The contract's error of a transaction that was mined and reverted, from the same call on the state before its block. */
  private async codeOfReverted({ target }: Sent, blockNumber: bigint): Promise<string> {
    const { client, account } = this.parts
    try {
      await client.simulateContract({ account, blockNumber: blockNumber - 1n, ...target })
      return 'REVERTED_IN_BLOCK'
    } catch (error) {
      return revertCode(error) ?? 'REVERTED_IN_BLOCK'
    }
  }

  private minedNonce(): Promise<number> {
    return this.parts.client.getTransactionCount({ address: this.parts.account.address, blockTag: 'latest' })
  }
}

function isOutcome(one: Wanted | SendOutcome): one is SendOutcome {
  return 'status' in one
}

function isSame(one: Wanted, other: Wanted): boolean {
  return one.data === other.data && one.target.address === other.target.address
}

/** What may be spent on a call may have grown since it was sent. */
function withCost(sent: Sent, wanted: readonly (Wanted | SendOutcome)[]): Sent {
  const again = wanted.find(one => !isOutcome(one) && isSame(one, sent)) as Wanted | undefined
  return again === undefined ? sent : { ...sent, costMaxWei: again.costMaxWei }
}

/** What became of each call: its own outcome, or, when others have its nonces, that it must wait for them or be decided anew. */
function outcomesFor(
  wanted: readonly (Wanted | SendOutcome)[],
  queue: readonly Sent[],
  outcomes: readonly SendOutcome[],
): readonly SendOutcome[] {
  const open = outcomes.find(({ status }) => status === 'unknown')
  return wanted.map(one => {
    if (isOutcome(one)) return one
    return outcomes[queue.findIndex(sent => isSame(sent, one))] ?? open ?? nonceUsed
  })
}
