import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress } from '../hex.ts'
import { Actor, testConfig020, testStartMs } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { type NodeRegistration, nodeRegistrationType } from './node-registration.ts'

const node = new Actor(3)
const wallet = new Actor(4)
const thief = new Actor(5)

function register(signer: Actor, fields: Partial<NodeRegistration>) {
  const { message } = node.registration({ payoutWallet: wallet.address, ...fields })
  return { type: 'RegisterNode', registration: signer.sign(nodeRegistrationType, message) } as const
}

function payoutWallet(ledger: TestLedger) {
  return ledger.state.nodes.get(node.address)?.payoutWallet
}

describe('a node’s first registration', () => {
  it('is refused under any signature but the node’s, the payout wallet’s included', () => {
    for (const signer of [wallet, thief]) new TestLedger().refuse(register(signer, {}), 'INVALID_SIGNATURE')
  })

  it('is refused to a wallet that nobody has', () => {
    const { refusal } = new TestLedger().refuse(register(node, { payoutWallet: zeroAddress }), 'MALFORMED')
    assert.equal(refusal.code === 'MALFORMED' && refusal.field, 'payoutWallet')
  })

  it('is refused in another spelling of the same address, which would be another account', () => {
    const payoutWallet = wallet.address.toUpperCase().replace('0X', '0x') as `0x${string}`
    new TestLedger().refuse(register(node, { payoutWallet }), 'MALFORMED')
  })

  it('is refused at its deadline, and with one beyond 30 days', () => {
    const seconds = BigInt(testStartMs / 1000)
    new TestLedger().refuse(register(node, { deadline: seconds }), 'DEADLINE_PASSED')
    new TestLedger().refuse(register(node, { deadline: seconds + 2_592_001n }), 'DEADLINE_TOO_FAR')
  })

  it('binds the node to the wallet, and the same again is a repetition', () => {
    const ledger = new TestLedger()
    ledger.accept(register(node, {}))
    assert.equal(payoutWallet(ledger), wallet.address)
    assert.equal(ledger.accept(register(node, {})).repeated, true)
  })
})

describe('a later registration', () => {
  it('is refused to the node’s key: a thief of it signs receipts, and takes no money', () => {
    const ledger = new TestLedger()
    ledger.accept(register(node, {}))
    ledger.refuse(register(node, { payoutWallet: thief.address, nonce: 2n }), 'INVALID_SIGNATURE')
    ledger.refuse(register(thief, { payoutWallet: thief.address, nonce: 2n }), 'INVALID_SIGNATURE')
    assert.equal(payoutWallet(ledger), wallet.address)
  })

  it('is refused with a nonce that is not higher', () => {
    const ledger = new TestLedger()
    ledger.accept(register(node, { nonce: 5n }))
    for (const nonce of [4n, 5n]) ledger.refuse(register(wallet, { payoutWallet: thief.address, nonce }), 'NONCE_USED')
  })

  it('is made by the wallet alone, which gives its say away with it', () => {
    const ledger = new TestLedger()
    ledger.accept(register(node, {}))
    const moved = register(wallet, { payoutWallet: thief.address, nonce: 2n })
    ledger.accept(moved)
    assert.equal(ledger.accept(moved).repeated, true)
    ledger.refuse(register(wallet, { nonce: 3n }), 'INVALID_SIGNATURE')
    ledger.accept(register(thief, { nonce: 3n }))
    assert.equal(payoutWallet(ledger), wallet.address)
  })

  it('does not let the node use its receipt sequences again, in a journal of 0.2.0', () => {
    const ledger = new TestLedger(testConfig020)
    ledger.deposit(thief.address, 3_000_000n)
    const first = ledger.assigned(thief.order({ nonce: 1n }), node)
    ledger.settle(node.receipt(first, { sequence: 9n }))
    ledger.accept(register(node, { nonce: 2n }))
    const second = ledger.assigned(thief.order({ nonce: 2n }), node)
    ledger.refuse({ type: 'ReceiveReceipt', receipt: node.receipt(second, { sequence: 9n }) }, 'SEQUENCE_USED')
  })
})
