import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LedgerEvent } from '@deparrow/ledger'
import { wholeLedger } from '@deparrow/ledger/testing'
import { planEpoch } from './plan-epoch.ts'
import { viewOf } from './watched-ledger.spec.fixture.ts'

const { events } = wholeLedger()
const closings = events.flatMap(({ type }, index) => (type === 'EpochClosed' ? [index + 1] : []))

/** The same with every signature made by nobody in particular. */
function unsigned(value: unknown): unknown {
  if (typeof value === 'string' && /^0x[0-9a-f]{130}$/.test(value)) return `0x${'12'.repeat(64)}1b`
  if (Array.isArray(value)) return value.map(unsigned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, unsigned(field)]))
}

/** What the watcher finds in the first epoch that has the event, after somebody took its signatures away. */
function foundWithout(index: number): readonly string[] {
  const until = closings.find(end => end > index)
  if (until === undefined) return []
  const forged = events.slice(0, until).map((event, at) => (at === index ? (unsigned(event) as LedgerEvent) : event))
  const { findings, calls } = planEpoch(viewOf(forged, { isSound: false }))
  const codes = findings.map(({ code }) => code).filter(code => code !== 'JOURNAL_UNSOUND')
  assert.equal(calls.length > 0, codes.length > 0, 'what is found is asked')
  return codes
}

const text = (event: LedgerEvent) =>
  JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? String(value) : value))

/** Where signed events of a type stand that some epoch has. */
function indexesOf(type: string): readonly number[] {
  return events.flatMap((event, index) => {
    const isSigned = event.type === type && text(event).includes('"signature"')
    return isSigned && closings.some(end => end > index) ? [index] : []
  })
}

describe('the judgement of a journal that is not right', () => {
  for (const type of [
    'CreditsTransferred',
    'ServiceBought',
    'IouRedeemed',
    'EscrowCaptured',
    'PayoutScheduled',
    'ReceiptReceived',
    'PermissionGranted',
    'PayoutInstructed',
  ]) {
    it(`finds a debit that nobody allowed when ${type} is not signed`, () => {
      const indexes = indexesOf(type)
      assert.ok(indexes.length > 0)
      for (const index of indexes) assert.ok(foundWithout(index).includes('DEBIT_WRONG'), `event ${index + 1}`)
    })
  }

  it('finds a hold or a debit that nobody allowed when an order is not signed whose hold stands or was paid', () => {
    const found = [...indexesOf('HoldOpened'), ...indexesOf('EscrowOpened')].map(foundWithout)
    assert.ok(found.some(codes => codes.includes('HOLD_WRONG')))
    assert.ok(found.some(codes => codes.includes('DEBIT_WRONG')))
  })
})
