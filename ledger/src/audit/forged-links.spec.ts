import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToHex, concatBytes, type Hex, hexToBytes } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { Actor } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { before, changed, eventOf, forged, itJudges, moving, of, problemIn } from './forgery.spec.fixture.ts'

const stranger = new Actor(77).address
const link = eventOf('CommandsLinked')
const { commandIds, firstPosition } = link.data
const { from } = eventOf('CreditsTransferred').data.transfer.message

function idOf(number: number): Hex {
  return `0x${number.toString(16).padStart(64, '0')}`
}

function linkIdOf(ids: readonly string[]): string {
  return `link:${bytesToHex(ethersCrypto.keccak256(concatBytes(...ids.map(id => hexToBytes(id as Hex)))))}`
}

/** Transfers of 7 µcr, one under each id, and then their link, which says that it begins at the first of them or so many before. */
function linked(
  ids: readonly string[],
  earlier = 0,
  named: readonly string[] = [...new Set(ids)],
): readonly LedgerEvent[] {
  const start = before('CommandsLinked')
  const transfers = ids.map((commandId, index) =>
    changed(eventOf('CreditsTransferred'), { ...of('transfer', { nonce: BigInt(index + 10) }), commandId }),
  )
  const end = changed(link, {
    commandId: linkIdOf(named),
    'data.commandIds': named,
    'data.firstPosition': start.length + 1 - earlier,
  })
  return [...start, ...transfers, end]
}

function idsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => idOf(index + 1))
}

/** So many events of two commands. */
function eventsOfTwo(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => idOf(index === 0 ? 1 : 2))
}

describe('the auditor, about commands that happened together', () => {
  const from1 = (position: number) => forged('CommandsLinked', { 'data.firstPosition': position })
  const countWrong = 'does not link 2 to 16 commands'
  const others = 'links other commands than those before it'
  itJudges([
    ['two commands', linked(idsOf(2)), undefined],
    ['sixteen commands', linked(idsOf(16)), undefined],
    ['seventeen commands', linked(idsOf(17)), countWrong],
    ['one command', linked(idsOf(1)), countWrong],
    ['a command twice', linked(idsOf(2), 0, [idOf(1), idOf(1)]), countWrong],
    ['commands in another order', linked(idsOf(2), 0, [idOf(2), idOf(1)]), others],
    ['a command that did not happen', linked(idsOf(2), 0, idsOf(3)), others],
    ['a link that leaves a command out', linked(idsOf(3), 0, idsOf(2)), others],
    ['a link that begins too early', linked(idsOf(2), 1), others],
    ['255 events', linked(eventsOfTwo(255)), undefined],
    ['256 events', linked(eventsOfTwo(256)), `links events from position ${before('CommandsLinked').length + 1}`],
    ['a link of no events', from1(link.position), `links events from position ${link.position}`],
    ['a link of events to come', from1(link.position + 1), `links events from position ${link.position + 1}`],
    ['a link from before the first event', from1(0), 'links events from position 0'],
    ['a link from between two events', from1(firstPosition + 0.5), `links events from position ${firstPosition + 0.5}`],
    ['a link of another time', forged('CommandsLinked', { atMs: link.atMs + 1 }), 'links events of different times'],
    [
      'a link under another name',
      forged('CommandsLinked', { commandId: linkIdOf(commandIds.toReversed()) }),
      'is not named by the commands that it links',
    ],
    [
      'a link that moves credits',
      forged('CommandsLinked', { entries: moving(`wallet:${from}`, `wallet:${stranger}`, 1n) }),
      `moves -1 µcr on wallet:${from}, the signature allows 0 µcr`,
    ],
  ])

  it('finds events of different times though only the first is of another', () => {
    const journal = before('CommandsLinked')
    const later = changed(journal.at(-1) as LedgerEvent, { atMs: link.atMs + 1 })
    const end = changed(link, { atMs: link.atMs + 1 })
    assert.equal(problemIn([...journal.slice(0, -1), later, end]), 'links events of different times')
  })
})
