import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { LocalChainDamagedError, LocalChainLogError, LocalChainNewerVersionError } from './errors.ts'
import { decodeLine, encodeLine, type LogRecord } from './log-record.ts'
import {
  createFolder,
  NEVER_MS,
  openChain,
  readBlocks,
  sendTransfer,
  waitForBlockOf,
} from './test-chain.spec.fixture.ts'

/** A closed chain whose log reads header, tx, block, tx, block, and what follows. */
async function createClosedChain(t: TestContext) {
  const dataFolder = createFolder(t)
  const chain = await openChain(t, { dataFolder })
  for (const nonce of [0, 1]) await waitForBlockOf(chain, await sendTransfer(chain, nonce))
  await chain.close()
  const file = join(dataFolder, 'chain.log')
  return { dataFolder, file, blockOf: (records: LogRecord[], index: number) => blockAt(records, index) }
}

function readRecords(file: string): LogRecord[] {
  let sum = 0
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map(line => {
      const decoded = decodeLine(line, sum)
      assert.ok(decoded)
      sum = decoded.sum
      return decoded.record as LogRecord
    })
}

/** Writes the records with right checksums: damage that only a replay can find. */
function writeRecords(file: string, records: readonly LogRecord[]): void {
  let previousSum = 0
  const lines = records.map(record => {
    const { line, sum } = encodeLine(record, previousSum)
    previousSum = sum
    return `${line}\n`
  })
  writeFileSync(file, lines.join(''))
}

function blockAt(records: LogRecord[], index: number): Extract<LogRecord, { type: 'block' }> {
  const record = records.filter(({ type }) => type === 'block')[index]
  assert.ok(record?.type === 'block')
  return record
}

test('cuts off an incomplete last line and goes on from the whole ones', async t => {
  const { dataFolder, file } = await createClosedChain(t)
  const whole = readFileSync(file, 'utf8')
  appendFileSync(file, '{"checksum":"00000000","record":{"type":"tx","ra')
  const messages: string[] = []
  const chain = await openChain(t, { dataFolder, blockIntervalMs: NEVER_MS, log: message => messages.push(message) })
  assert.match(messages.join(' '), /Cut off 48 bytes/)
  assert.ok((await readBlocks(chain)).length >= 3)
  await chain.close()
  assert.ok(readFileSync(file, 'utf8').startsWith(whole))
  readRecords(file)
})

test('starts anew when a crash left not even the whole header', async t => {
  const dataFolder = createFolder(t)
  writeFileSync(join(dataFolder, 'chain.log'), '{"checksum":"0000')
  const chain = await openChain(t, { dataFolder })
  assert.equal(await chain.request('eth_blockNumber'), '0x0')
})

const brokenLines: [string, (lines: string[]) => string[], number][] = [
  [
    'an altered character',
    lines => lines.map((line, index) => (index === 2 ? line.replace('"hash"', '"hush"') : line)),
    3,
  ],
  ['a lost line', lines => lines.toSpliced(1, 1), 2],
  ['two lines swapped', lines => [...lines.slice(0, 1), ...lines.slice(1, 3).reverse(), ...lines.slice(3)], 2],
  ['a repeated line', lines => lines.toSpliced(2, 0, String(lines[1])), 3],
  ['a line that is no record', lines => ['hello', ...lines], 1],
  ['a header that is gone', lines => lines.slice(1), 1],
  ['an altered last line', lines => [...lines.slice(0, -1), `${lines.at(-1)?.slice(0, -1)} `], -1],
]

for (const [what, breakLines, line] of brokenLines)
  test(`refuses a log with ${what}, names the line and leaves the file as it was`, async t => {
    const { dataFolder, file } = await createClosedChain(t)
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    const broken = breakLines(lines).join('\n').concat('\n')
    writeFileSync(file, broken)
    await assert.rejects(openChain(t, { dataFolder }), (error: LocalChainLogError) => {
      assert.ok(error instanceof LocalChainLogError)
      assert.equal(error.line, line === -1 ? lines.length : line)
      assert.match(error.message, /Put the folder back from a copy, or start over/)
      return true
    })
    assert.equal(readFileSync(file, 'utf8'), broken)
  })

test('refuses a log of a newer version and says both versions', async t => {
  const { dataFolder, file } = await createClosedChain(t)
  const [header, ...records] = readRecords(file)
  assert.ok(header?.type === 'header')
  writeRecords(file, [{ ...header, version: 2 }, ...records])
  await assert.rejects(openChain(t, { dataFolder }), (error: LocalChainNewerVersionError) => {
    assert.ok(error instanceof LocalChainNewerVersionError)
    assert.deepEqual([error.found, error.supported], [2, 1])
    assert.match(error.message, /Run the newer program/)
    return true
  })
})

test('refuses a second header and a kind of record that it does not know', async t => {
  const { dataFolder, file } = await createClosedChain(t)
  const records = readRecords(file)
  const [header] = records
  assert.ok(header)
  for (const extra of [header, { type: 'snapshot' } as unknown as LogRecord]) {
    writeRecords(file, [...records, extra])
    await assert.rejects(openChain(t, { dataFolder }), { name: 'LocalChainLogError', line: records.length + 1 })
  }
})

const ZERO_HASH = `0x${'00'.repeat(32)}`
const falseBlocks: [string, object, RegExp][] = [
  ['hash', { hash: ZERO_HASH }, /differs in its hash: expected 0x00/],
  ['state root', { stateRoot: ZERO_HASH }, /differs in its state root: expected 0x00/],
  ['list of transactions', { transactions: [] }, /differs in its transactions/],
  ['number', { number: 7 }, /differs in its number: expected 2, found 7/],
  ['time', { timestamp: 1 }, /differs in its time: expected more than/],
]

for (const [what, change, message] of falseBlocks)
  test(`refuses a log whose second block has another ${what} than its replay`, async t => {
    const { dataFolder, file, blockOf } = await createClosedChain(t)
    const records = readRecords(file)
    Object.assign(blockOf(records, 1), change)
    writeRecords(file, records)
    await assert.rejects(openChain(t, { dataFolder }), (error: LocalChainDamagedError) => {
      assert.ok(error instanceof LocalChainDamagedError)
      assert.match(error.message, message)
      assert.notEqual(error.expected, error.found)
      return true
    })
  })

test('refuses a log from which a transaction was taken out or that has a false one', async t => {
  const { dataFolder, file } = await createClosedChain(t)
  const records = readRecords(file)
  const index = records.findIndex(({ type }) => type === 'tx')
  const falsified: LogRecord = { type: 'tx', raw: '0x02c0' }
  for (const altered of [records.toSpliced(index, 1), records.with(index, falsified)]) {
    writeRecords(file, altered)
    await assert.rejects(openChain(t, { dataFolder }), { name: 'LocalChainDamagedError', blockNumber: 1 })
  }
})

test('refuses a log with another genesis time, and says so when another release wrote it', async t => {
  const { dataFolder, file } = await createClosedChain(t)
  const [header, ...records] = readRecords(file)
  assert.ok(header?.type === 'header')
  const altered = { ...header, initialDateMs: header.initialDateMs - 5_000, client: 'HardhatNetwork/0.0.1' }
  writeRecords(file, [altered, ...records])
  await assert.rejects(openChain(t, { dataFolder }), /written by HardhatNetwork\/0\.0\.1, this is HardhatNetwork/)
})
