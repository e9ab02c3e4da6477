import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { encryptKeystoreJsonSync, Wallet } from 'ethers'
import { SecretKey } from '../keys/secret-key.ts'
import { createKeyFile, loadKeyFile, readKeyFileAddress, scryptCostRandomPassword } from './keystore.ts'

const folder = await mkdtemp(join(tmpdir(), 'deparrow-keys-'))
after(() => rm(folder, { recursive: true }))

const cost = scryptCostRandomPassword
const password = 'correct horse ünïcode'
let fileCount = 0
const newPath = () => join(folder, String(++fileCount), 'wallet.key.json')

async function createdFile() {
  const path = newPath()
  const created = await createKeyFile({ path, password, cost })
  assert.ok(created.ok)
  return { path, ...created }
}

async function codeOf(path: string, tried = password): Promise<string> {
  const result = await loadKeyFile({ path, password: tried })
  return result.ok ? 'OPENED' : result.refusal.code
}

type KeyFile = { crypto: { kdfparams: object } }

async function altered(change: (file: KeyFile) => void): Promise<string> {
  const { path } = await createdFile()
  const file = JSON.parse(await readFile(path, 'utf8'))
  change(file)
  await writeFile(path, JSON.stringify(file))
  return path
}

test('a key file opens with its password and gives the same key', async () => {
  const { path, address, privateKey } = await createdFile()
  const loaded = await loadKeyFile({ path, password })
  assert.ok(loaded.ok)
  assert.equal(loaded.address, address)
  assert.equal(loaded.privateKey.reveal(), privateKey.reveal())
  assert.equal(await readKeyFileAddress(path), address)
})

test('ethers opens our key file, and we open one of ethers', async () => {
  const ours = await createdFile()
  const { path } = ours
  const wallet = await Wallet.fromEncryptedJson(await readFile(path, 'utf8'), password)
  const { address, privateKey } = wallet
  assert.equal(privateKey, ours.privateKey.reveal())
  const other = newPath().replace(/[^/]*$/, '')
  await createKeyFile({ path: join(other, 'ours.json'), password, cost })
  const theirs = join(other, 'theirs.json')
  const scrypt = { N: 4096, r: 8, p: 1 }
  await writeFile(theirs, encryptKeystoreJsonSync({ address, privateKey }, password, { scrypt }), { mode: 0o600 })
  const loaded = await loadKeyFile({ path: theirs, password })
  assert.ok(loaded.ok)
  assert.equal(loaded.privateKey.reveal(), privateKey)
})

test('the file is readable by its owner alone, holds no plain key and leaves nothing unfinished behind', async () => {
  const { path, privateKey } = await createdFile()
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.ok(!(await readFile(path, 'utf8')).includes(privateKey.reveal().slice(2)))
  assert.deepEqual(await readdir(join(path, '..')), ['wallet.key.json'])
})

test('a key that is there is never overwritten', async () => {
  const { path } = await createdFile()
  const before = await readFile(path, 'utf8')
  const again = await createKeyFile({
    path,
    password: 'other',
    privateKey: new SecretKey(`0x${'01'.repeat(32)}`),
    cost,
  })
  assert.ok(!again.ok)
  assert.equal(again.refusal.code, 'KEY_FILE_EXISTS')
  assert.equal(await readFile(path, 'utf8'), before)
})

test('of two processes that create a key at once one wins and the other is refused', async () => {
  const path = newPath()
  const results = await Promise.all([1, 2].map(() => createKeyFile({ path, password, cost })))
  assert.deepEqual(results.map(result => result.ok).sort(), [false, true])
  assert.equal(await codeOf(path), 'OPENED')
})

test('a wrong password is refused', async () => {
  const { path } = await createdFile()
  assert.equal(await codeOf(path, 'correct horse'), 'PASSWORD_WRONG')
  assert.equal(await codeOf(path, ''), 'PASSWORD_WRONG')
})

test('a missing file is refused as missing', async () => {
  assert.equal(await codeOf(newPath()), 'KEY_FILE_MISSING')
  const { path } = await createdFile()
  assert.equal(await codeOf(join(path, 'below-a-file')), 'KEY_FILE_MISSING')
})

test('a file that others can read is refused before it is opened', async () => {
  const { path } = await createdFile()
  for (const mode of [0o640, 0o604, 0o660]) {
    await chmod(path, mode)
    assert.equal(await codeOf(path, 'wrong as well'), 'KEY_FILE_EXPOSED')
  }
})

for (const [what, text] of [
  ['is empty', ''],
  ['is no JSON', 'hello'],
  ['is a list', '[]'],
  ['has another version', '{"version":1}'],
  ['is large', `"${'x'.repeat(20_000)}"`],
] as const) {
  test(`a file that ${what} is refused as no key file`, async () => {
    const { path } = await createdFile()
    await writeFile(path, text)
    assert.equal(await codeOf(path), 'KEY_FILE_INVALID')
  })
}

for (const [what, params] of [
  ['gigabytes of memory', { n: 2 ** 30 }],
  ['endless work', { p: 2 ** 40 }],
  ['a minute of work', { n: 2 ** 18, p: 64 }],
  ['a cost that is no power of two', { n: 1000 }],
  ['a short key', { dklen: 16 }],
] as const) {
  test(`a file that asks for ${what} is refused without trying`, async () => {
    const path = await altered(file => Object.assign(file.crypto.kdfparams, params))
    assert.equal(await codeOf(path), 'KEY_FILE_INVALID')
  })
}

test('a file whose address is not that of its key is refused', async () => {
  const path = await altered(file => Object.assign(file, { address: '12'.repeat(20) }))
  assert.equal(await codeOf(path), 'KEY_FILE_INVALID')
})

test('an altered ciphertext does not open', async () => {
  const path = await altered(file => Object.assign(file.crypto, { ciphertext: '34'.repeat(32) }))
  assert.equal(await codeOf(path), 'PASSWORD_WRONG')
})
