import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, parseTransaction, type TransactionSerializableEIP1559 } from 'viem'
import { type Wait, waitOnTimer } from '../../poll-loop.ts'
import type { OutgoingCall } from '../../settlement/token-chain.port.ts'
import { LocalSettlement, must, register } from './local-settlement.spec.fixture.ts'

const net = new LocalSettlement()

type LostOptions = {
  readonly capWei?: bigint
  readonly isKeptOut: boolean
  readonly times?: number
  readonly costMaxWei?: OutgoingCall['costMaxWei']
}

describe('the poster’s account', () => {
  it('names the contract’s reason for a call that cannot happen, and sends nothing', async () => {
    const chain = net.chainOf()
    const { nonce } = await chain.posterView(1, [])
    assert.deepEqual(await chain.send({ type: 'finalise', epoch: 1 }, nonce), {
      status: 'reverted',
      code: 'EpochNotFinal',
    })
    assert.equal((await chain.posterView(1, [])).nonce, nonce)
  })

  it('never takes another nonce: what was decided on an older state is refused', async () => {
    const chain = net.chainOf()
    const { nonce } = await chain.posterView(1, [])
    assert.equal((await chain.send(register(), nonce)).status, 'confirmed')
    assert.deepEqual(await net.chainOf().send(register(), nonce), { status: 'reverted', code: 'NONCE_USED' })
    assert.equal((await chain.posterView(1, [])).nonce, nonce + 1)
  })

  it('finds out what became of a transaction when the answer to sending it was lost', async () => {
    const transport = net.through(async (method, _, pass) => {
      const answer = await pass()
      if (method === 'eth_sendRawTransaction') throw new TypeError('socket hang up')
      return answer
    })
    const chain = net.chainOf({ transport })
    const { nonce } = await chain.posterView(1, [])
    assert.equal((await chain.send(register(), nonce)).status, 'confirmed')
    assert.equal((await chain.posterView(1, [])).nonce, nonce + 1)
  })

  it('says unknown while a transaction is nowhere, and sends the very same one again', async () => {
    const raw: unknown[] = []
    let isLost = true
    const transport = net.through(async (method, params, pass) => {
      if (method === 'eth_sendRawTransaction') {
        raw.push(params[0])
        if (isLost) throw new TypeError('socket hang up')
      }
      return pass()
    })
    const wait: Wait = (ms, signal) => (isLost ? Promise.resolve() : waitOnTimer(ms, signal))
    const chain = net.chainOf({ transport, wait, options: { receiptPollMs: 1, receiptPollsMax: 300 } })
    const { nonce } = await chain.posterView(1, [])
    const call = register()
    assert.equal((await chain.send(call, nonce)).status, 'unknown')
    assert.equal((await chain.send(register(), nonce)).status, 'unknown')
    isLost = false
    assert.equal((await chain.send(call, nonce)).status, 'confirmed')
    assert.equal(new Set(raw).size, 1)
    assert.equal((await chain.posterView(1, [])).nonce, nonce + 1)
  })

  /** What the poster would have offered for a call in each of some attempts, none of which arrives. */
  async function lostTransactions({ capWei, isKeptOut, costMaxWei, times = 3 }: LostOptions) {
    const sent: TransactionSerializableEIP1559[] = []
    const { nonce } = await net.chainOf().posterView(1, [])
    const transport = net.through(async (method, params, pass) => {
      if (method === 'eth_sendRawTransaction') {
        sent.push(parseTransaction(params[0] as Hex) as TransactionSerializableEIP1559)
        throw new TypeError('socket hang up')
      }
      // Each empty block lowers it.
      if (method === 'eth_getBlockByNumber') return { ...((await pass()) as object), baseFeePerGas: '0x3b9aca0' }
      const isQueue = method === 'eth_getTransactionCount' && params[1] === 'pending' && isKeptOut
      return isQueue ? `0x${(nonce + 1).toString(16)}` : pass()
    })
    const options = { receiptPollMs: 1, receiptPollsMax: 1, maxFeePerGasWei: capWei }
    const chain = net.chainOf({ transport, options, wait: () => Promise.resolve() })
    const call = register()
    for (let time = 0; time < times; time++) {
      const [outcome] = await chain.sendAll([{ call, ...(costMaxWei && { costMaxWei }) }], nonce)
      assert.equal(outcome?.status, 'unknown')
    }
    const fees = sent.map(({ maxFeePerGas, maxPriorityFeePerGas }) => ({
      fee: must(maxFeePerGas),
      tip: must(maxPriorityFeePerGas),
    }))
    assert.deepEqual([...new Set(sent.map(transaction => transaction.nonce))], [nonce])
    return fees
  }

  it('offers a tenth more of both fees each time that another transaction with its nonce keeps it out', async () => {
    const fees = await lostTransactions({ isKeptOut: true })
    for (const [index, { fee, tip }] of fees.slice(1).entries()) {
      const before = must(fees[index])
      assert.ok(fee * 10n >= before.fee * 11n && tip * 10n >= before.tip * 11n)
    }
    assert.equal(fees.length, 3)
  })

  it('does not offer more without end because a provider says so', async () => {
    const fees = await lostTransactions({ isKeptOut: true, times: 40 })
    const tips = fees.map(({ tip }) => tip)
    assert.ok(tips.every(tip => tip <= 20n * 10n ** 9n))
    assert.equal(tips.at(-1), tips.at(-2))
  })

  it('never offers more for a gas than it may, and then sends the same again', async () => {
    const [first] = await lostTransactions({ isKeptOut: false })
    const capWei = must(first).fee
    const fees = await lostTransactions({ capWei, isKeptOut: true })
    assert.deepEqual(new Set(fees.map(({ fee }) => fee <= capWei)), new Set([true]))
    const low = await lostTransactions({ capWei: 7n, isKeptOut: false })
    assert.deepEqual(
      low,
      [1, 2, 3].map(() => ({ fee: 7n, tip: 7n })),
    )
  })

  it('offers more for a call that may cost more, as much as its gas allows, and without a bound what it takes', async () => {
    const capWei = 7n
    const [free] = await lostTransactions({ capWei, isKeptOut: false, costMaxWei: 'any' })
    assert.deepEqual(free, must((await lostTransactions({ isKeptOut: false }))[0]))
    const [bounded] = await lostTransactions({ capWei, isKeptOut: false, costMaxWei: 10n ** 9n })
    const { fee } = must(bounded)
    assert.ok(fee > capWei && fee < must(free).fee)
    const [worthless] = await lostTransactions({ capWei, isKeptOut: false, costMaxWei: 1n })
    assert.equal(must(worthless).fee, capWei)
  })

  it('gives calls that are sent together nonces in a row, and none to a call that cannot happen', async () => {
    const chain = net.chainOf()
    const { nonce } = await chain.posterView(1, [])
    const calls = [register(), { type: 'finalise', epoch: 9 } as const, register()]
    const outcomes = await chain.sendAll(
      calls.map(call => ({ call })),
      nonce,
    )
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['confirmed', 'reverted', 'confirmed'],
    )
    assert.equal((await chain.posterView(1, [])).nonce, nonce + 2)
  })

  it('sends nothing else while what became of calls that were sent together is unknown', async () => {
    const raw = new Set<unknown>()
    let isLost = true
    const transport = net.through(async (method, params, pass) => {
      if (method !== 'eth_sendRawTransaction') return pass()
      raw.add(params[0])
      if (isLost) throw new TypeError('socket hang up')
      return pass()
    })
    const wait: Wait = (ms, signal) => (isLost ? Promise.resolve() : waitOnTimer(ms, signal))
    const chain = net.chainOf({ transport, wait, options: { receiptPollMs: 1, receiptPollsMax: 300 } })
    const { nonce } = await chain.posterView(1, [])
    const calls = [{ call: register() }, { call: register() }]
    const statuses = async (wanted: readonly OutgoingCall[]) =>
      (await chain.sendAll(wanted, nonce)).map(({ status }) => status)
    assert.deepEqual(await statuses(calls), ['unknown', 'unknown'])
    assert.deepEqual(await statuses([{ call: register() }]), ['unknown'])
    isLost = false
    assert.deepEqual(await statuses([...calls].reverse()), ['confirmed', 'confirmed'])
    assert.equal(raw.size, 2)
    assert.equal((await chain.posterView(1, [])).nonce, nonce + 2)
  })

  /** A call is sent at a base fee of 1 gwei under a cap of 2; then blocks ask for more, and another call is to be sent with its nonce. */
  async function behindTooLow(next: Pick<OutgoingCall, 'costMaxWei'>, baseFeeWei: bigint) {
    const sent: TransactionSerializableEIP1559[] = []
    let [isLost, feeWei] = [true, 10n ** 9n]
    const transport = net.through(async (method, params, pass) => {
      if (method === 'eth_getBlockByNumber' && isLost) {
        return { ...((await pass()) as object), baseFeePerGas: `0x${feeWei.toString(16)}` }
      }
      if (method !== 'eth_sendRawTransaction') return pass()
      sent.push(parseTransaction(params[0] as Hex) as TransactionSerializableEIP1559)
      if (isLost) throw new TypeError('socket hang up')
      return pass()
    })
    const wait: Wait = (ms, signal) => (isLost ? Promise.resolve() : waitOnTimer(ms, signal))
    const options = { receiptPollMs: 1, receiptPollsMax: 300, maxFeePerGasWei: 2n * 10n ** 9n }
    const chain = net.chainOf({ transport, wait, options })
    const { nonce } = await chain.posterView(1, [])
    await chain.send(register(), nonce)
    feeWei = baseFeeWei
    const calls = [{ call: register(), ...next }]
    await chain.sendAll(calls, nonce)
    const [first, second] = [must(sent[0]), must(sent.at(-1))]
    isLost = false
    const [outcome] = await chain.sendAll(calls, nonce)
    assert.deepEqual([first.nonce, second.nonce], [nonce, nonce])
    return { first, second, outcome }
  }

  it('lets a call that may cost more take the place of one that nobody waits for and no block takes', async () => {
    const { first, second, outcome } = await behindTooLow({ costMaxWei: 'any' }, 10n ** 10n)
    assert.notEqual(second.data, first.data)
    assert.ok(must(second.maxFeePerGas) > 10n ** 10n)
    assert.ok(must(second.maxPriorityFeePerGas) * 10n >= must(first.maxPriorityFeePerGas) * 11n)
    assert.equal(outcome?.status, 'confirmed')
  })

  it('lets no call take a place that blocks still take, nor one that may cost no more', async () => {
    for (const [next, baseFeeWei] of [
      [{ costMaxWei: 'any' }, 10n ** 9n],
      [{}, 10n ** 10n],
    ] as const) {
      const { first, second, outcome } = await behindTooLow(next, baseFeeWei)
      assert.equal(second.data, first.data)
      assert.deepEqual(outcome, { status: 'reverted', code: 'NONCE_USED' })
    }
  })
})
