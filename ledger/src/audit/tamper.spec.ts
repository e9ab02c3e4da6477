import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Address, bytesToHex, type Hex, zeroHash } from '../hex.ts'
import { chainHash, encodeEvent } from '../journal/codec.ts'
import type { LedgerEvent, LedgerEventType } from '../journal/event.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { sharedEventTypes, wholeLedger } from '../testing/whole-journal.ts'
import { type AuditFinding, Auditor } from './auditor.ts'
import { readCanonicalEvent } from './canonical-event.ts'
import { eventShapes } from './event-shapes.ts'
import { ShapeError } from './shape.ts'

const events = wholeLedger().events

const signers = new Map<string, Address | undefined>()

/** Recovering the same signers again and again would take most of the time. */
const crypto: LedgerCrypto = {
  ...ethersCrypto,
  recoverSigner(digest, signature) {
    const key = `${bytesToHex(digest)}${signature}`
    if (!signers.has(key)) signers.set(key, ethersCrypto.recoverSigner(digest, signature))
    return signers.get(key)
  },
}

/** An attacker who edits a journal and computes the whole chain of hashes anew; the auditor reads it as from a file. */
function auditAnew(edited: readonly LedgerEvent[]): AuditFinding | undefined {
  const auditor = new Auditor(crypto)
  let hash: Hex = zeroHash
  for (const event of edited) {
    const payload = encodeEvent(event)
    hash = chainHash(ethersCrypto, hash, payload)
    const finding = auditor.follow(reread(payload) ?? event, payload, hash)
    if (finding !== undefined) return finding
    if (reread(payload) === undefined) return { position: auditor.head().position, problem: 'is not canonical' }
  }
  return undefined
}

function reread(payload: string): LedgerEvent | undefined {
  try {
    return readCanonicalEvent(payload)
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

/** The journal with positions as they must be, whatever was done to it. */
function renumbered(edited: readonly LedgerEvent[]): readonly LedgerEvent[] {
  return edited.map((event, index) => ({ ...event, position: index + 1 }) as LedgerEvent)
}

type Leaf = { readonly path: readonly string[]; readonly value: unknown }

/** Every value in an event that has no parts. */
function leavesOf(value: unknown, path: readonly string[] = []): readonly Leaf[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }]
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]))
}

/** A copy of a value with one of its leaves changed. */
function withLeaf<T>(value: T, [name, ...rest]: readonly string[], put: unknown): T {
  if (name === undefined) return put as T
  const members = value as Record<string, unknown>
  const changed = withLeaf(members[name], rest, put)
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === name ? changed : item)) as T
  return { ...value, [name]: changed }
}

/** A value near to another one, of the same type. */
function otherThan(value: unknown, pick: number): unknown {
  if (typeof value === 'bigint') return value + BigInt((pick % 3) + 1)
  if (typeof value === 'number') return value + (pick % 3) + 1
  if (typeof value === 'boolean') return !value
  const text = String(value)
  const at = text.startsWith('0x') ? 2 + (pick % (text.length - 2)) : pick % Math.max(1, text.length)
  const digit = text[at] === '7' ? '8' : '7'
  return text.slice(0, at) + digit + text.slice(at + 1)
}

/**
 * What the operator or the chain says and no signature proves. A change of it is found by what comes after, by an epoch at the latest, whose hash
 * is on chain; or by comparing with the chain.
 */
const unproven: Partial<Record<LedgerEventType, RegExp>> = {
  LedgerOpened: /^data\.config\./,
  InboxItemRecorded: /^data\.(?:place\.|(?:account|epoch|askedMicrocredits|delegate|nonce|digest)$)/,
  HoldAssigned: /^data\.node$/,
  CommandRefused: /^data\.|^commandId$/,
  PayeeRegistered: /^data\.|^commandId$/,
  EpochFinalised: /^data\.place\./,
  EpochCancelled: /^data\.(?:place\.|lastEpoch$)/,
  NodeStakeRecorded: /^data\.(?!node$|place\.(?:blockNumber|logIndex)$)/,
  PayoutClaimed: /^data\.place\./,
}

function isProven({ type }: LedgerEvent, path: string): boolean {
  return path !== 'atMs' && unproven[type]?.test(path) !== true
}

