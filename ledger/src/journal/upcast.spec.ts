import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Auditor } from '../audit/auditor.ts'
import { type Hex, zeroHash } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { chainHash, decodeEvent } from './codec.ts'
import { ledgerConfigDefaults } from './config.ts'
import type { LedgerEventType } from './event.ts'
import { evolve } from './evolve.ts'
import { remember } from './repetition.ts'
import { initialState } from './state.ts'

/** Journals as released versions wrote them, each with every kind of event that the version knew. */
const versions = ['0.1.0'] as const

const samples = new URL('../../src/journal/samples/', import.meta.url)

function readSample(version: string) {
  const lines = readFileSync(new URL(`${version}.jsonl`, samples), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line, index) => ({ ...(JSON.parse(line) as { hash: Hex; payload: string }), position: index + 1 }))
}

for (const version of versions) {
  describe(`a journal that ${version} wrote`, () => {
    it('is read, and comes to the balances that it had', () => {
      const state = initialState()
      for (const stored of readSample(version)) {
        assert.equal(chainHash(ethersCrypto, state.hash, stored.payload), stored.hash)
        const event = decodeEvent(stored)
        evolve(state, event, stored.hash, ethersCrypto)
        remember(state, event)
      }
      const had = JSON.parse(readFileSync(new URL(`${version}.balances.json`, samples), 'utf8'))
      assert.deepEqual(
        Object.fromEntries([...state.balances].map(([account, amount]) => [account, String(amount)])),
        had,
      )
    })

    it('satisfies the auditor', () => {
      const auditor = new Auditor(ethersCrypto)
      for (const stored of readSample(version)) {
        assert.equal(auditor.follow(decodeEvent(stored), stored.payload, stored.hash), undefined)
      }
    })
  })
}

describe('the journal of 0.1.0', () => {
  it('holds every kind of event that 0.1.0 knew', () => {
    const kinds: readonly LedgerEventType[] = [
      'LedgerOpened',
      'InboxItemRecorded',
      'CreditsTransferred',
      'CommandRefused',
      'HoldOpened',
      'NodeRegistered',
      'HoldAssigned',
      'ReceiptReceived',
      'JobSettled',
      'HoldReleased',
      'HoldUnassigned',
      'PayoutScheduled',
      'PayoutInstructed',
      'HoldExpired',
      'PayeeRegistered',
      'EpochClosed',
      'EpochFinalised',
      'PayoutClaimed',
    ]
    assert.deepEqual(new Set(readSample('0.1.0').map(stored => decodeEvent(stored).type)), new Set(kinds))
  })

  it('opens as one shard without a treasurer, at the rates that it named', () => {
    const [first] = readSample('0.1.0')
    assert.ok(first !== undefined && first.payload.includes('"hash"') === false)
    const event = decodeEvent(first)
    assert.ok(event.type === 'LedgerOpened')
    const { config } = event.data
    assert.deepEqual([config.shard, config.shardCount, config.treasurer], [0, 1, ledgerConfigDefaults.treasurer])
    assert.equal(config.rates.cpuCoreHourMicrocredits, 10_000_000n)
    assert.equal(config.rates.gpuHourMicrocredits, ledgerConfigDefaults.rates.gpuHourMicrocredits)
    assert.notEqual(first.hash, zeroHash)
  })
})
