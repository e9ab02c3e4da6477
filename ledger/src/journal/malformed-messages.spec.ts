import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Purchase, purchaseType } from '../account/purchase.ts'
import { type Address, type Hex, zeroAddress, zeroHash } from '../hex.ts'
import { holdSecondsMax, type JobOrder } from '../hold/job-order.ts'
import { type UsageReceipt, usageReceiptType } from '../receipt/usage-receipt.ts'
import { Actor, digestOfOrder, testConfig, testStartMs } from '../testing/actors.ts'
import { escrowOrder } from '../testing/escrow-actors.ts'
import { iou } from '../testing/iou-actors.ts'
import { permissionOf, revocationOf } from '../testing/permission-actors.ts'
import { grantOf } from '../testing/rewards-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import type { LedgerCommand } from './command.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const node = new Actor(11)
const soon = BigInt(testStartMs / 1000 + 600)
const amount = { amountMicrocredits: 1n, nonce: 1n }
const upper = (hex: string) => `0x${hex.slice(2).toUpperCase()}` as Address

function transfer(to: Address, fields: { lane?: number; signature?: Hex } = {}): LedgerCommand {
  const { signature, ...message } = fields
  const signed = ann.transfer({ to, ...amount, ...message })
  return { type: 'TransferCredits', transfer: { ...signed, signature: signature ?? signed.signature } }
}

function purchase(seller: Address): LedgerCommand {
  const message = { wallet: ann.address, seller, reference: zeroHash, lane: 0, deadline: soon, ...amount }
  return { type: 'BuyService', purchase: ann.sign<Purchase>(purchaseType, message) }
}

const order = (fields: Partial<JobOrder>): LedgerCommand => ({
  type: 'OpenHold',
  order: ann.order({ nonce: 1n, ...fields }),
})

const escrow = (fields: Partial<Parameters<typeof escrowOrder>[1]>): LedgerCommand => ({
  type: 'OpenEscrow',
  order: escrowOrder(ann, { seller: bob.address, nonce: 1n, ...fields }),
})

const promise = (creditor: Address): LedgerCommand => ({ type: 'IssueIou', iou: iou(ann, { creditor, nonce: 1n }) })

const permission = (fields: Parameters<typeof permissionOf>[2], delegate = bob): LedgerCommand => ({
  type: 'GrantPermission',
  permission: permissionOf(ann, delegate, fields),
})

const grant = (wallet: Address, reason = 'welcome'): LedgerCommand => ({
  type: 'GrantCredits',
  grant: grantOf(wallet, { nonce: 1n, reason }),
})

function receipt(outcome: number): LedgerCommand {
  const { message } = node.receipt(zeroHash, {})
  return { type: 'ReceiveReceipt', receipt: node.sign<UsageReceipt>(usageReceiptType, { ...message, outcome }) }
}

const link = (...commands: readonly LedgerCommand[]): LedgerCommand => ({ type: 'Link', commands })

const noWallet = 'the zero address is no wallet'
const noKey = 'the zero address has no key'
const ownKey = 'must differ from the wallet, which needs no permission'
const sixtyFive = 'expected 65 bytes of hexadecimal'
const engines = 'expected some of wasm and docker'
const countOfLinked = 'expected 2 to 16 commands'
const noBigint = 'expected a text that is no number followed by n'
const tooLate = 'must lie less than 2592000 s after the deadline'