describe('a journal that was edited and whose chain of hashes was computed anew', () => {
  it('is right as long as nothing was edited, and has every kind of event', () => {
    assert.equal(auditAnew(events), undefined)
    const kinds = new Set<string>([...events.map(event => event.type), ...sharedEventTypes])
    assert.deepEqual(kinds, new Set(Object.keys(eventShapes)))
  })

  it('is found at the event that was edited, whichever of its values', () => {
    const edit = fc.record({ event: fc.nat(events.length - 1), leaf: fc.nat(1_000), pick: fc.nat(1_000) })
    fc.assert(
      fc.property(edit, ({ event: index, leaf, pick }) => {
        const event = events[index] as LedgerEvent
        const leaves = leavesOf(event)
        const { path, value } = leaves[leaf % leaves.length] as Leaf
        const edited = events.with(index, withLeaf(event, path, otherThan(value, pick)))
        const finding = auditAnew(edited)
        const where = `${event.type} at ${event.position}, ${path.join('.')}: ${finding?.problem}`
        if (isProven(event, path.join('.'))) assert.equal(finding?.position, event.position, where)
        else assert.ok(finding === undefined || finding.position >= event.position, where)
      }),
      { numRuns: 400, seed: 20_261_121 },
    )
  })

  it('is found at the latest by the next epoch, which says the hash before it', () => {
    const { position } = events.find(event => event.type === 'EpochClosed') as LedgerEvent
    const index = events.findIndex(event => event.type === 'InboxItemRecorded')
    const edited = events.with(index, withLeaf(events[index] as LedgerEvent, ['data', 'place', 'blockNumber'], 77n))
    const finding = auditAnew(edited)
    assert.equal(finding?.position, position)
    assert.match(finding?.problem ?? '', /journalHash/)
  })

  const someIndex = fc.nat(events.length - 1)

  it('is found where an event is missing, unless it moved nothing and nothing follows from it', () => {
    fc.assert(
      fc.property(someIndex, index => {
        const finding = auditAnew(events.toSpliced(index, 1))
        if (index === events.length - 1) assert.equal(finding, undefined, 'the end alone tells of the last one')
        else assert.equal(finding?.position, index + 1)
        const hidden = auditAnew(renumbered(events.toSpliced(index, 1)))
        assert.ok(hidden === undefined || hidden.position >= index + 1)
      }),
      { numRuns: 60, seed: 20_261_122 },
    )
  })

  it('is found where an event comes a second time', () => {
    fc.assert(
      fc.property(someIndex, index => {
        const event = events[index] as LedgerEvent
        const finding = auditAnew(renumbered(events.toSpliced(index + 1, 0, event)))
        assert.equal(finding?.position, index + 2, event.type)
      }),
      { numRuns: 60, seed: 20_261_123 },
    )
  })

  it('is found where an event of earlier or later comes in between', () => {
    fc.assert(
      fc.property(someIndex, someIndex, (from, to) => {
        const event = { ...(events[from] as LedgerEvent), atMs: events[to]?.atMs ?? 0 }
        const finding = auditAnew(renumbered(events.toSpliced(to, 0, event)))
        assert.ok(finding !== undefined && finding.position >= Math.min(from, to) + 1, `${event.type} at ${to}`)
      }),
      { numRuns: 60, seed: 20_261_124 },
    )
  })

  it('is found when it is dated so that something due did not happen', () => {
    const expiry = events.findIndex(event => event.type === 'HoldExpired')
    const late = events.map((event, index) => (index === expiry ? { ...event, atMs: event.atMs + 1 } : event))
    assert.equal(auditAnew(late)?.position, expiry + 1)
    const skipped = renumbered(events.toSpliced(expiry, 1))
    assert.match(auditAnew(skipped)?.problem ?? '', /was due at|out of time/)
  })

  it('is found when it begins at another time than its signatures allow', () => {
    const shifted = events.map(event => ({ ...event, atMs: event.atMs + 601_000 }))
    const finding = auditAnew(shifted)
    assert.match(finding?.problem ?? '', /deadline/)
  })

  it('never makes the auditor throw, whatever an event is made of', () => {
    const value = fc.oneof(fc.bigInt(), fc.integer(), fc.string(), fc.constant(null), fc.constant([]), fc.constant({}))
    fc.assert(
      fc.property(someIndex, fc.nat(1_000), value, (index, leaf, put) => {
        const event = events[index] as LedgerEvent
        const paths = leavesOf(event).flatMap(({ path }) => [path, path.slice(0, -1)])
        const path = paths[leaf % paths.length] as readonly string[]
        const auditor = new Auditor(crypto)
        for (const before of events.slice(0, 1)) auditor.follow(before, '', zeroHash, { recovered: [] })
        const forged = { ...withLeaf(event, path.length === 0 ? ['data'] : path, put), position: 2 } as LedgerEvent
        auditor.follow(forged, '', zeroHash)
      }),
      { numRuns: 500, seed: 20_261_125 },
    )
  })
})
