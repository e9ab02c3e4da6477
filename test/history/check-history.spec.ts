import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LedgerAnswer, LedgerEvent } from '@deparrow/ledger'
import { checkHistory, type HistoryRule } from './check-history.ts'
import type { Call, ReadCall, SubmitCall } from './history.ts'
import type { ModelCommand } from './sequential-model.ts'

const deposit: ModelCommand = { type: 'deposit', wallet: 'ann', amount: 100n }
const pay = (amount: bigint, nonce = 1n): ModelCommand => ({
  type: 'transfer',
  from: 'ann',
  to: 'bob',
  amount,
  lane: 0,
  nonce,
})

const accepted = (commandId: string, position: number, repeated = false): LedgerAnswer => ({
  status: 'accepted',
  commandId,
  firstPosition: position,
  lastPosition: position,
  repeated,
})

function refused(commandId: string, code: 'NONCE_USED' | 'INSUFFICIENT_CREDITS'): LedgerAnswer {
  const refusal =
    code === 'NONCE_USED'
      ? ({ code, nonce: 1n, lastNonce: 1n } as const)
      : ({ code, requiredMicrocredits: 1n, availableMicrocredits: 0n } as const)
  return { status: 'refused', commandId, refusal }
}

function call(
  at: readonly [number, number | undefined],
  id: string,
  command: ModelCommand,
  answer?: LedgerAnswer,
): SubmitCall {
  return { kind: 'submit', client: 0, id, command, invokedAt: at[0], respondedAt: at[1], answer }
}

function read(at: readonly [number, number], position: number, available: bigint): ReadCall {
  const seen = { position, availableMicrocredits: available, heldMicrocredits: 0n }
  return { kind: 'read', client: 0, wallet: 'ann', invokedAt: at[0], respondedAt: at[1], ...seen }
}

/** A journal in which each command id has an event, in this order; `!` marks a refusal for lack of funds. */
function journal(...ids: readonly string[]): readonly LedgerEvent[] {
  return ids.map((id, index) => {
    const placed = { position: index + 1, atMs: 0, commandId: id.replace('!', ''), entries: [] }
    const refusal = { code: 'INSUFFICIENT_CREDITS', requiredMicrocredits: 1n, availableMicrocredits: 0n } as const
    return id.endsWith('!')
      ? { type: 'CommandRefused', data: { refusal }, ...placed }
      : ({ type: 'CreditsTransferred', data: {}, ...placed } as unknown as LedgerEvent)
  })
}

const paid: readonly Call[] = [
  call([1, 2], 'd', deposit, accepted('d', 1)),
  call([3, 4], 'p', pay(60n), accepted('p', 2)),
]

function broken(calls: readonly Call[], events: readonly LedgerEvent[]): HistoryRule | undefined {
  return checkHistory(calls, events)?.rule
}

describe('a history is refused when', () => {
  it('an answer names a position at which the journal has something else', () => {
    const calls = [paid[0] as Call, call([3, 4], 'p', pay(60n), accepted('p', 3))]
    assert.equal(broken(calls, journal('d', 'p')), 'an answer tells of the journal')
  })

  it('what was acknowledged is nowhere', () => {
    assert.equal(broken(paid, journal('d')), 'an answer tells of the journal')
  })

  it('a refusal for good is not written down', () => {
    const calls = [...paid, call([5, 6], 'q', pay(60n, 2n), refused('q', 'INSUFFICIENT_CREDITS'))]
    assert.equal(broken(calls, journal('d', 'p')), 'an answer tells of the journal')
  })

  it('a command is in the journal twice', () => {
    assert.equal(broken(paid, journal('d', 'p', 'p')), 'a command is decided once')
  })

  it('two clients are each told that theirs was the first', () => {
    const calls = [...paid, call([5, 6], 'p', pay(60n), accepted('p', 2))]
    assert.notEqual(broken(calls, journal('d', 'p')), undefined)
  })

  it('the journal has what nobody asked for', () => {
    assert.equal(broken(paid, journal('d', 'p', 'x')), 'the journal holds what clients asked for')
  })

  it('more is spent than was there', () => {
    const calls = [...paid, call([5, 6], 'q', pay(60n, 2n), accepted('q', 3))]
    assert.equal(broken(calls, journal('d', 'p', 'q')), 'the journal does what the model does')
  })

  it('somebody is refused who had enough', () => {
    const calls = [...paid, call([5, 6], 'q', pay(40n, 2n), refused('q', 'INSUFFICIENT_CREDITS'))]
    assert.equal(broken(calls, journal('d', 'p', 'q!')), 'the journal does what the model does')
  })

  it('what was asked after an answer is decided before it', () => {
    const calls = [
      paid[0] as Call,
      call([3, 4], 'p', pay(10n, 2n), accepted('p', 3)),
      call([5, 6], 'q', pay(10n, 1n), accepted('q', 2)),
    ]
    assert.equal(broken(calls, journal('d', 'q', 'p')), 'what was answered comes before what was asked later')
  })

  it('a nonce is called used that nobody had used by then', () => {
    const calls = [
      paid[0] as Call,
      call([3, 4], 'q', pay(10n), refused('q', 'NONCE_USED')),
      call([5, 6], 'p', pay(60n), accepted('p', 2)),
    ]
    assert.equal(broken(calls, journal('d', 'p')), 'a refusal has a reason between call and answer')
  })

  it('a command is refused for the nonce that it used itself', () => {
    const [deposited] = paid
    const during = [deposited as Call, call([3, 4], 'p', pay(60n), refused('p', 'NONCE_USED'))]
    const later = [...paid, call([5, 6], 'p', pay(60n), refused('p', 'NONCE_USED'))]
    for (const calls of [during, later]) {
      assert.equal(broken(calls, journal('d', 'p')), 'a refusal has a reason between call and answer')
    }
  })

  it('a read shows what was never so', () => {
    assert.equal(broken([...paid, read([5, 6], 2, 100n)], journal('d', 'p')), 'a read shows the state at its position')
    assert.equal(broken([...paid, read([5, 6], 9, 40n)], journal('d', 'p')), 'a read shows the state at its position')
  })

  it('a read is older than what its reader could know', () => {
    const rule = broken([...paid, read([5, 6], 1, 100n)], journal('d', 'p'))
    assert.equal(rule, 'a read is not older than what was answered before it')
  })
})

describe('a history is taken when', () => {
  it('calls overlap and the journal has them in either order', () => {
    const calls = [
      paid[0] as Call,
      call([3, 6], 'p', pay(10n, 2n), accepted('p', 3)),
      call([4, 5], 'q', pay(10n, 1n), accepted('q', 2)),
    ]
    assert.equal(checkHistory(calls, journal('d', 'q', 'p')), undefined)
  })

  it('an answer was lost and its command is decided, or is not', () => {
    const calls = [...paid, call([5, undefined], 'q', pay(10n, 2n)), call([6, undefined], 'r', pay(10n, 3n))]
    assert.equal(checkHistory(calls, journal('d', 'p', 'q')), undefined)
  })

  it('a retry gets the first answer, and a nonce was used while its command waited', () => {
    const calls = [
      paid[0] as Call,
      call([3, undefined], 'p', pay(60n)),
      call([4, 7], 'q', pay(5n), refused('q', 'NONCE_USED')),
      call([5, 6], 'p', pay(60n), accepted('p', 2, true)),
      read([8, 9], 2, 40n),
    ]
    assert.equal(checkHistory(calls, journal('d', 'p')), undefined)
  })
})
