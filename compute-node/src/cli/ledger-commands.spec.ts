import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportFile, exportLines, storeFile, whole } from '../verify/journal.spec.fixture.ts'
import { errorOf, nobody, run, temporaryFolder } from './cli.spec.fixture.ts'

test('a journal that holds is summed up, for a person and for a program', async t => {
  const path = await exportFile(t)
  const { code, stdout } = await run(['ledger', 'verify', path, '--threads', '1'])
  assert.equal(code, 0)
  assert.match(stdout, /verdict +everything holds/)
  assert.match(stdout, /reserve +\d+(\.\d+)? credits/)
  const summary = JSON.parse((await run(['ledger', 'verify', path, '--threads', '1', '--json'])).stdout)
  const { sound, events, head, signatures, chain } = summary
  assert.deepEqual([sound, events, head, chain], [true, whole.length, whole.at(-1)?.hash, null])
  assert.ok(signatures > 20)
})

test('signatures are left out where that is asked for', async t => {
  const ran = await run(['ledger', 'verify', await exportFile(t), '--threads', '1', '--signatures', 'off', '--json'])
  assert.equal(JSON.parse(ran.stdout).signatures, null)
  assert.equal((await run(['ledger', 'verify', '--signatures', 'maybe', '--json'])).code, 2)
})

test('a journal that was tampered with ends with 1 and names the first event that is wrong', async t => {
  const lines = exportLines()
  const path = await exportFile(t, lines.with(9, (lines[9] ?? '').replace('"position":9', '"position":8')))
  const ran = await run(['ledger', 'verify', path, '--threads', '1', '--json'])
  assert.equal(ran.code, 1)
  const { code, position, type } = JSON.parse(ran.stdout).error
  assert.deepEqual([code, position, type], ['JOURNAL_UNSOUND', 9, JSON.parse(whole[8]?.payload ?? '').type])
  const said = await run(['ledger', 'verify', path, '--threads', '1'])
  assert.match(said.stderr, /^Event 9 \(\w+\) .*\. Up to 8 events are right\.\n$/)
})

test('the data folder that is named holds the journal that is meant', async t => {
  const path = await storeFile(t)
  const folder = join(path, '..')
  const ran = await run(['--data', folder, 'ledger', 'verify', '--threads', '1', '--json'])
  assert.equal(JSON.parse(ran.stdout).events, whole.length)
})

test('a store is exported into a file that can be verified', async t => {
  const out = join(await temporaryFolder(t), 'journal.ndjson')
  const ran = await run(['ledger', 'export', await storeFile(t), '--out', out, '--json'])
  assert.deepEqual(JSON.parse(ran.stdout), { file: out, events: whole.length, head: whole.at(-1)?.hash })
  assert.equal(await readFile(out, 'utf8'), exportLines().join(''))
})

test('an export that is cut off is said to be none', async t => {
  const path = await exportFile(t, exportLines().slice(0, -3))
  const ran = await run(['ledger', 'export', path, '--out', join(await temporaryFolder(t), 'copy'), '--json'])
  assert.equal(ran.code, 1)
  assert.equal(errorOf(ran).code, 'EXPORT_INCOMPLETE')
})

test('what is no journal, not there, or of several shards is refused as such', async t => {
  const folder = await temporaryFolder(t)
  const other = join(folder, 'other')
  await writeFile(other, 'something else')
  const unsound = await run(['ledger', 'verify', other, '--threads', '1', '--json'])
  assert.deepEqual([unsound.code, errorOf(unsound).code], [1, 'JOURNAL_UNSOUND'])
  const nowhere = await run(['ledger', 'verify', join(folder, 'nowhere'), '--json'])
  assert.deepEqual([nowhere.code, errorOf(nowhere).code], [2, 'FILE_UNUSABLE'])
  const several = await run(['ledger', 'verify', await storeFile(t, { shards: ['a', 'b'] }), '--json'])
  assert.deepEqual([several.code, errorOf(several).code], [2, 'SHARD_UNKNOWN'])
  assert.match(errorOf(several).message, /"a", "b"/)
})

test('a network that nobody serves, and a chain that nobody serves, cannot be reached', async t => {
  const silent = await run(['ledger', 'verify', '--url', nobody, '--json'])
  assert.deepEqual([silent.code, errorOf(silent).code], [4, 'NETWORK_UNREACHABLE'])
  const path = await exportFile(t)
  const chainless = await run(['ledger', 'verify', path, '--threads', '1', '--rpc', nobody, '--json'])
  assert.deepEqual([chainless.code, errorOf(chainless).code], [4, 'NETWORK_UNREACHABLE'])
})

test('a file that holds no acceptance, or that of another ledger, is refused before anything is believed', async t => {
  const path = await exportFile(t)
  const file = join(await temporaryFolder(t), 'acceptance.json')
  await writeFile(file, 'a promise')
  const none = await run(['ledger', 'verify', path, '--threads', '1', '--acceptance', file, '--json'])
  assert.deepEqual([none.code, errorOf(none).code], [2, 'ACCEPTANCE_UNREADABLE'])
  await writeFile(file, JSON.stringify({ digest: `0x${'00'.repeat(32)}`, position: '1', root: { position: '1' } }))
  const foreign = await run(['ledger', 'verify', path, '--threads', '1', '--acceptance', file, '--json'])
  assert.deepEqual([foreign.code, errorOf(foreign).code], [5, 'ACCEPTANCE_FOREIGN'])
})
