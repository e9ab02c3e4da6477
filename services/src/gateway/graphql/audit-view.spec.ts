import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuditAlarm, AuditLegReport } from '../../audit/ledger-audit.port.ts'
import { auditView } from './audit-view.ts'

const alarm: AuditAlarm = {
  ...{ leg: 'readModel', shard: 0, position: 7, account: 'treasury', expected: '5', found: '6', sinceMs: 1_000 },
}

const leg: AuditLegReport = {
  ...{ leg: 'readModel', shard: 0, isConfigured: true, position: 6, lagEvents: 1, lastOkAtMs: 900 },
  ...{ error: undefined, alarm },
}

describe('the audit as clients see it', () => {
  it('names the leg, the position and the account at which an alarm stands', () => {
    const { ok, legs } = auditView({ isOk: false, legs: [leg], alarms: [alarm] })
    assert.equal(ok, false)
    assert.deepEqual(legs, [
      {
        ...{ leg: 'readModel', shard: 0, configured: true, position: 6, lagEvents: 1, lastOkAt: 900, error: undefined },
        alarm: { position: 7, account: 'treasury', expected: '5', found: '6', since: 1_000 },
      },
    ])
  })

  it('shows no alarm where none stands', () => {
    const { ok, legs } = auditView({ isOk: true, legs: [{ ...leg, alarm: undefined }], alarms: [] })
    assert.deepEqual([ok, legs[0]?.alarm], [true, undefined])
  })
})