const refusals: readonly (readonly [string, LedgerCommand, string, string])[] = [
  ['a transfer to oneself', transfer(ann.address), 'to', 'must differ from the sender'],
  ['a transfer to the zero address', transfer(zeroAddress), 'to', noWallet],
  ['a transfer to an address in capitals', transfer(upper(bob.address)), 'to', 'expected lower case'],
  ['a short signature', transfer(bob.address, { signature: '0x12' }), 'signature', sixtyFive],
  ['a signature of 66 bytes', transfer(bob.address, { signature: `0x${'00'.repeat(66)}` }), 'signature', sixtyFive],
  ['the first lane that there is not', transfer(bob.address, { lane: 1_024 }), 'lane', 'expected less than 1024'],
  ['a purchase from oneself', purchase(ann.address), 'seller', 'must differ from the buyer'],
  ['a purchase from the zero address', purchase(zeroAddress), 'seller', noWallet],
  ['an unknown engine', order({ engine: 'native' as 'wasm' }), 'engine', 'expected wasm or docker'],
  ['no priority', order({ priority: 0 }), 'priority', 'expected 1 (normal) or 2 (high)'],
  ['a third priority', order({ priority: 3 }), 'priority', 'expected 1 (normal) or 2 (high)'],
  ['grace for a whole month', order({ graceSeconds: holdSecondsMax }), 'graceSeconds', 'expected less than 2592000'],
  ['a job without time', order({ wallMsMax: 0n }), 'wallMsMax', 'expected at least 1'],
  ['an escrow for oneself', escrow({ seller: ann.address }), 'seller', 'must differ from the wallet'],
  ['an escrow for the zero address', escrow({ seller: zeroAddress }), 'seller', noWallet],
  ['an escrow that ends first', escrow({ expires: soon - 1n }), 'expires', 'must not lie before the deadline'],
  ['an escrow for a whole month', escrow({ expires: soon + 2_592_000n }), 'expires', tooLate],
  ['an IOU to oneself', promise(ann.address), 'creditor', 'must differ from the debtor'],
  ['an IOU to the zero address', promise(zeroAddress), 'creditor', noWallet],
  ['a permission for oneself', permission({}, ann), 'delegate', ownKey],
  ['a permission for the zero address', permission({ delegate: zeroAddress }), 'delegate', noKey],
  [
    'a permission that names too many',
    permission({ counterparties: Array(33).fill(bob.address) }),
    'counterparties',
    'expected at most 32 addresses',
  ],
  [
    'a permission that names an address in capitals',
    permission({ counterparties: [bob.address, upper(bob.address)] }),
    'counterparties',
    'expected lower case',
  ],
  ['a permission for an unknown engine', permission({ engines: ['wasm', 'native'] }), 'engines', engines],
  ['a permission for too many engines', permission({ engines: ['wasm', 'docker', 'wasm'] }), 'engines', engines],
  ['a revocation of oneself', { type: 'RevokePermission', revocation: revocationOf(ann, ann, 1n) }, 'delegate', ownKey],
  ['an outcome behind the last', receipt(6), 'outcome', 'expected 0 to 5'],
  [
    'a node that is paid to the zero address',
    { type: 'RegisterNode', registration: node.registration({ payoutWallet: zeroAddress }) },
    'payoutWallet',
    noWallet,
  ],
  ['a grant to the zero address', grant(zeroAddress), 'wallet', noWallet],
  ['a grant with a long reason', grant(bob.address, 'x'.repeat(257)), 'reason', 'expected at most 256 characters'],
  ['a grant with a number for a reason', grant(bob.address, '-12n'), 'reason', noBigint],
  ['a grant with half a character for a reason', grant(bob.address, '\ud83d'), 'reason', noBigint],
  ['a link of nothing', link(), 'commands', countOfLinked],
  ['a link of one command', link(transfer(bob.address)), 'commands', countOfLinked],
  ['a link of 17 commands', link(...Array(17).fill(transfer(bob.address))), 'commands', countOfLinked],
  [
    'a link of one command twice',
    link(...Array(2).fill(transfer(bob.address))),
    'commands',
    'expected no command twice',
  ],
  [
    'a link with what nobody signs',
    link(transfer(bob.address), { type: 'CloseEpoch', epoch: 1 }),
    'commands',
    'expected signed commands',
  ],
]

