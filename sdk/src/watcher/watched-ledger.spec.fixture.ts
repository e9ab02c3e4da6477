import assert from 'node:assert/strict'
import type { LedgerEvent } from '@deparrow/ledger'
import type { TestLedger } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import { EpochArchive } from '../disputes/epoch-archive.ts'
import type { EpochView, OwnBooks, WatchedItem, WatchedPayee } from './view.ts'

export const parameters = {
  windowSeconds: 10_000,
  answerSeconds: 1_000,
  roundsMax: 36,
  askerBondWei: 5n,
  inboxAgeSeconds: 60,
}

export const me = `0x${'3e'.repeat(20)}` as const

/** What a chain shows of a ledger's newest epoch when it was posted as it was closed, and nobody has asked anything yet. */
export function viewOf(events: readonly LedgerEvent[], facts: Partial<OwnBooks> = {}): EpochView {
  const archive = new EpochArchive(ledgerCrypto, { roots: 'own' })
  for (const event of events) archive.apply(event)
  const asked = archive.asked
  assert.ok(asked)
  const { books, parent, closedAtMs } = asked
  const closings = events.filter(event => event.type === 'EpochClosed')
  const parentClosing = closings.find(({ data }) => data.epoch === parent?.epoch)
  const own: OwnBooks = { archive, isSound: true, isComplete: true, ...facts }
  const { rows: _, ...header } = books
  const final = new Set(events.flatMap(event => (event.type === 'EpochFinalised' ? [event.data.epoch] : [])))
  const counted = closings.map(({ data }) => data).filter(({ epoch }) => final.has(epoch) || epoch === books.epoch)
  return {
    me,
    nowSeconds: Math.floor(closedAtMs / 1_000) + 100,
    parameters,
    purseWei: 1_000n,
    posted: {
      ...header,
      closedAt: Math.floor(closedAtMs / 1_000),
      completedAt: Math.floor(closedAtMs / 1_000),
      status: 'pending',
    },
    parent: {
      epoch: parent?.epoch ?? 0,
      inboxCut: parent?.inboxCut ?? 0,
      journalPosition: parent?.journalPosition ?? 0,
      closedAt: Math.floor((parentClosing?.atMs ?? 0) / 1_000),
      leavesRoot: parent?.leavesRoot ?? `0x${'00'.repeat(32)}`,
    },
    rows: new Map(counted.map(({ epoch, rows }) => [epoch, [rows.map(({ id, ...row }) => ({ ...row, payeeId: id }))]])),
    inbox: itemsIn(events).slice(0, books.inboxCut),
    newestItemAt: 0,
    payees: payeesIn(events),
    demands: [],
    stated: [],
    revealed: [],
    own,
  }
}

export function itemsIn(events: readonly LedgerEvent[]): readonly WatchedItem[] {
  return events.flatMap(event => (event.type === 'InboxItemRecorded' ? [event.data] : []))
}

function payeesIn(events: readonly LedgerEvent[]): readonly WatchedPayee[] {
  return events.flatMap(event => (event.type === 'PayeeRegistered' ? [{ ...event.data, registeredAt: 1 }] : []))
}

/** The events up to the newest epoch's own. */
export function eventsOf({ events }: TestLedger): readonly LedgerEvent[] {
  return events.slice(0, events.findLastIndex(({ type }) => type === 'EpochClosed') + 1)
}
