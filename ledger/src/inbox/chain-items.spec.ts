import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transferType } from '../account/transfer.ts'
import { type Address, type Hex, zeroHash } from '../hex.ts'
import { balanceOf } from '../journal/state.ts'
import { delegatesMax } from '../permission/spend-permission.ts'
import { Actor } from '../testing/actors.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { emissionShares, emissionSharesMax } from './emission-shares.ts'
import type { InboxDetail, InboxKind } from './inbox-item.ts'

const [ann, bob, gateway] = [1, 2, 3].map(number => new Actor(number)) as [Actor, Actor, Actor]
const [node, other] = [11, 12].map(number => new Actor(number)) as [Actor, Actor]
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
const address = (number: number): Address => `0x${number.toString(16).padStart(40, '0')}`

function item(kind: InboxKind, account: Address, amountMicrocredits: bigint, detail: InboxDetail = {}, index = 0) {
  return { type: 'RecordInboxItem', index, kind, account, amountMicrocredits, place, ...detail } as const
}

function close(ledger: TestLedger, epoch: number): void {
  ledger.accept({ type: 'CloseEpoch', epoch })
}

function final(ledger: TestLedger, epoch: number): void {
  const burnMicrocredits = ledger.state.lastEpoch?.burnMicrocredits ?? 0n
  ledger.accept({ type: 'RecordEpochFinal', epoch, burnMicrocredits, place })
}

function cancel(ledger: TestLedger, epoch: number, headEpoch: number): void {
  ledger.accept({ type: 'RecordEpochCancelled', epoch, lastEpoch: epoch, headEpoch, place })
}

