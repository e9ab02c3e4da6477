import { settlementAbi } from '@deparrow/contracts'
import type { Address, Hex } from '@deparrow/ledger'
import {
  keccak256,
  type LocalAccount,
  type PublicClient,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
} from 'viem'
import type { Wait } from '../../poll-loop.ts'
import type { SendOutcome, SettlementCall } from '../../settlement/token-chain.port.ts'
import { callData, contractCall, revertCode } from './settlement-calls.ts'

export type PosterAccountParts = {
  readonly client: PublicClient
  readonly settlement: Address
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
  /** No transaction offers more for a gas; none when left out. */
  readonly maxFeePerGasWei?: bigint | undefined
}

type Sent = {
  readonly call: SettlementCall
  readonly data: Hex
  readonly nonce: number
  readonly gas: bigint
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  readonly raw: Hex
  readonly hash: Hex
}

type Fees = Pick<Sent, 'maxFeePerGas' | 'maxPriorityFeePerGas'>

const nonceUsed: SendOutcome = { status: 'reverted', code: 'NONCE_USED' }

/** Tip a gas that is worth a validator's while; the local chain asks for none. */
const tipWei = 1_000_000_000n

/**
 * Sends the poster's transactions. Whoever decides on a call gives the nonce of the state it was decided on; a transaction is
 * signed for that nonce and no other, so of all that were ever sent for a state, in this process or one before it, the
 * chain takes one. While the outcome of one is unknown it is sent again as it is, and with a higher fee once its own is below what
 * blocks ask for; no other call takes its nonce before that.
 */
export class PosterAccount {
  private sent: Sent | undefined

  constructor(private readonly parts: PosterAccountParts) {}

  /** What a gas costs in the newest block: its base fee and the tip. */
  async feePerGasWei(): Promise<bigint> {
    return (await this.baseFeeWei()) + tipWei
  }

  /** Never throws for what the chain or the connection does. */
  async send(call: SettlementCall, nonce: number): Promise<SendOutcome> {
    const data = callData(call)
    if (this.sent?.nonce === nonce) {
      const earlier = await this.affordable(this.sent)
      this.sent = earlier
      const outcome = await this.broadcast(earlier)
      return earlier.data === data || outcome.status === 'unknown' ? outcome : nonceUsed
    }
    try {
      if ((await this.minedNonce()) > nonce) return nonceUsed
      this.sent = await this.signFirst(call, data, nonce)
    } catch (error) {
      const code = revertCode(error)
      return code === undefined ? { status: 'unknown' } : { status: 'reverted', code }
    }
    return this.broadcast(this.sent)
  }

  private async signFirst(call: SettlementCall, data: Hex, nonce: number): Promise<Sent> {
    const { client, account, settlement } = this.parts
    const request = { account, address: settlement, abi: settlementAbi, ...contractCall(call) }
    const gas = await client.estimateContractGas(request as Parameters<typeof client.estimateContractGas>[0])
    // The state may move a little between the estimate and the block.
    const asked = this.capped((await this.baseFeeWei()) * 2n + tipWei)
    const fees = { maxFeePerGas: asked, maxPriorityFeePerGas: tipWei < asked ? tipWei : asked }
    return this.sign({ call, data, nonce, gas: (gas * 5n) / 4n, ...fees })
  }

  /**
   * The transaction as it is, or with a higher fee: when blocks ask for more than it offers, or when another one that was sent with its
   * nonce, by a process before this one, keeps it out of the chain's queue.
   */
  private async affordable(sent: Sent): Promise<Sent> {
    try {
      const base = await this.baseFeeWei()
      const isTooLow = sent.maxFeePerGas * 2n < base * 2n + tipWei
      if (!isTooLow && !(await this.isKeptOut(sent))) return sent
      const fees = this.raised(sent, base * 2n + tipWei)
      return fees === undefined ? sent : await this.sign({ ...sent, ...fees })
    } catch {
      return sent
    }
  }

  /** Nodes want a tenth more of both fees before they put one transaction in another's place; `undefined` when the cap allows none. */
  private raised({ maxFeePerGas, maxPriorityFeePerGas }: Sent, askedWei: bigint): Fees | undefined {
    const tip = (maxPriorityFeePerGas * 5n) / 4n
    const least = (maxFeePerGas * 5n) / 4n
    const wanted = askedWei + tip > least ? askedWei + tip : least
    const fee = this.capped(wanted)
    if (fee * 10n < maxFeePerGas * 11n || fee < tip) return undefined
    return { maxFeePerGas: fee, maxPriorityFeePerGas: tip }
  }

  /** Whether the chain's queue has a transaction with this nonce that is not this one. */
  private async isKeptOut({ nonce, hash }: Sent): Promise<boolean> {
    const { client, account } = this.parts
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

  private capped(feeWei: bigint): bigint {
    const { maxFeePerGasWei } = this.parts.options
    return maxFeePerGasWei === undefined || feeWei < maxFeePerGasWei ? feeWei : maxFeePerGasWei
  }

  private async sign(unsigned: Omit<Sent, 'raw' | 'hash'>): Promise<Sent> {
    const { nonce, data, gas, maxFeePerGas, maxPriorityFeePerGas } = unsigned
    const raw = await this.parts.account.signTransaction({
      type: 'eip1559',
      chainId: await this.parts.client.getChainId(),
      nonce,
      to: this.parts.settlement,
      data,
      gas,
      maxFeePerGas,
      maxPriorityFeePerGas,
    })
    return { ...unsigned, raw, hash: keccak256(raw) }
  }

  /** A transaction offers twice of it, which leaves room for six full blocks in a row (EIP-1559), and a tip. */
  private async baseFeeWei(): Promise<bigint> {
    return (await this.parts.client.getBlock({ blockTag: 'latest' })).baseFeePerGas ?? 0n
  }

  private async broadcast(sent: Sent): Promise<SendOutcome> {
    const { client, wait, options } = this.parts
    // A node may refuse what it or another node has already; only the chain's own state tells what became of it.
    await client.sendRawTransaction({ serializedTransaction: sent.raw }).catch(() => undefined)
    for (let poll = 0; poll < options.receiptPollsMax; poll++) {
      const outcome = await this.outcomeNow(sent).catch(() => undefined)
      if (outcome !== undefined) return outcome
      await wait(options.receiptPollMs, new AbortController().signal)
    }
    return { status: 'unknown', transactionHash: sent.hash }
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
  private async codeOfReverted({ call }: Sent, blockNumber: bigint): Promise<string> {
    const { client, account, settlement } = this.parts
    const request = {
      account,
      address: settlement,
      abi: settlementAbi,
      blockNumber: blockNumber - 1n,
      ...contractCall(call),
    }
    try {
      await client.simulateContract(request as Parameters<typeof client.simulateContract>[0])
      return 'REVERTED_IN_BLOCK'
    } catch (error) {
      return revertCode(error) ?? 'REVERTED_IN_BLOCK'
    }
  }

  private minedNonce(): Promise<number> {
    return this.parts.client.getTransactionCount({ address: this.parts.account.address, blockTag: 'latest' })
  }
}
