import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LedgerEvent } from '../journal/event.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import { Actor } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { problemIn } from './forgery.spec.fixture.ts'

const ann = new Actor(1)
const bob = new Actor(2)

const ledger = new TestLedger()
ledger.deposit(ann.address, 1_000n)
const pay = (nonce: bigint, amountMicrocredits: bigint) =>
  ann.transfer({ to: bob.address, nonce, amountMicrocredits, lane: 1_023 })
ledger.refuse({ type: 'TransferCredits', transfer: pay(1n, 9_000n) }, 'INSUFFICIENT_CREDITS')
ledger.accept({ type: 'TransferCredits', transfer: pay(2n, 5n) })
const [opened, deposited, refused, transferred] = ledger.events as [
  LedgerEvent,
  LedgerEvent,
  LedgerEvent & { type: 'CommandRefused' },
  LedgerEvent & { type: 'CreditsTransferred' },
]

function refusedWith(data: object, event: object = {}): readonly LedgerEvent[] {
  return [opened, deposited, { ...refused, ...event, data: { ...refused.data, ...data } } as LedgerEvent]
}

const insufficient: LedgerRefusal = {
  code: 'INSUFFICIENT_CREDITS',
  requiredMicrocredits: 9n,
  availableMicrocredits: 8n,
}
const exhausted: LedgerRefusal = { code: 'REWARDS_EXHAUSTED', requiredMicrocredits: 9n, availableMicrocredits: 0n }
const capped = {
  code: 'CAP_EXCEEDED',
  cap: 'hour',
  limitMicrocredits: 10n,
  usedMicrocredits: 6n,
  requestedMicrocredits: 5n,
} as const
const granted = {
  code: 'GRANT_CAP_REACHED',
  day: 20_000,
  limitMicrocredits: 10n,
  grantedMicrocredits: 10n,
  amountMicrocredits: 1n,
} as const

describe('the auditor takes a refusal for good when', () => {
  const reasons: readonly (readonly [string, LedgerRefusal])[] = [
    ['less is available than is required', insufficient],
    ['the budget has less', exhausted],
    ['a cap would be passed by 1 µcr', capped],
    ['the day’s grants would pass their limit', granted],
    ['the last of sixteen linked commands has a reason', { code: 'LINK_FAILED', index: 15, refusal: capped }],
  ]
  for (const [name, refusal] of reasons) {
    it(name, () => assert.equal(problemIn(refusedWith({ refusal })), undefined))
  }
})

describe('the auditor refuses a refusal for good when', () => {
  const none = 'refuses for a reason that is none'
  const wrong: readonly (readonly [string, object, string | RegExp])[] = [
    ['as much is available as is required', { ...insufficient, availableMicrocredits: 9n }, none],
    ['more is available', { ...insufficient, availableMicrocredits: 10n }, none],
    ['less than nothing is available', { ...insufficient, availableMicrocredits: -1n }, none],
    ['nothing is required', { ...insufficient, requiredMicrocredits: 0n, availableMicrocredits: 0n }, none],
    ['it does not say what is required', { code: 'INSUFFICIENT_CREDITS', availableMicrocredits: 8n }, none],
    ['what is required is no amount', { ...insufficient, requiredMicrocredits: 'much' }, none],
    ['the budget has enough', { ...exhausted, availableMicrocredits: 9n }, none],
    ['the cap is just reached', { ...capped, requestedMicrocredits: 4n }, none],
    ['less than nothing was used of the cap', { ...capped, usedMicrocredits: -1n, requestedMicrocredits: 20n }, none],
    ['the cap is below nothing', { ...capped, limitMicrocredits: -1n }, none],
    ['the grant has room', { ...granted, grantedMicrocredits: 9n }, none],
    ['it has no sixteen commands', { code: 'LINK_FAILED', index: 16, refusal: capped }, none],
    ['it blames the command before the first', { code: 'LINK_FAILED', index: -1, refusal: capped }, none],
    [
      'the linked command has no reason',
      { code: 'LINK_FAILED', index: 0, refusal: { ...granted, amountMicrocredits: 0n } },
      none,
    ],
    ['the linked command was not refused', { code: 'LINK_FAILED', index: 0 }, /^cannot be judged as CommandRefused/],
    [
      'it would be found anew at each try',
      { code: 'NONCE_USED', nonce: 1n, lastNonce: 1n },
      'journals a refusal with NONCE_USED, which is not for good',
    ],
    [
      'a linked command’s refusal would be',
      { code: 'LINK_FAILED', index: 0, refusal: { code: 'NONCE_USED', nonce: 1n, lastNonce: 1n } },
      'journals a refusal with LINK_FAILED, which is not for good',
    ],
  ]
  for (const [name, refusal, problem] of wrong) {
    it(name, () => {
      const found = problemIn(refusedWith({ refusal })) ?? ''
      if (typeof problem === 'string') assert.equal(found, problem)
      else assert.match(found, problem)
    })
  }

  it('it is of no signed command', () => {
    for (const commandId of ['inbox:7', 'link:7', `link:link:0x${'ab'.repeat(32)}`, `0x${'ab'.repeat(31)}`]) {
      assert.equal(problemIn(refusedWith({}, { commandId })), 'refuses what is no signed command', commandId)
    }
  })

  it('it moves credits', () => {
    const entries = [
      { account: `wallet:${ann.address}`, amountMicrocredits: -5n },
      { account: `wallet:${bob.address}`, amountMicrocredits: 5n },
    ]
    assert.match(problemIn(refusedWith({}, { entries })) ?? '', /the signature allows 0 µcr/)
  })
})

describe('the auditor', () => {
  it('takes the last lane, and refuses the one after it', () => {
    assert.equal(problemIn(ledger.events), undefined)
    const { transfer } = transferred.data
    const beyond = {
      ...transferred,
      data: { transfer: { ...transfer, message: { ...transfer.message, lane: 1_024 } } },
    }
    assert.equal(problemIn([opened, deposited, refused, beyond]), 'uses lane 1024, where 1023 is the last')
  })

  it('refuses what happens although its command was refused for good, until the refusal is forgotten', () => {
    const happens = { ...transferred, commandId: refused.commandId }
    assert.equal(problemIn([opened, deposited, refused, happens]), 'happens although its command was refused')
    const forgottenMs = Number(refused.data.deadline ?? 0n) * 1_000 + 600_000
    const before = { ...happens, atMs: forgottenMs - 1 }
    assert.equal(problemIn([opened, deposited, refused, before]), 'happens although its command was refused')
    assert.match(problemIn([opened, deposited, refused, { ...happens, atMs: forgottenMs }]) ?? '', /deadline/)
  })
})