describe('an inbox item of another kind than those that bring credits', () => {
  it('is refused without what its kind says, and with what another kind says', () => {
    const ledger = new TestLedger()
    const wrong: readonly (readonly [InboxKind, bigint, InboxDetail])[] = [
      ['emission', 5n, {}],
      ['emission', 5n, { epoch: 1, digest: zeroHash }],
      ['forcedWithdrawal', 0n, {}],
      ['revocation', 0n, { delegate: gateway.address }],
      ['revocation', 0n, { nonce: 1n }],
      ['receipt', 0n, { nonce: 1n }],
      ['receipt', 0n, { digest: zeroHash }],
      ['deposit', 5n, { askedMicrocredits: 1n }],
    ]
    for (const [kind, amount, detail] of wrong) ledger.refuse(item(kind, ann.address, amount, detail), 'MALFORMED')
  })

  it('is refused with an amount, and emission without one', () => {
    const ledger = new TestLedger()
    const told: readonly (readonly [InboxKind, InboxDetail])[] = [
      ['forcedWithdrawal', { askedMicrocredits: 1n }],
      ['revocation', { delegate: gateway.address, nonce: 1n }],
    ]
    for (const [kind, detail] of told) ledger.refuse(item(kind, ann.address, 1n, detail), 'AMOUNT_OUT_OF_RANGE')
    ledger.refuse(item('emission', ann.address, 0n, { epoch: 1 }), 'AMOUNT_OUT_OF_RANGE')
  })

  it('counts in the order of the inbox', () => {
    const ledger = new TestLedger()
    assert.equal(ledger.record('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 1n }), 0)
    ledger.refuse(item('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 1n }, 2), 'INBOX_OUT_OF_ORDER')
    ledger.deposit(ann.address, 5n)
    assert.equal(ledger.state.inboxCount, 2)
  })
})

/** Epoch 1 has two jobs of the first node and one of the other, all of one price, and is final. */
function withBurns(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 10_000_000n)
  for (const [nonce, worker] of [node, other, node].entries()) {
    const orderDigest = ledger.assigned(ann.order({ nonce: BigInt(nonce + 1) }), worker)
    ledger.nowMs += 1_000
    ledger.settle(worker.receipt(orderDigest, { sequence: BigInt(nonce + 1) }))
  }
  close(ledger, 1)
  return ledger
}

describe('emission', () => {
  it('goes to payout wallets by what was burnt on their receipts, the rest to the treasury', () => {
    const ledger = withBurns()
    final(ledger, 1)
    const [mine, theirs] = [ledger.balance(node.address), ledger.balance(other.address)]
    const treasury = balanceOf(ledger.state, 'treasury')
    ledger.record('emission', bob.address, 100n, { epoch: 1 })
    const gained = [ledger.balance(node.address) - mine, ledger.balance(other.address) - theirs]
    assert.deepEqual(gained, [66n, 33n])
    assert.equal(balanceOf(ledger.state, 'treasury') - treasury, 1n)
    assert.equal(ledger.balance(bob.address), 0n)
  })

  it('for an epoch without burnt fees, or a second time, goes to the treasury whole', () => {
    const ledger = withBurns()
    final(ledger, 1)
    ledger.record('emission', bob.address, 3n, { epoch: 1 })
    const treasury = balanceOf(ledger.state, 'treasury')
    ledger.record('emission', bob.address, 90n, { epoch: 1 })
    assert.equal(balanceOf(ledger.state, 'treasury') - treasury, 90n)
  })

  it('counts what a cancelled epoch burnt in the next one', () => {
    const ledger = withBurns()
    cancel(ledger, 1, 0)
    close(ledger, 2)
    final(ledger, 2)
    const before = ledger.balance(node.address)
    ledger.record('emission', bob.address, 300n, { epoch: 2 })
    assert.equal(ledger.balance(node.address) - before, 200n)
  })

  it('is shared by the wallets on which most was burnt, when there are very many', () => {
    const burnt = new Map(
      Array.from({ length: emissionSharesMax + 5 }, (_, index) => [address(index + 1), BigInt(index + 1)]),
    )
    const shares = emissionShares(10n ** 12n, burnt)
    assert.equal(shares.length, emissionSharesMax)
    assert.deepEqual(shares[0]?.[0], address(6))
    const shared = shares.reduce((sum, [, share]) => sum + share, 0n)
    assert.ok(shared < 10n ** 12n)
    assert.deepEqual(emissionShares(7n, new Map()), [])
    assert.deepEqual(
      emissionShares(
        1n,
        new Map([
          [address(1), 1n],
          [address(2), 1n],
        ]),
      ),
      [],
    )
  })
})

describe('a forced withdrawal', () => {
  const debits = (ledger: TestLedger) =>
    ledger.events.flatMap(event =>
      event.type === 'PayoutScheduled' ? [[event.data.inboxIndex, event.data.amountMicrocredits]] : [],
    )

  it('is paid when the epoch closes that covers it, whole or all that is available', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 100n)
    ledger.record('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 60n })
    ledger.record('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 60n })
    ledger.record('forcedWithdrawal', bob.address, 0n, { askedMicrocredits: 10n ** 30n })
    assert.equal(ledger.balance(ann.address), 100n)
    const { firstPosition, lastPosition } = ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    assert.equal(lastPosition - firstPosition, 2)
    assert.deepEqual(debits(ledger), [
      [1, 60n],
      [2, 40n],
    ])
    assert.equal(ledger.state.lastEpoch?.journalPosition, lastPosition - 1)
    assert.equal(ledger.accept({ type: 'CloseEpoch', epoch: 1 }).repeated, true)
    final(ledger, 1)
    ledger.deposit(ann.address, 100n)
    close(ledger, 2)
    assert.equal(ledger.balance(ann.address), 100n)
  })

  it('stands again when its epoch is cancelled, for what it has not got', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 100n)
    ledger.record('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 150n })
    close(ledger, 1)
    cancel(ledger, 1, 0)
    ledger.deposit(ann.address, 100n)
    close(ledger, 2)
    assert.deepEqual(debits(ledger), [
      [1, 100n],
      [1, 50n],
    ])
    assert.equal(ledger.balance(ann.address), 50n)
  })

  it('does nothing when the epoch is refused', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 100n)
    close(ledger, 1)
    ledger.record('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 150n })
    ledger.refuse({ type: 'CloseEpoch', epoch: 2 }, 'EPOCH_PENDING')
    ledger.refuse({ type: 'CloseEpoch', epoch: 3 }, 'EPOCH_OUT_OF_ORDER')
    assert.equal(ledger.balance(ann.address), 100n)
  })
})

describe('a revocation on chain', () => {
  const pay = (nonce: bigint) => {
    const { message } = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce })
    return { type: 'TransferCredits', transfer: gateway.sign(transferType, message) } as const
  }

  function withDelegate(nonce: bigint): TestLedger {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 10_000n)
    ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, gateway, { nonce }) })
    ledger.accept(pay(1n))
    return ledger
  }

  it('ends the permission of its nonce and all older ones', () => {
    for (const nonce of [5n, 6n]) {
      const ledger = withDelegate(5n)
      ledger.record('revocation', ann.address, 0n, { delegate: gateway.address, nonce })
      ledger.refuse(pay(2n), 'PERMISSION_EXPIRED')
      ledger.refuse(
        { type: 'GrantPermission', permission: permissionOf(ann, gateway, { nonce, expires: 1_800_000_900n }) },
        'NONCE_USED',
      )
      const permission = permissionOf(ann, gateway, { nonce: nonce + 1n })
      ledger.accept({ type: 'GrantPermission', permission })
      ledger.accept(pay(2n))
    }
  })

  it('of an older permission leaves the one that stands', () => {
    const ledger = withDelegate(5n)
    ledger.record('revocation', ann.address, 0n, { delegate: gateway.address, nonce: 4n })
    ledger.accept(pay(2n))
  })

  it('keeps what was never granted from being granted, also of a key that was never named', () => {
    const ledger = withDelegate(5n)
    ledger.record('revocation', ann.address, 0n, { delegate: bob.address, nonce: 9n })
    ledger.refuse({ type: 'GrantPermission', permission: permissionOf(ann, bob, { nonce: 9n }) }, 'NONCE_USED')
  })

  it('names nobody more than a wallet may name', () => {
    const ledger = withDelegate(5n)
    for (let number = 1; number <= delegatesMax; number++) {
      ledger.record('revocation', ann.address, 0n, { delegate: address(number), nonce: 1n })
    }
    assert.equal(ledger.state.delegates.get(ann.address)?.length, delegatesMax)
    ledger.refuse({ type: 'GrantPermission', permission: permissionOf(ann, bob) }, 'TOO_MANY_DELEGATES')
  })
})

describe('a stake', () => {
  const stake = (blockNumber: bigint, stakeMicrocredits: bigint, logIndex = 0) =>
    ({
      type: 'RecordNodeStake',
      node: node.address,
      stakeMicrocredits,
      unbondingMicrocredits: 1n,
      place: { transactionHash: zeroHash as Hex, blockNumber, logIndex },
    }) as const

  it('is kept as the chain said it last, once, and moves nothing', () => {
    const ledger = new TestLedger()
    ledger.accept(stake(5n, 10n))
    assert.equal(ledger.accept(stake(5n, 10n)).repeated, true)
    ledger.refuse(stake(5n, 11n), 'COMMAND_CONFLICT')
    ledger.refuse(stake(4n, 9n), 'COMMAND_CONFLICT')
    ledger.accept(stake(5n, 12n, 1))
    assert.equal(ledger.state.stakes.get(node.address)?.stakeMicrocredits, 12n)
    assert.equal(ledger.state.balances.size, 0)
  })
})