const acceptances: readonly (readonly [string, LedgerCommand])[] = [
  ['a transfer in the last lane', transfer(bob.address, { lane: 1_023 })],
  ['the high priority', order({ priority: 2 })],
  ['grace for a second less than a month', order({ graceSeconds: holdSecondsMax - 1, deadline: soon - 599n })],
  ['a job of one millisecond', order({ wallMsMax: 1n })],
  ['an escrow that ends at its deadline', escrow({ expires: soon })],
  ['an escrow for a second less than a month', escrow({ deadline: soon - 599n, expires: soon + 2_591_400n })],
  ['a permission that names as many as it may', permission({ counterparties: Array(32).fill(bob.address) })],
  ['a permission for both engines', permission({ engines: ['wasm', 'docker'] })],
  ['a grant with a long reason', grant(bob.address, 'x'.repeat(256))],
  ['a grant with a reason that ends like a number', grant(bob.address, 'x1n')],
]

function ledgerWithCredits(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 10_000_000n)
  ledger.fundRewards(10_000_000n)
  return ledger
}

describe('a message that cannot be meant is refused as malformed, with its field and what is wrong:', () => {
  for (const [what, command, field, problem] of refusals) {
    it(what, () => {
      const ledger = ledgerWithCredits()
      const before = ledger.events.length
      const { refusal } = ledger.refuse(command, 'MALFORMED')
      assert.deepEqual(refusal, { code: 'MALFORMED', field, problem })
      assert.equal(ledger.events.length, before, 'nothing is journalled')
    })
  }
})

describe('a message at the bound of what can be meant is accepted:', () => {
  for (const [what, command] of acceptances) {
    it(what, () => assert.equal(ledgerWithCredits().accept(command).repeated, false))
  }
})

describe('a command that contradicts what was decided names the command and the field:', () => {
  it('another opening of the ledger', () => {
    const config = { ...testConfig, feeBasisPoints: 1 }
    const { refusal } = new TestLedger().refuse({ type: 'OpenLedger', config }, 'COMMAND_CONFLICT')
    assert.deepEqual(refusal, { code: 'COMMAND_CONFLICT', commandId: 'open', field: 'config' })
  })

  it('an assignment out of its turn', () => {
    const ledger = ledgerWithCredits()
    const opened = ann.order({ nonce: 1n })
    const orderDigest = digestOfOrder(opened)
    ledger.accept({ type: 'OpenHold', order: opened })
    ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    const assign = { type: 'AssignHold', orderDigest, node: node.address, attempt: 2 } as const
    const { refusal } = ledger.refuse(assign, 'COMMAND_CONFLICT')
    assert.deepEqual(refusal, { code: 'COMMAND_CONFLICT', commandId: `assign:${orderDigest}:2`, field: 'attempt' })
  })

  it('another burn of an epoch', () => {
    const ledger = ledgerWithCredits()
    ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
    const final = { type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 1n, place } as const
    const { refusal } = ledger.refuse(final, 'COMMAND_CONFLICT')
    assert.deepEqual(refusal, { code: 'COMMAND_CONFLICT', commandId: 'epoch-final:1', field: 'burnMicrocredits' })
    const { refusal: early } = ledger.refuse({ type: 'CloseEpoch', epoch: 3 }, 'EPOCH_OUT_OF_ORDER')
    assert.deepEqual(early, { code: 'EPOCH_OUT_OF_ORDER', expectedEpoch: 2, epoch: 3 })
  })

  it('a command that was decided alone, in a link', () => {
    const ledger = ledgerWithCredits()
    const { commandId } = ledger.accept(transfer(bob.address))
    const second = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: 2n })
    const linked = link(transfer(bob.address), { type: 'TransferCredits', transfer: second })
    const { refusal } = ledger.refuse(linked, 'LINK_FAILED')
    const conflict = { code: 'COMMAND_CONFLICT', commandId, field: 'link' }
    assert.deepEqual(refusal, { code: 'LINK_FAILED', index: 0, refusal: conflict })
  })
})
