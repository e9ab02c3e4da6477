import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gatewayUrlOf } from '../support/agents.ts'
import { endlessLoop, stackBomb } from '../support/hostile-modules.ts'
import { type CommandEnd, runCommand, runCommandPlainly } from '../support/run-command.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'

const folder = temporaryFolder()
const wallet = join(folder.path, 'wallet')
const friend = join(folder.path, 'friend')
const module = fileURLToPath(new URL('../../jobs/text-statistics/text-statistics.wasm', import.meta.url))
const licence = fileURLToPath(new URL('../../../LICENSE', import.meta.url))

let network: NetworkProcess
let url: string
let jobId: string

before(async () => {
  mkdirSync(folder.path)
  network = new NetworkProcess(join(folder.path, 'network'))
  url = await gatewayUrlOf(network)
  await network.line(/has joined/)
})
after(async () => {
  await network.stop()
  folder.remove()
})

/** Runs a command of the wallet's owner. */
const deparrow = (...words: string[]) => runCommand(words, { DEPARROW_URL: url, DEPARROW_DATA: wallet })

async function done(...words: string[]): Promise<CommandEnd['json']> {
  const end = await deparrow(...words)
  assert.equal(end.code, 0, end.stdout + end.stderr)
  return end.json
}

/** Refused with this exit code and this code; says why in words, without a stack trace. */
async function refused(exitCode: number, code: string, ...words: string[]): Promise<Readonly<Record<string, unknown>>> {
  const { code: found, json, stderr } = await deparrow(...words)
  const error = json['error'] as { readonly code: string; readonly message: string }
  assert.deepEqual([found, error.code], [exitCode, code], error.message)
  assert.match(error.message, /^[A-Z0-9/].*[.\w]$/s)
  assert.doesNotMatch(error.message + stderr, /\n\s+at |node_modules/)
  return error
}

function writeModule(name: string, bytes: Uint8Array): string {
  const path = join(folder.path, name)
  writeFileSync(path, bytes)
  return path
}

describe('deparrow status', () => {
  it('tells how the network stands, without a key', async () => {
    const status = await done('status')
    assert.deepEqual([status['chainId'], status['url']], [31_337, url])
    const [node] = status['nodes'] as readonly { readonly online: boolean; readonly engines: readonly string[] }[]
    assert.deepEqual([node?.online, node?.engines.includes('wasm')], [true, true])
    assert.equal((status['books'] as { readonly balanced: boolean }).balanced, true)
  })

  it('is for a person to read without --json', async () => {
    const { code, stdout } = await runCommandPlainly(['--url', url, 'status'], { HOME: folder.path })
    assert.equal(code, 0)
    assert.match(stdout, /^network +http:/m)
    assert.match(stdout, /^books +balanced$/m)
  })

  it('ends with 4 where nobody answers and with 2 where the address is none', async () => {
    await refused(4, 'NETWORK_UNREACHABLE', '--url', 'http://127.0.0.1:1', 'status')
    await refused(2, 'GATEWAY_URL_INVALID', '--url', 'nowhere', 'status')
  })
})

describe('deparrow wallet', () => {
  it('needs a key first, and makes one once', async () => {
    await refused(3, 'KEY_FILE_MISSING', 'wallet', 'balance')
    const made = await done('wallet', 'create')
    assert.match(String(made['address']), /^0x[0-9a-fA-F]{40}$/)
    if (process.platform !== 'win32') assert.equal(statSync(String(made['keyFile'])).mode & 0o077, 0)
    const keyBefore = readFileSync(String(made['keyFile']), 'utf8')
    await refused(3, 'KEY_FILE_EXISTS', 'wallet', 'create')
    assert.equal(readFileSync(String(made['keyFile']), 'utf8'), keyBefore)
  })

  it('funds and deposits: DPC become credits', async () => {
    assert.equal((await done('wallet', 'fund', '20'))['dpcWei'], String(20n * 10n ** 18n))
    const deposited = await done('wallet', 'deposit', '12.5')
    assert.equal(deposited['amountMicrocredits'], '12500000')
    assert.match(String(deposited['transactionHash']), /^0x[0-9a-f]{64}$/)
    const balance = await done('wallet', 'balance')
    assert.deepEqual(
      [balance['availableMicrocredits'], balance['heldMicrocredits'], balance['dpcWei']],
      ['12500000', '0', String(75n * 10n ** 17n)],
    )
  })

  it('refuses to deposit more than there is, an amount that is none, and an unknown method', async () => {
    await refused(1, 'INSUFFICIENT_DPC', 'wallet', 'deposit', '1000')
    await Promise.all([
      refused(2, 'USAGE', 'wallet', 'deposit', '0'),
      refused(2, 'USAGE', 'wallet', 'deposit', '1.2345678'),
      refused(2, 'USAGE', 'wallet', 'deposit', '1', '--method', 'wire'),
    ])
  })
})

