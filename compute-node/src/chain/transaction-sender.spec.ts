import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { type Hex, lowerHex } from '@deparrow/ledger'
import { createPublicClient, custom, parseEther, parseTransaction } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { type ChainCall, chainCall } from './contracts.ts'
import { LocalSettlement, published } from './local-settlement.spec.fixture.ts'
import { type SendOptions, type SendOutcome, TransactionSender } from './transaction-sender.ts'

let chain: LocalSettlement

const account = published(4)

/** What goes between the sender and the chain; whatever it answers is the answer. */
type Middleman = (method: string, pass: () => Promise<unknown>, params: readonly unknown[]) => Promise<unknown>

const honest: Middleman = (_method, pass) => pass()

function clientWith(middleman: Middleman) {
  const request = ({ method, params }: { method: string; params?: unknown }) =>
    middleman(method, () => chain.request(method, params as readonly unknown[]), params as readonly unknown[])
  return createPublicClient({ chain: hardhat, transport: custom({ request }, { retryCount: 0 }) })
}

function senderWith(middleman: Middleman = honest, options: Partial<SendOptions> = {}) {
  return new TransactionSender({
    client: clientWith(middleman),
    account,
    options: { confirmations: 1, pollMs: 5, pollsMax: 400, ...options },
  })
}

const settlement = () => ({ address: chain.settlement, abi: settlementAbi })

/** Something that can be done again and again. */
const register = (): ChainCall =>
  chainCall(settlement(), 'registerPayees', [[lowerHex(privateKeyToAccount(generatePrivateKey()).address)]])

const nonceNow = () => chain.client.getTransactionCount({ address: account.address })

const payeeCount = () => chain.client.readContract({ ...settlement(), functionName: 'payeeCount' })

function hashOf(outcome: SendOutcome): Hex {
  assert.ok('transactionHash' in outcome, JSON.stringify(outcome.status))
  return outcome.transactionHash
}

before(async () => {
  chain = await LocalSettlement.start()
})

after(() => chain.close())

