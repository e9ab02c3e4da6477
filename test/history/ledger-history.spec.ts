import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { LedgerAnswer } from '@deparrow/ledger'
import { SqliteEventStore } from '@deparrow/services'
import { checkHistory } from './check-history.ts'
import { type HistoryDesk, HistoryLoad, type HistoryOptions } from './history-load.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deparrow-history-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function load(options: Partial<HistoryOptions> = {}): HistoryLoad {
  const openStore = () => SqliteEventStore.open(join(folder, 'journal.sqlite'))
  return new HistoryLoad({ seed: 1, clients: 12, steps: 60, openStore, ...options })
}

describe('a ledger on SQLite', { timeout: 120_000 }, () => {
  it('is strictly serialisable for clients that repeat, collide, lose answers and read', async () => {
    for (const seed of [1, 2, 3]) {
      const { calls, journal } = await load({ seed, clients: 16, steps: 120 }).run()
      assert.equal(checkHistory(calls, journal), undefined, `seed ${seed}`)
      assert.ok(journal.length > 300, `${journal.length} events`)
      assert.ok(
        calls.some(call => call.kind === 'submit' && call.answer === undefined),
        'answers were lost',
      )
      assert.ok(calls.filter(call => call.kind === 'read').length > 200, 'there were reads')
      rmSync(folder, { recursive: true })
      folder = mkdtempSync(join(tmpdir(), 'deparrow-history-'))
    }
  })

  it('is so while its writer is taken over again and again', async () => {
    const strike = (running: HistoryLoad): Promise<void> => running.takeOver()
    const { calls, journal } = await load({ seed: 4, steps: 100, trouble: { times: 8, strike } }).run()
    assert.equal(checkHistory(calls, journal), undefined)
  })
})

/** Mistakes between ledger and client, each of which a history must show. */
const mistakes: Readonly<Record<string, (desk: HistoryDesk) => HistoryDesk>> = {
  'reads what it has kept from an earlier read': desk => {
    const kept = new Map<string, ReturnType<HistoryDesk['read']>>()
    return {
      ...desk,
      read: wallet => {
        const fresh = desk.read(wallet)
        const stale = { ...(kept.get(wallet) ?? fresh), position: fresh.position }
        kept.set(wallet, fresh)
        return stale
      },
    }
  },
  'answers a repeated command as if it were the first': desk => ({
    ...desk,
    submit: async command => {
      const answer = await desk.submit(command)
      return answer.status === 'accepted' ? { ...answer, repeated: false } : answer
    },
  }),
  'gives every tenth client the answer of the one before': desk => {
    let count = 0
    let before: LedgerAnswer | undefined
    return {
      ...desk,
      submit: async command => {
        const answer = await desk.submit(command)
        const given = ++count % 10 === 0 && before !== undefined ? before : answer
        before = answer
        return given
      },
    }
  },
  'says yes to what it has refused': desk => ({
    ...desk,
    submit: async command => {
      const answer = await desk.submit(command)
      if (answer.status === 'accepted') return answer
      const { commandId } = answer
      return { status: 'accepted', commandId, firstPosition: 7, lastPosition: 7, repeated: true }
    },
  }),
  'refuses for a reason that there is not': desk => {
    let count = 0
    return {
      ...desk,
      submit: async command => {
        const answer = await desk.submit(command)
        if (answer.status === 'refused' || ++count % 50 !== 0) return answer
        const refusal = { code: 'NONCE_USED', nonce: 1n, lastNonce: 1n } as const
        return { status: 'refused', commandId: answer.commandId, refusal }
      },
    }
  },
}

describe('a history shows a ledger that', { timeout: 120_000 }, () => {
  for (const [mistake, plant] of Object.entries(mistakes)) {
    it(mistake, async t => {
      const { calls, journal } = await load({ plant }).run()
      const finding = checkHistory(calls, journal)
      assert.ok(finding)
      t.diagnostic(`${finding.rule}: ${finding.detail}`)
    })
  }
})
