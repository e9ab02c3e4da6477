import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createKeyFile, scryptCostRandomPassword } from '@deparrow/sdk/keystore'
import { SecretKey } from '@deparrow/sdk/network'
import type { Command } from 'commander'
import { errorOf, fakeNetwork, nobody, run, temporaryFolder } from './cli.spec.fixture.ts'
import { buildProgram } from './program.ts'

/** The key of the first published account. */
const publishedKey = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

/** Runs the command as a user does: the file in `bin/`, in a process of its own. */
function launch(words: readonly string[], env: Record<string, string> = {}) {
  const bin = fileURLToPath(new URL('../../../bin/deparrow.js', import.meta.url))
  return new Promise<{ code: unknown; stdout: string; stderr: string }>(resolve => {
    execFile(process.execPath, [bin, ...words], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    )
  })
}

async function passwordFile(folder: string, text: string): Promise<string> {
  const path = join(folder, 'password')
  await writeFile(path, text)
  return path
}

test('the launched command prints one line of JSON and its exit code, and nothing else', async () => {
  const ran = await launch(['status', '--json', '--url', nobody])
  assert.equal(ran.code, 4)
  assert.equal(ran.stderr, '')
  assert.equal(JSON.parse(ran.stdout).error.code, 'NETWORK_UNREACHABLE')
  assert.equal(ran.stdout.trim().split('\n').length, 1)
})

test('the launched node gives its exit code through the second start that tunes its memory', async t => {
  const ran = await launch(['--data', await temporaryFolder(t), '--url', nobody, 'node', 'start'])
  assert.equal(ran.code, 4)
  assert.equal(
    ran.stderr,
    `Nobody answers at ${nobody}/graphql. Check that the network runs there, or name another address.\n`,
  )
})

test('a file that holds no private key of secp256k1 is refused as such', async t => {
  const data = await temporaryFolder(t)
  const url = await fakeNetwork(t, 31337)
  for (const digits of ['00'.repeat(32), 'ff'.repeat(32)]) {
    const path = join(data, `imported-${digits.slice(0, 2)}`)
    await writeFile(path, digits, { mode: 0o600 })
    const ran = await run(['wallet', 'create', '--import', path, '--json', '--url', url, '--data', data])
    assert.equal(errorOf(ran).code, 'KEY_FILE_INVALID')
    assert.equal(ran.code, 3)
    assert.ok(!ran.stdout.includes(digits))
  }
})

test('a data folder that cannot be one is the user’s to mend, not a fault to report', async t => {
  const file = await passwordFile(await temporaryFolder(t), 'a file')
  const url = await fakeNetwork(t, 31337)
  const ran = await run(['wallet', 'create', '--json', '--url', url, '--data', join(file, 'below')])
  assert.equal(ran.code, 2)
  assert.equal(errorOf(ran).code, 'FILE_UNUSABLE')
  assert.match(errorOf(ran).message, /below/)
})

