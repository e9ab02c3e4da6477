import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { headOf, storeFile, verdictOfSource, whole } from './journal.spec.fixture.ts'
import { ShardChoiceError } from './sqlite-source.ts'

/** A store in which somebody did something by SQL. */
async function edited(
  t: TestContext,
  sql: string,
  ...values: readonly (string | number | Uint8Array)[]
): Promise<string> {
  const path = await storeFile(t)
  const database = new DatabaseSync(path)
  assert.ok(Number(database.prepare(sql).run(...values).changes) > 0)
  database.close()
  return path
}

async function found(source: string): Promise<number | undefined> {
  return (await verdictOfSource(source)).finding?.position
}

describe('a store in which nobody tampered', () => {
  it('holds, whatever the size of its batches', async t => {
    for (const perBatch of [1, 3, 1_000]) {
      const { finding, head } = await verdictOfSource(await storeFile(t, { perBatch }))
      assert.equal(finding, undefined)
      assert.deepEqual(head, headOf(whole))
    }
  })

  it('is read while its writer has it open', async t => {
    const path = await storeFile(t)
    const writer = new DatabaseSync(path)
    writer.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE')
    assert.equal(await found(path), undefined)
    writer.close()
  })

  it('is asked for one of its shards when it keeps several', async t => {
    const path = await storeFile(t, { shards: ['main', 'other'] })
    await assert.rejects(verdictOfSource(path), ShardChoiceError)
  })
})

describe('a store is found out at the first event that is wrong', () => {
  it('when any byte of its file is changed, unless it is read as before', async t => {
    const path = await storeFile(t)
    const bytes = await readFile(path)
    const change = fc.record({ offset: fc.nat(bytes.length - 1), put: fc.nat(255) })
    await fc.assert(
      fc.asyncProperty(change, async ({ offset, put }) => {
        const changed = Uint8Array.from(bytes)
        changed[offset] = put
        await writeFile(path, changed)
        const { finding, head } = await verdictOfSource(path).catch(error => {
          // Without the mark of a database, or with other shards than one, there is nothing to verify.
          assert.ok(error instanceof ShardChoiceError || offset < 16, String(error))
          return { finding: { position: 1 }, head: headOf([]) }
        })
        if (finding === undefined) assert.deepEqual(head, headOf(whole))
        else assert.equal(finding.position, head.position + 1)
      }),
      { numRuns: 150, seed: 20_261_121 },
    )
  })

  it('when a payload is changed, by one character', async t => {
    const sql = `UPDATE journal_batch SET payloads = replace(payloads, '"lane":0', '"lane":1') WHERE first_position = 8`
    const position = 8 + whole.slice(7, 14).findIndex(event => event.payload.includes('"lane":0'))
    assert.equal(await found(await edited(t, sql)), position)
  })

  it('when a batch is gone, at its first event', async t => {
    assert.equal(await found(await edited(t, 'DELETE FROM journal_batch WHERE first_position = 15')), 15)
  })

  it('when its last batches are gone and its head is not', async t => {
    assert.equal(await found(await edited(t, 'DELETE FROM journal_batch WHERE first_position >= 22')), 22)
  })

  it('when a hash is changed, or there are too few', async t => {
    const zeros = 'UPDATE journal_batch SET hashes = zeroblob(224) WHERE first_position = 8'
    assert.equal(await found(await edited(t, zeros)), 8)
    const short = 'UPDATE journal_batch SET hashes = substr(hashes, 1, 96) WHERE first_position = 8'
    assert.equal(await found(await edited(t, short)), 11)
  })

  it('when a batch holds an event more or less than its hashes', async t => {
    const more = `UPDATE journal_batch SET payloads = payloads || char(10) || '{}' WHERE first_position = 8`
    assert.equal(await found(await edited(t, more)), 15)
    const less = `UPDATE journal_batch SET payloads = substr(payloads, 1, instr(payloads, char(10)) - 1) WHERE first_position = 8`
    assert.equal(await found(await edited(t, less)), 9)
  })

  it('when two batches change places', async t => {
    const sql = `UPDATE journal_batch SET last_position = CASE first_position WHEN 8 THEN -1 ELSE last_position END
      WHERE first_position IN (8, 15)`
    assert.equal(await found(await edited(t, sql)), 1)
  })

  it('when its head names another end, or none', async t => {
    const end = whole.length + 1
    assert.equal(await found(await edited(t, 'UPDATE journal_head SET position = position + 1')), end)
    assert.equal(await found(await edited(t, `UPDATE journal_head SET hash = replace(hash, 'a', 'b')`)), end)
    assert.equal(await found(await edited(t, `UPDATE journal_head SET hash = 'none'`)), end)
    await assert.rejects(async () => found(await edited(t, 'DELETE FROM journal_head')), ShardChoiceError)
  })

  it('when payloads are bytes that are no text', async t => {
    const sql = 'UPDATE journal_batch SET payloads = ? WHERE first_position = 15'
    assert.equal(await found(await edited(t, sql, Uint8Array.of(0xff, 0x00, 0xfe))), 15)
  })
})
