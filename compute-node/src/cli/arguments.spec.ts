import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, fakeNetwork, nobody, run } from './cli.spec.fixture.ts'

const id = `0x${'12'.repeat(32)}`
const address = `0x${'12'.repeat(20)}`

const wrong: readonly (readonly string[])[] = [
  [],
  ['job'],
  ['wallet'],
  ['node'],
  ['nothing'],
  ['job', 'nothing'],
  ['status', 'too', 'much'],
  ['status', '--nothing'],
  ['status', '--url', ''],
  ['status', '--url', 'ftp://127.0.0.1'],
  ['status', '--url', 'http://user:hidden@127.0.0.1'],
  ['status', '--data', '  '],
  ['job', 'submit'],
  ['job', 'submit', 'module.wasm', '--image', 'busybox'],
  ['job', 'submit', '/no/such/module.wasm'],
  ['job', 'submit', '/tmp'],
  ['job', 'submit', '--image', 'busybox', '--input', '/no/such/input'],
  ['job', 'submit', '--image', 'busybox', '--output', '/no/such/folder/output'],
  ['job', 'submit', '--image', 'busybox', '--output', '/tmp'],
  ['job', 'submit', '--image', 'busybox', '--env', 'NAME'],
  ['job', 'submit', '--image', 'busybox', '--env', '=value'],
  ['job', 'submit', '--image', 'busybox', '--max-price', '0'],
  ['job', 'submit', '--image', 'busybox', '--max-price', '-1'],
  ['job', 'submit', '--image', 'busybox', '--max-price', '1e3'],
  ['job', 'submit', '--image', 'busybox', '--max-price', '1.1234567'],
  ['job', 'submit', '--image', 'busybox', '--max-price', '2000000000'],
  ['job', 'submit', '--image', 'busybox', '--priority', 'higher'],
  ['job', 'submit', '--image', 'busybox', '--memory-mib', '0'],
  ['job', 'submit', '--image', 'busybox', '--memory-mib', '4097'],
  ['job', 'submit', '--image', 'busybox', '--wall-seconds', '1.5'],
  ['job', 'submit', '--image', 'busybox', '--fuel', '0x10'],
  ['job', 'get'],
  ['job', 'get', '0x12'],
  ['job', 'logs', id, '--bytes', '0'],
  ['job', 'cancel', id.slice(0, -1)],
  ['job', 'list', '--limit', '201'],
  ['wallet', 'fund', 'all'],
  ['wallet', 'deposit'],
  ['wallet', 'deposit', '1', '--method', 'gift'],
  ['wallet', 'transfer', address],
  ['wallet', 'transfer', address.slice(0, -1), '1'],
  ['wallet', 'transfer', '0x5FbDB2315678afecb367f032d93F642f64180aa4', '1'],
  ['wallet', 'claim', '--for', 'me'],
  ['node', 'start', '--payout-wallet', '0x1'],
  ['node', 'start', '--slots', 'many'],
]

for (const words of wrong) {
  test(`deparrow ${words.join(' ')}: is refused as wrong usage, in a sentence and as JSON`, async () => {
    const environment = { DEPARROW_URL: nobody }
    const said = await run(words, environment)
    assert.equal(said.code, 2)
    assert.equal(said.stdout, '')
    assert.match(said.stderr, words.length > 1 || words[0] === 'nothing' ? /^\P{Ll}.*[.!?]\n$/u : /^Usage: deparrow/)
    const json = await run(['--json', ...words], environment)
    assert.equal(json.code, 2)
    assert.equal(json.stderr, '')
    assert.ok(errorOf(json).message.length > 10)
    for (const text of [said.stderr, json.stdout]) assert.doesNotMatch(text, /hidden|\n\s+at |\.js:\d/)
  })
}

test('an address with the right checksum, or with none, is taken', async () => {
  for (const taken of ['0x5FbDB2315678afecb367f032d93F642f64180aa3', address]) {
    const ran = await run(['--json', '--url', nobody, 'wallet', 'transfer', taken, '1'])
    assert.equal(errorOf(ran).code, 'NETWORK_UNREACHABLE')
  }
})

test('the address of the network comes from the option, else from the environment', async t => {
  const url = await fakeNetwork(t, 31337)
  assert.equal((await run(['status', '--json'], { DEPARROW_URL: url })).code, 0)
  assert.equal((await run(['status', '--json', '--url', url], { DEPARROW_URL: nobody })).code, 0)
  assert.equal((await run(['status', '--json', '--url', nobody], { DEPARROW_URL: url })).code, 4)
})
