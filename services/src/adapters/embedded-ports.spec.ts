import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { testConfig } from '@deparrow/ledger/testing'
import { privateKeyToAccount } from 'viem/accounts'
import { openEmbeddedPorts } from './embedded-ports.ts'

const keyOf = (byte: number) => `0x${byte.toString(16).padStart(64, '0')}` as const

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-ports-'))
})
after(() => rm(folder, { recursive: true }))

describe('the embedded ports', () => {
  it('report a reader of the journal that throws, and go on', async () => {
    const problems: string[] = []
    const ports = await openEmbeddedPorts({
      paths: {
        journal: join(folder, 'journal.sqlite'),
        readModel: join(folder, 'read-model.sqlite'),
        snapshots: join(folder, 'snapshots'),
        market: join(folder, 'market.sqlite'),
        content: join(folder, 'content'),
      },
      config: testConfig,
      rpcUrl: 'http://127.0.0.1:9',
      poster: privateKeyToAccount(keyOf(0xabc)),
      ledgerSigner: privateKeyToAccount(keyOf(0xdef)),
      mesh: { privateKey: keyOf(0x123), port: 0 },
      clock: { nowMs: () => 1_000 },
      report: problem => problems.push(problem),
    })
    const heard: string[] = []
    ports.ledger.subscribe(() => {
      throw new Error('cannot read this')
    })
    ports.ledger.subscribe(events => heard.push(...events.map(event => event.type)))
    await ports.ledger.submit({ type: 'RecordPayee', wallet: `0x${'11'.repeat(20)}`, id: 1 })
    await ports.close()
    assert.deepEqual(heard, ['PayeeRegistered'])
    assert.deepEqual(problems, ['a reader of the journal failed: cannot read this'])
  })
})
