import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { transferType } from '../account/transfer.ts'
import { decodeEvent } from '../journal/codec.ts'
import { Actor } from '../testing/actors.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { eventShape, eventShapes } from './event-shapes.ts'
import { ShapeError, wholeText } from './shape.ts'
import { readUsualTransfer } from './usual-transfer.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const gateway = new Actor(3)

const shape = eventShape('CreditsTransferred', eventShapes.CreditsTransferred[0] ?? assert.fail())

const whole = wholeText(shape)

/** The same payload read by its shape; `undefined` for what has not that shape. */
function byShape(payload: string): unknown {
  const match = whole.exec(payload)
  try {
    return match === null ? undefined : shape.read(match, 1)
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

function payloads(): readonly string[] {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 10n ** 15n)
  const pay = (nonce: bigint, amountMicrocredits: bigint, lane = 0, signer = ann) => ({
    type: 'TransferCredits' as const,
    transfer: signer.sign(transferType, ann.transfer({ to: bob.address, amountMicrocredits, nonce, lane }).message),
  })
  ledger.accept(pay(1n, 7n))
  ledger.accept(pay(2n ** 63n, 10n ** 14n, 1_023))
  ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, gateway) })
  ledger.accept(pay(1n, 9n, 0, gateway))
  return ledger.stored.filter(({ payload }) => payload.endsWith('"CreditsTransferred"}')).map(({ payload }) => payload)
}

const [small, large, delegated] = payloads() as [string, string, string]

describe('a transfer as most are', () => {
  it('is read as its shape and the journal read it', () => {
    for (const payload of [small, large]) {
      const position = Number(/"position":(\d+)/.exec(payload)?.[1])
      assert.deepEqual(readUsualTransfer(payload), byShape(payload))
      assert.deepEqual(readUsualTransfer(payload), decodeEvent({ payload, position, hash: '0x' }))
    }
  })

  it('is not what a delegate signed, nor any other event', () => {
    assert.equal(readUsualTransfer(delegated), undefined)
    assert.equal(readUsualTransfer(small.replace('CreditsTransferred', 'CreditsInvented')), undefined)
  })

  it('is read in no case in which its shape reads something else, or nothing', () => {
    const put = fc.oneof(
      fc.constantFrom('0', '7', 'a', 'A', 'n', '"', ',', '-', '{', '}', ']', ' ', '\\', '.', 'x', '"n', '00', '"}'),
      fc.string({ maxLength: 3 }),
    )
    const edit = fc.record({ isLarge: fc.boolean(), at: fc.nat(2_000), removed: fc.nat(3), put })
    fc.assert(
      fc.property(edit, ({ isLarge, at, removed, put: given }) => {
        const payload = isLarge ? large : small
        const from = at % (payload.length + 1)
        const changed = payload.slice(0, from) + given + payload.slice(from + removed)
        let read: unknown
        try {
          read = readUsualTransfer(changed)
        } catch (error) {
          assert.ok(error instanceof ShapeError)
        }
        if (read !== undefined) assert.deepEqual(read, byShape(changed), changed)
      }),
      { numRuns: 4_000, seed: 20_261_121 },
    )
  })
})