test('help and version are results', async () => {
  assert.match((await launch(['--help'])).stdout, /Exit codes: 0 done/)
  assert.match((await launch(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

test('every command says what it takes', () => {
  const explained = (command: Command): string[] => [
    command.helpInformation(),
    ...command.commands.flatMap(below => explained(below)),
  ]
  const pages = explained(buildProgram(() => Promise.resolve()))
  assert.deepEqual(
    pages.filter(page => !page.startsWith('Usage: ')),
    [],
  )
  assert.ok(pages.some(page => page.includes('how many (default: 1000)')))
})

test('the status of a network is shown without a key', async t => {
  const url = await fakeNetwork(t, 31337)
  const status = JSON.parse((await run(['status', '--json', '--url', url])).stdout)
  assert.equal(status.chainId, 31337)
  assert.equal(status.books.reserve, '5')
  assert.match((await run(['status', '--url', url])).stdout, /books +balanced/)
})

test('a network that answers nonsense is not believed', async t => {
  const url = await fakeNetwork(t, 31337, { network: { chainId: 'one' } })
  const ran = await run(['status', '--json', '--url', url])
  assert.equal(ran.code, 5)
  assert.equal(errorOf(ran).code, 'ANSWER_INVALID')
})

test('on the development chain a wallet gets a random password beside its key, both for the owner alone', async t => {
  const data = await temporaryFolder(t)
  const url = await fakeNetwork(t, 31337)
  const ran = await run(['wallet', 'create', '--json', '--url', url, '--data', data])
  assert.equal(ran.code, 0)
  assert.deepEqual((await readdir(data)).sort(), ['wallet.key.json', 'wallet.key.json.password'])
  for (const name of await readdir(data)) assert.equal((await stat(join(data, name))).mode & 0o777, 0o600)
  const password = (await readFile(join(data, 'wallet.key.json.password'), 'utf8')).trim()
  assert.ok(password.length >= 43)
  assert.ok(!ran.stdout.includes(password) && !ran.stderr.includes(password))
  const again = await run(['wallet', 'create', '--json', '--url', url, '--data', data])
  assert.equal(again.code, 3)
  assert.equal(errorOf(again).code, 'KEY_FILE_EXISTS')
})

for (const words of [
  ['wallet', 'create'],
  ['node', 'start'],
]) {
  test(`deparrow ${words.join(' ')} on another chain makes no key without a password of the user's`, async t => {
    const data = await temporaryFolder(t)
    const url = await fakeNetwork(t, 1)
    const ran = await run([...words, '--json', '--url', url, '--data', data])
    assert.equal(ran.code, 3)
    assert.equal(errorOf(ran).code, 'PASSWORD_REQUIRED')
    assert.match(errorOf(ran).message, /DEPARROW_KEY_PASSWORD_FILE/)
    assert.deepEqual(await readdir(data), [])
  })
}

test('with a password file a wallet is made without asking the network, and another password does not open it', async t => {
  const data = await temporaryFolder(t)
  const DEPARROW_KEY_PASSWORD_FILE = await passwordFile(data, 'a long sentence\n')
  const words = ['--json', '--url', nobody, '--data', data]
  assert.equal((await run(['wallet', 'create', ...words], { DEPARROW_KEY_PASSWORD_FILE })).code, 0)
  await passwordFile(data, 'another sentence\n')
  const ran = await run(['wallet', 'balance', ...words], { DEPARROW_KEY_PASSWORD_FILE })
  assert.equal(ran.code, 3)
  assert.equal(errorOf(ran).code, 'PASSWORD_WRONG')
  assert.ok(!ran.stdout.includes('sentence'))
})

for (const [what, text] of [
  ['is empty', ''],
  ['holds an empty line', '\n'],
  ['holds two lines', 'one\ntwo\n'],
  ['is very long', 'x'.repeat(2_000)],
] as const) {
  test(`a password file that ${what} is refused`, async t => {
    const data = await temporaryFolder(t)
    const DEPARROW_KEY_PASSWORD_FILE = await passwordFile(data, text)
    const ran = await run(['wallet', 'create', '--json', '--data', data], { DEPARROW_KEY_PASSWORD_FILE })
    assert.equal(ran.code, 3)
    assert.equal(errorOf(ran).code, 'PASSWORD_FILE_INVALID')
  })
}

test('a password file that is not there is refused by its name', async t => {
  const data = await temporaryFolder(t)
  const DEPARROW_KEY_PASSWORD_FILE = join(data, 'nowhere')
  const ran = await run(['wallet', 'create', '--json', '--data', data], { DEPARROW_KEY_PASSWORD_FILE })
  assert.equal(errorOf(ran).code, 'PASSWORD_FILE_INVALID')
  assert.match(errorOf(ran).message, /nowhere/)
})

test('a command without a wallet says how to make one', async t => {
  const url = await fakeNetwork(t, 31337)
  const ran = await run(['job', 'list', '--json', '--url', url, '--data', await temporaryFolder(t)])
  assert.equal(ran.code, 3)
  assert.equal(errorOf(ran).code, 'KEY_FILE_MISSING')
  assert.match(errorOf(ran).message, /deparrow wallet create/)
})

test('a key file that others can read is refused with the command that mends it', async t => {
  const data = await temporaryFolder(t)
  const url = await fakeNetwork(t, 31337)
  await run(['wallet', 'create', '--url', url, '--data', data])
  await chmod(join(data, 'wallet.key.json'), 0o644)
  const ran = await run(['wallet', 'balance', '--json', '--url', url, '--data', data])
  assert.equal(ran.code, 3)
  assert.match(errorOf(ran).message, /chmod 600/)
})

test('a published key is taken on the development chain alone, for wallet and node, and is never shown', async t => {
  const data = await temporaryFolder(t)
  const key = join(data, 'published')
  await writeFile(key, publishedKey, { mode: 0o600 })
  const DEPARROW_KEY_PASSWORD_FILE = await passwordFile(data, 'pw')
  const environment = { DEPARROW_KEY_PASSWORD_FILE }
  const url = await fakeNetwork(t, 1)
  const words = ['--json', '--url', url, '--data', data]
  const imported = await run(['wallet', 'create', '--import', key, ...words], environment)
  assert.equal(imported.code, 0)
  const secret = new SecretKey(`0x${publishedKey}`)
  await createKeyFile({
    path: join(data, 'node.key.json'),
    password: 'pw',
    privateKey: secret,
    cost: scryptCostRandomPassword,
  })
  for (const command of [
    ['wallet', 'balance'],
    ['node', 'start'],
  ]) {
    const ran = await run([...command, ...words], environment)
    assert.equal(ran.code, 3)
    assert.equal(errorOf(ran).code, 'DEVELOPMENT_KEY')
    assert.ok(!`${ran.stdout}${ran.stderr}${imported.stdout}`.includes(publishedKey))
  }
})

test('a private key is not imported from a file that others can read, nor from one that holds something else', async t => {
  const data = await temporaryFolder(t)
  const url = await fakeNetwork(t, 31337)
  const key = join(data, 'key')
  const words = ['wallet', 'create', '--json', '--url', url, '--data', join(data, 'keys'), '--import', key]
  await writeFile(key, publishedKey, { mode: 0o644 })
  assert.equal(errorOf(await run(words)).code, 'KEY_FILE_EXPOSED')
  await writeFile(key, 'a secret that is no key')
  await chmod(key, 0o600)
  const ran = await run(words)
  assert.equal(errorOf(ran).code, 'KEY_FILE_INVALID')
  assert.ok(!ran.stdout.includes('a secret'))
})

test('credits are not funded by a network that is not for development', async t => {
  const data = await temporaryFolder(t)
  const DEPARROW_KEY_PASSWORD_FILE = await passwordFile(data, 'pw')
  const words = ['--json', '--url', await fakeNetwork(t, 5), '--data', data]
  await run(['wallet', 'create', ...words], { DEPARROW_KEY_PASSWORD_FILE })
  const ran = await run(['wallet', 'fund', '1', ...words], { DEPARROW_KEY_PASSWORD_FILE })
  assert.equal(ran.code, 1)
  assert.equal(errorOf(ran).code, 'NOT_A_DEVELOPMENT_CHAIN')
})