describe('the sender of transactions', () => {
  it('names the contract’s reason for a call that cannot happen, with its arguments, and sends nothing', async () => {
    const nonce = await nonceNow()
    const outcome = await senderWith().send(chainCall(settlement(), 'finalise', [7n]))
    assert.deepEqual(outcome, { status: 'refused', code: 'EpochNotFinal', args: [7n, 0] })
    assert.equal(await nonceNow(), nonce)
  })

  it('names a reason that another contract gave', async () => {
    const outcome = await senderWith().send(chainCall(settlement(), 'deposit', [parseEther('1')]))
    assert.ok(
      outcome.status === 'refused' && outcome.code === 'ERC20InsufficientAllowance',
      JSON.stringify(outcome.status),
    )
  })

  it('sends nothing when blocks ask for more than it may offer', async () => {
    const outcome = await senderWith(honest, { maxFeePerGasWei: 1n }).send(register())
    assert.ok(outcome.status === 'refused' && outcome.code === 'FEE_ABOVE_CAP')
    assert.equal(outcome.args[1], 1n)
  })

  it('sends nothing for a wallet that cannot pay for gas', async () => {
    const poor = privateKeyToAccount(generatePrivateKey())
    const options = { confirmations: 1, pollMs: 5, pollsMax: 10 }
    const outcome = await new TransactionSender({ client: clientWith(honest), account: poor, options }).send(register())
    assert.ok(outcome.status === 'refused' && outcome.code === 'INSUFFICIENT_FUNDS')
  })

  it('sends nothing behind a transaction that waits', async () => {
    const nonce = await nonceNow()
    const sender = senderWith(async (method, pass, params) =>
      method === 'eth_getTransactionCount' && params[1] === 'pending' ? `0x${(nonce + 1).toString(16)}` : pass(),
    )
    const outcome = await sender.send(register())
    assert.deepEqual(outcome, { status: 'refused', code: 'TRANSACTION_PENDING', args: [] })
    assert.equal(await nonceNow(), nonce)
  })

  it('takes the place of a transaction that waits where that is asked for, at twice the fees and under its nonce', async () => {
    const nonce = await nonceNow()
    const sent: { nonce: number | undefined; fee: bigint }[] = []
    const waiting: Middleman = async (method, pass, params) => {
      if (method === 'eth_getTransactionCount' && params[1] === 'pending') return `0x${(nonce + 1).toString(16)}`
      // Each empty block lowers it.
      if (method === 'eth_getBlockByNumber') return { ...((await pass()) as object), baseFeePerGas: '0x3b9aca00' }
      if (method !== 'eth_sendRawTransaction') return pass()
      const { nonce: own, maxFeePerGas } = parseTransaction(params[0] as Hex)
      sent.push({ nonce: own, fee: maxFeePerGas ?? 0n })
      throw new TypeError('socket hang up')
    }
    await senderWith((method, pass, params) => (params?.[1] === 'pending' ? pass() : waiting(method, pass, params)), {
      pollsMax: 1,
    }).send(register())
    await senderWith(waiting, { pollsMax: 1, isReplacing: true }).send(register())
    assert.deepEqual(
      sent.map(own => own.nonce),
      [nonce, nonce],
    )
    assert.equal(sent[1]?.fee, (sent[0]?.fee ?? 0n) * 2n)
  })

  /** The chain's queue has a transaction that offers this for a gas, and wants a tenth more for its place. */
  function queueWith(waitingFee: bigint, nonce: number, fees: bigint[]): Middleman {
    return async (method, pass, params) => {
      if (method === 'eth_getTransactionCount' && params[1] === 'pending') return `0x${(nonce + 1).toString(16)}`
      if (method !== 'eth_sendRawTransaction') return pass()
      const { maxFeePerGas = 0n } = parseTransaction(params[0] as Hex)
      fees.push(maxFeePerGas)
      if (maxFeePerGas * 10n >= waitingFee * 11n) return pass()
      throw Object.assign(new Error('replacement transaction underpriced'), { code: -32_000 })
    }
  }

  it('offers more for the place of a transaction that waits until the queue takes it', async () => {
    const [nonce, fees] = [await nonceNow(), [] as bigint[]]
    const outcome = await senderWith(queueWith(10n ** 10n, nonce, fees), { isReplacing: true }).send(register())
    assert.equal(outcome.status, 'confirmed')
    assert.equal(await nonceNow(), nonce + 1)
    assert.ok((fees.at(-1) ?? 0n) <= 15n * 10n ** 9n)
  })

  it('offers no more than it may, nor again and again, for the place of a transaction that waits', async () => {
    const nonce = await nonceNow()
    const [capped, all] = [[] as bigint[], [] as bigint[]]
    const cap = { isReplacing: true, pollsMax: 30, maxFeePerGasWei: 6n * 10n ** 9n }
    assert.equal((await senderWith(queueWith(10n ** 11n, nonce, capped), cap).send(register())).status, 'unknown')
    assert.ok(capped.every(fee => fee <= 6n * 10n ** 9n))
    const free = { isReplacing: true, pollsMax: 30 }
    assert.equal((await senderWith(queueWith(10n ** 20n, nonce, all), free).send(register())).status, 'unknown')
    assert.equal(new Set(all).size, 11)
    assert.equal(await nonceNow(), nonce)
  })

  it('sends nothing when it is interrupted before', async () => {
    const nonce = await nonceNow()
    const abort = new AbortController()
    const sender = senderWith(async (method, pass) => {
      if (method === 'eth_estimateGas') abort.abort()
      return pass()
    })
    await assert.rejects(sender.send(register(), abort.signal), { name: 'AbortError' })
    assert.equal((await sender.send(register())).status, 'confirmed')
    assert.equal(await nonceNow(), nonce + 1)
  })

  it('lets an error of a chain that does not answer through, because nothing was sent', async () => {
    const sender = senderWith(async (method, pass) => {
      if (method === 'eth_estimateGas') throw new TypeError('socket hang up')
      return pass()
    })
    await assert.rejects(sender.send(register()))
  })

  it('finds out what became of a transaction when the answer to sending it was lost', async () => {
    const nonce = await nonceNow()
    let sentCount = 0
    const sender = senderWith(async (method, pass) => {
      const answer = await pass()
      if (method !== 'eth_sendRawTransaction') return answer
      sentCount++
      throw new TypeError('socket hang up')
    })
    assert.equal((await sender.send(register())).status, 'confirmed')
    assert.ok(sentCount >= 1)
    assert.equal(await nonceNow(), nonce + 1)
  })

  it('says unknown while a transaction is nowhere, sends nothing else meanwhile, and the very same again', async () => {
    const raws = new Set<unknown>()
    let isLost = true
    const sender = senderWith(
      async (method, pass, params) => {
        if (method !== 'eth_sendRawTransaction') return pass()
        raws.add(params[0])
        if (isLost) throw new TypeError('socket hang up')
        return pass()
      },
      { pollsMax: 3 },
    )
    const [call, count] = [register(), await payeeCount()]
    const unknown = await sender.send(call)
    assert.equal(unknown.status, 'unknown')
    const other = await sender.send(register())
    assert.deepEqual(other, { status: 'refused', code: 'TRANSACTION_PENDING', args: [hashOf(unknown)] })
    isLost = false
    let outcome = await sender.send(call)
    for (let round = 0; round < 100 && outcome.status === 'unknown'; round++) outcome = await sender.send(call)
    assert.equal(outcome.status, 'confirmed')
    assert.equal(hashOf(outcome), hashOf(unknown))
    assert.equal(raws.size, 1)
    assert.equal(await payeeCount(), count + 1)
  })

  it('offers more under the same nonce once blocks ask for more, up to its cap', async () => {
    const sent: { nonce: number | undefined; fee: bigint }[] = []
    let baseFee = 10n ** 9n
    const sender = senderWith(
      async (method, pass, params) => {
        if (method === 'eth_sendRawTransaction') {
          const { nonce, maxFeePerGas } = parseTransaction(params[0] as Hex)
          sent.push({ nonce, fee: maxFeePerGas ?? 0n })
          throw new TypeError('socket hang up')
        }
        const answer = await pass()
        if (method !== 'eth_getBlockByNumber') return answer
        return { ...(answer as object), baseFeePerGas: `0x${baseFee.toString(16)}` }
      },
      { pollsMax: 1, maxFeePerGasWei: 20n * 10n ** 9n },
    )
    const call = register()
    await sender.send(call)
    baseFee = 8n * 10n ** 9n
    await sender.send(call)
    baseFee = 10n ** 12n
    await sender.send(call)
    assert.equal(new Set(sent.map(({ nonce }) => nonce)).size, 1)
    const [first, second, third] = sent.map(({ fee }) => fee) as [bigint, bigint, bigint]
    assert.ok(second * 10n >= first * 11n && second <= 20n * 10n ** 9n)
    assert.equal(third, second)
  })

  it('does not count a transaction before enough blocks hold it', async () => {
    const outcome = await senderWith(honest, { confirmations: 3 }).send(register())
    assert.ok(outcome.status === 'confirmed')
    assert.ok((await chain.client.getBlockNumber()) >= outcome.receipt.blockNumber + 2n)
  })

  it('sends the very same again when its block was taken back', async () => {
    const raws: unknown[] = []
    let seenCount = 0
    const sender = senderWith(
      async (method, pass, params) => {
        if (method === 'eth_sendRawTransaction') raws.push(params[0])
        const answer = await pass()
        const isReceipt = method === 'eth_getTransactionReceipt' && answer !== null
        return isReceipt && ++seenCount === 2 ? null : answer
      },
      { confirmations: 4 },
    )
    assert.equal((await sender.send(register())).status, 'confirmed')
    assert.ok(raws.length >= 2)
    assert.equal(new Set(raws).size, 1)
  })

  it('does not believe a receipt out of a block that is not on the chain', async () => {
    let askedCount = 0
    const sender = senderWith(async (method, pass) => {
      const answer = await pass()
      if (method !== 'eth_getTransactionReceipt' || answer === null || ++askedCount > 1) return answer
      return { ...(answer as object), blockHash: `0x${'0b'.repeat(32)}` }
    })
    const outcome = await sender.send(register())
    assert.ok(outcome.status === 'confirmed' && askedCount >= 2)
    const { hash } = await chain.client.getBlock({ blockNumber: outcome.receipt.blockNumber })
    assert.equal(outcome.receipt.blockHash, hash)
  })

  it('says that nothing happened when another transaction took the nonce', async () => {
    const taken = await nonceNow()
    await chain.write(account, register())
    const sender = senderWith(async (method, pass, params) => {
      if (method === 'eth_getTransactionCount' && (params[1] === 'latest' || params[1] === 'pending')) {
        return `0x${taken.toString(16)}`
      }
      return pass()
    })
    assert.deepEqual(await sender.send(register()), { status: 'refused', code: 'NONCE_USED', args: [] })
  })

  it('does not believe one answer of a provider that is behind', async () => {
    let hiddenCount = 2
    const sender = senderWith(async (method, pass) => {
      if (method !== 'eth_getTransactionReceipt') return pass()
      const answer = await pass()
      return answer !== null && hiddenCount-- > 0 ? null : answer
    })
    assert.equal((await sender.send(register())).status, 'confirmed')
  })

  it('says why a transaction reverted that the state overtook', async () => {
    const amount = parseEther('1')
    await chain.fund(account.address, '1')
    const { token } = chain.addresses
    const args = [chain.settlement, amount] as const
    await chain.write(account, { address: token, abi: dpcTokenAbi, functionName: 'approve', args })
    const sender = senderWith(async (method, pass) => {
      const answer = await pass()
      if (method === 'eth_estimateGas') {
        await chain.write(published(0), { ...settlement(), functionName: 'stopDeposits', args: [] })
      }
      return answer
    })
    const outcome = await sender.send(chainCall(settlement(), 'deposit', [amount]))
    assert.ok(outcome.status === 'reverted', outcome.status)
    assert.equal(outcome.code, 'DepositsAreStopped')
  })

  it('sends calls of one moment one after the other', async () => {
    const nonce = await nonceNow()
    const sender = senderWith()
    const outcomes = await Promise.all([register(), register(), register()].map(call => sender.send(call)))
    assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['confirmed']))
    assert.equal(await nonceNow(), nonce + 3)
  })

  it('ends its waiting at an abort, with the transaction’s hash', async () => {
    const abort = new AbortController()
    const sender = senderWith(async (method, pass) => {
      if (method !== 'eth_sendRawTransaction') return pass()
      abort.abort()
      throw new TypeError('socket hang up')
    })
    assert.equal((await sender.send(register(), abort.signal)).status, 'unknown')
  })
})
