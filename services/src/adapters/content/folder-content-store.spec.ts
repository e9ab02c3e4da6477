import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { temporaryFolder } from '../sql/temporary-folder.spec.fixture.ts'
import { type ContentDamagedError, ContentTooLargeError, FolderContentStore } from './folder-content-store.ts'

async function setUp(t: TestContext, contentBytesMax = 1_000) {
  const folder = join(temporaryFolder(t), 'content')
  const damaged: ContentDamagedError[] = []
  const options = {
    folder,
    onDamage: (e: ContentDamagedError) => damaged.push(e),
    contentBytesMax,
  }
  return {
    folder,
    damaged,
    store: await FolderContentStore.open(options),
    reopen: () => FolderContentStore.open(options),
  }
}

const bytes = new TextEncoder().encode('what a job wrote')

describe('the folder of contents', () => {
  it('gives back what was stored, also after it was opened again', async t => {
    const { store, reopen } = await setUp(t)
    const contentId = await store.put(bytes)
    assert.deepEqual(await store.get(contentId), bytes)
    assert.equal(await store.has(contentId), true)
    assert.deepEqual(await (await reopen()).get(contentId), bytes)
  })

  it('leaves the disk the room that others need, but still takes what it has', async t => {
    const { store, folder } = await setUp(t)
    await store.put(bytes)
    const full = await FolderContentStore.open({ folder, onDamage: assert.fail, freeBytesMin: Number.MAX_SAFE_INTEGER })
    await assert.rejects(full.put(new Uint8Array(1)), { name: 'ContentStoreFullError' })
    assert.equal(readdirSync(folder).length, 1)
    assert.equal(await full.has(await full.put(bytes)), true)
  })

  it('names contents as multiformats does', async t => {
    const { store } = await setUp(t)
    for (const content of [bytes, new Uint8Array(0), new Uint8Array(1_000).fill(255)]) {
      assert.equal(await store.put(content), CID.create(1, raw.code, await sha256.digest(content)).toString())
    }
  })

  it('stores the same content once, also when it is stored many times at once', async t => {
    const { store, folder } = await setUp(t)
    const ids = await Promise.all(Array.from({ length: 10 }, () => store.put(bytes)))
    assert.deepEqual(readdirSync(folder), [...new Set(ids)])
  })

  it('lets nobody else on the machine read its files', { skip: process.platform === 'win32' }, async t => {
    const { store, folder } = await setUp(t)
    const contentId = await store.put(bytes)
    assert.equal(statSync(join(folder, contentId)).mode & 0o077, 0)
  })

  it('takes content of exactly the largest size and refuses one byte more, leaving nothing behind', async t => {
    const { store, folder } = await setUp(t, 10)
    await store.put(new Uint8Array(10))
    await assert.rejects(store.put(new Uint8Array(11)), (error: unknown) => {
      assert.ok(error instanceof ContentTooLargeError)
      assert.deepEqual([error.contentBytes, error.contentBytesMax], [11, 10])
      return true
    })
    assert.equal(readdirSync(folder).length, 1)
  })

  it('has nothing under the name of content that was never stored', async t => {
    const { store, damaged } = await setUp(t)
    const absent = CID.create(1, raw.code, await sha256.digest(bytes)).toString()
    assert.equal(await store.get(absent), undefined)
    assert.equal(await store.has(absent), false)
    assert.deepEqual(damaged, [])
  })

  for (const hostile of [
    '../secret',
    '..',
    '.',
    '',
    '/etc/hostname',
    'secret',
    'bafkrei/../../secret',
    'bafkrei\0',
    '..\\secret',
  ]) {
    it(`has nothing under ${JSON.stringify(hostile)}, which is no CID`, async t => {
      const { store, folder } = await setUp(t)
      writeFileSync(join(folder, '..', 'secret'), bytes)
      writeFileSync(join(folder, 'secret'), bytes)
      assert.equal(await store.get(hostile), undefined)
      assert.equal(await store.has(hostile), false)
    })
  }

  it('has nothing under another spelling of a CID', async t => {
    const { store } = await setUp(t)
    const contentId = await store.put(bytes)
    const others = [contentId.toUpperCase(), `/ipfs/${contentId}`, CID.createV0(await sha256.digest(bytes)).toString()]
    for (const other of others) assert.equal(await store.get(other), undefined)
  })

  for (const [what, damage] of [
    ['altered', (path: string) => writeFileSync(path, readFileSync(path).fill(0, 3, 4))],
    ['cut off', (path: string) => writeFileSync(path, bytes.subarray(0, 5))],
    ['emptied', (path: string) => writeFileSync(path, '')],
    ['grown beyond all bounds', (path: string) => writeFileSync(path, new Uint8Array(5_000))],
  ] as const) {
    it(`counts a file that was ${what} as absent, reports it, and is mended by storing it again`, async t => {
      const { store, folder, damaged } = await setUp(t)
      const contentId = await store.put(bytes)
      damage(join(folder, contentId))
      assert.equal(await store.get(contentId), undefined)
      assert.equal(damaged[0]?.contentId, contentId)
      assert.match(damaged[0]?.message ?? '', /does not hold the content of its name/)
      assert.equal(await store.put(bytes), contentId)
      assert.deepEqual(await store.get(contentId), bytes)
    })
  }

  it('does not follow a symbolic link in the place of a file', { skip: process.platform === 'win32' }, async t => {
    const { store, folder } = await setUp(t)
    const contentId = await store.put(bytes)
    renameSync(join(folder, contentId), join(folder, '..', 'outside'))
    symlinkSync(join(folder, '..', 'outside'), join(folder, contentId))
    assert.equal(await store.get(contentId), undefined)
  })

  it('counts a folder in the place of a file as damage', async t => {
    const { store, folder, damaged } = await setUp(t)
    const contentId = CID.create(1, raw.code, await sha256.digest(bytes)).toString()
    mkdirSync(join(folder, contentId))
    assert.equal(await store.get(contentId), undefined)
    assert.equal(damaged.length, 1)
  })

  it('removes what an interrupted store left, and nothing else', async t => {
    const { store, folder, reopen } = await setUp(t)
    const contentId = await store.put(bytes)
    writeFileSync(join(folder, `${contentId}.1234.part`), 'half')
    writeFileSync(join(folder, 'README'), 'mine')
    const again = await reopen()
    assert.deepEqual(readdirSync(folder).sort(), ['README', contentId].sort())
    assert.deepEqual(await again.get(contentId), bytes)
  })
})
