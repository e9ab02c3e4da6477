import 'reflect-metadata'
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { Registry } from 'prom-client'
import { startModule } from '../roles/nest-context.ts'
import { until } from '../settlement/testing/until.ts'
import { AUDIT_OPTIONS, AUDIT_SOURCES, CLOCK, CRYPTO, LEDGER_AUDIT, METRICS } from '../tokens.ts'
import { AuditModule } from './audit.module.ts'
import { auditHealth } from './audit-health.ts'
import { auditOptionsAlone } from './audit-options.ts'
import { AuditScene } from './audit-scene.spec.fixture.ts'
import type { LedgerAuditView } from './ledger-audit.port.ts'
import type { AuditSources } from './ledger-audit.ts'

async function startAuditModule(t: TestContext, scene: AuditScene, sources: AuditSources) {
  const metrics = new Registry()
  const problems: string[] = []
  const options = { ...auditOptionsAlone, compareIntervalMs: 1, chainIntervalMs: 1, restartMs: 1, sweepIntervalMs: 1 }
  const values = [
    [AUDIT_SOURCES, sources],
    [AUDIT_OPTIONS, options],
    [CLOCK, scene.fixture.clock],
    [CRYPTO, ethersCrypto],
    [METRICS, metrics],
  ] as const
  const application = await startModule(AuditModule, values, problem => problems.push(problem))
  t.after(() => application.close())
  return { metrics, problems, audit: application.get<LedgerAuditView>(LEDGER_AUDIT, { strict: false }) }
}

describe('the audit as a service', () => {
  it('shows what it finds as figures, in health, and once in the log', async t => {
    let sources: AuditSources | undefined
    const scene = await AuditScene.open(t, own => {
      sources = own
      return own
    })
    assert.ok(sources)
    const { bus: _bus, ...withoutBus } = sources
    const { metrics, problems, audit } = await startAuditModule(t, scene, withoutBus)
    await until(() => audit.report().legs.every(leg => !leg.isConfigured || leg.position === scene.head))
    const health = auditHealth(audit)
    assert.deepEqual([health.isRequired, await health.isHealthy()], [false, true])
    const text = await metrics.metrics()
    for (const leg of ['events', 'readModel', 'chain']) {
      assert.match(text, new RegExp(`deparrow_audit_position\\{leg="${leg}",shard="0"\\} ${scene.head}\n`))
      assert.match(text, new RegExp(`deparrow_audit_lag_events\\{leg="${leg}",shard="0"\\} 0\n`))
      assert.match(text, new RegExp(`deparrow_audit_mismatch\\{leg="${leg}",shard="0"\\} 0\n`))
      const seconds = scene.fixture.clock.ms / 1_000
      assert.match(
        text,
        new RegExp(`deparrow_audit_last_ok_timestamp_seconds\\{leg="${leg}",shard="0"\\} ${seconds}\n`),
      )
    }
    assert.doesNotMatch(text, /leg="bus"/)

    scene.missingWei = 1n
    await until(() => !audit.report().isOk)
    assert.equal(await health.isHealthy(), false)
    assert.match(await metrics.metrics(), /deparrow_audit_mismatch\{leg="chain",shard="0"\} 1\n/)
    scene.missingWei = 0n
    await until(() => audit.report().isOk)
    assert.equal(problems.length, 2, problems.join('\n'))
    assert.match(
      problems[0] ?? '',
      /^the audit finds chain wrong at position \d+ of shard 0, reserve: expected 8\d* wei/,
    )
    assert.match(problems[1] ?? '', /they agree again$/)
  })
})