describe('deparrow job', () => {
  it('buys a job, shows its log while it runs, and writes the checked output', async () => {
    const output = join(folder.path, 'statistics.json')
    const words = ['job', 'submit', module, '--input', licence, '--max-price', '0.5', '--follow', '--output', output]
    const end = await deparrow(...words)
    assert.equal(end.code, 0, end.stdout)
    assert.match(end.stderr, /read 11358 bytes/)
    assert.deepEqual(
      [end.json['status'], end.json['outcome'], end.json['outputPath']],
      ['completed', 'completed', output],
    )
    assert.equal(JSON.parse(readFileSync(output, 'utf8')).bytes, 11_358)
    const [captured, released] = [end.json['capturedMicrocredits'], end.json['releasedMicrocredits']].map(amount =>
      BigInt(String(amount)),
    )
    assert.equal((captured ?? 0n) + (released ?? 0n), 500_000n)
    jobId = String(end.json['id'])
  })

  it('finds it again: by its id, in the list, with its log and its output', async () => {
    const again = join(folder.path, 'again.json')
    const job = await done('job', 'get', jobId, '--output', again)
    assert.deepEqual([job['id'], job['status']], [jobId, 'completed'])
    assert.equal(JSON.parse(readFileSync(again, 'utf8')).bytes, 11_358)
    const list = (await done('job', 'list')) as unknown as readonly { readonly id: string }[]
    assert.deepEqual(
      list.map(({ id }) => id),
      [jobId],
    )
    assert.match(String((await done('job', 'logs', jobId))['log']), /read 11358 bytes/)
    assert.equal((await done('job', 'logs', jobId, '--bytes', '4'))['log'], 'tes\n')
  })

  it('ends with 1 and the reason when the job that it waited for did not complete, and writes no output', async () => {
    const output = join(folder.path, 'none')
    const bomb = writeModule('bomb.wasm', stackBomb)
    const error = await refused(1, 'JOB_NOT_COMPLETED', 'job', 'submit', bomb, '--max-price', '0.1', '--output', output)
    assert.match(String(error['message']), /failedByJob: The job overflowed its call stack\./)
    assert.equal((error['job'] as { readonly status: string }).status, 'failed')
    assert.throws(() => statSync(output), { code: 'ENOENT' })
  })

  it('cancels a job that runs, of which what it used is paid', async () => {
    const endless = writeModule('endless.wasm', endlessLoop)
    const submitted = await done('job', 'submit', endless, '--max-price', '1', '--fuel', '1000000000000000')
    const id = String(submitted['id'])
    while ((await done('job', 'get', id))['status'] === 'pending') await wait(50)
    await done('job', 'cancel', id)
    let job = await done('job', 'get', id)
    for (; job['capturedMicrocredits'] === null; job = await done('job', 'get', id)) await wait(50)
    assert.equal(job['status'], 'cancelled')
    assert.ok(BigInt(String(job['capturedMicrocredits'])) > 0n)
    await refused(1, 'JOB_ENDED', 'job', 'cancel', id)
  })

  it('says what is wrong with a job that cannot be bought', async () => {
    const price = await refused(1, 'INSUFFICIENT_CREDITS', 'job', 'submit', module, '--max-price', '5000')
    assert.equal(price['requiredMicrocredits'], '5000000000')
    assert.ok(BigInt(String(price['availableMicrocredits'])) > 12_000_000n)
    const low = await refused(1, 'PRICE_ABOVE_MAXIMUM', 'job', 'submit', module, '--bid', '2', '--max-price', '1')
    assert.deepEqual([low['priceMicrocredits'], low['maximumMicrocredits']], ['2000000', '1000000'])
    await refused(1, 'NOT_WEBASSEMBLY', 'job', 'submit', licence, '--max-price', '1')
    await Promise.all([
      refused(2, 'FILE_UNREADABLE', 'job', 'submit', join(folder.path, 'missing.wasm')),
      refused(2, 'FILE_UNWRITABLE', 'job', 'submit', module, '--output', '/no/such/folder/file'),
      refused(2, 'USAGE', 'job', 'submit'),
      refused(2, 'USAGE', 'job', 'get', '0x12'),
    ])
    await refused(1, 'UNKNOWN_JOB', 'job', 'get', `0x${'ab'.repeat(32)}`)
  })
})

describe('credits that move', () => {
  it('go to another wallet, which sees them; its owner’s log stays closed to it', async () => {
    const asFriend = (...words: string[]) => runCommand(words, { DEPARROW_URL: url, DEPARROW_DATA: friend })
    const address = String((await asFriend('wallet', 'create')).json['address'])
    const sent = await done('wallet', 'transfer', address, '2.5')
    assert.equal(sent['amountMicrocredits'], '2500000')
    assert.equal((await asFriend('wallet', 'balance')).json['availableMicrocredits'], '2500000')
    assert.equal((await done('wallet', 'balance', '--of', address))['availableMicrocredits'], '2500000')
    const spied = await asFriend('job', 'logs', jobId)
    assert.equal((spied.json['error'] as { readonly serverCode: string }).serverCode, 'FORBIDDEN')
    assert.equal(spied.code, 1)
    await refused(1, 'INSUFFICIENT_CREDITS', 'wallet', 'transfer', address, '5000')
    await refused(2, 'USAGE', 'wallet', 'transfer', `${address.slice(0, -1)}g`, '1')
  })

  it('are withdrawn and claimed as DPC when their epoch is final', async () => {
    await refused(1, 'NOTHING_TO_CLAIM', 'wallet', 'claim')
    const before = BigInt(String((await done('wallet', 'balance'))['dpcWei']))
    await done('wallet', 'withdraw', '3')
    const claimed = await claimWhenFinal()
    assert.equal(claimed['paidWei'], String(3n * 10n ** 18n))
    const after = await done('wallet', 'balance')
    assert.equal(BigInt(String(after['dpcWei'])), before + 3n * 10n ** 18n)
    await refused(1, 'NOTHING_TO_CLAIM', 'wallet', 'claim')
  })
})

describe('a command line that is wrong', () => {
  it('ends with 2 and says how it is written; help ends with 0', async () => {
    await Promise.all([
      refused(2, 'USAGE', 'jump'),
      refused(2, 'USAGE', 'job', 'list', '--limit', '0'),
      refused(2, 'USAGE', 'status', '--loud'),
    ])
    const help = await runCommandPlainly(['--help'], {})
    assert.equal(help.code, 0)
    assert.match(help.stdout, /Exit codes: 0 done/)
  })
})

/** The epoch of a withdrawal is final within seconds on the local network. */
async function claimWhenFinal(): Promise<CommandEnd['json']> {
  const giveUpAtMs = performance.now() + 60_000
  for (;;) {
    const { code, json } = await deparrow('wallet', 'claim')
    if (code === 0) return json
    assert.equal((json['error'] as { readonly code: string }).code, 'NOTHING_TO_CLAIM')
    assert.ok(performance.now() < giveUpAtMs, 'nothing to claim within a minute')
    await wait(250)
  }
}
