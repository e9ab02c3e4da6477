import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type Snapshot, zeroHash } from '@deparrow/ledger'
import { FileSnapshotStore } from './file-snapshot-store.ts'

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'snapshot-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

function snapshot(position: number): Snapshot {
  const balances = new Map([['wallet:0x01', 10n ** 15n]])
  return { format: 1, position, hash: zeroHash, state: { balances, ended: new Set(['a']), config: undefined } }
}

describe('the file snapshot store', () => {
  it('has nothing at first, and nothing for another shard', async t => {
    const store = await FileSnapshotStore.open(await folderOf(t))
    assert.equal(await store.newest('main'), undefined)
    await store.save('main', snapshot(1))
    assert.equal(await store.newest('other'), undefined)
  })

  it('gives back the newest as it was, maps, sets and bigints included', async t => {
    const folder = await folderOf(t)
    const store = await FileSnapshotStore.open(folder)
    await store.save('main', snapshot(1))
    await store.save('main', snapshot(2))
    assert.deepEqual(await (await FileSnapshotStore.open(folder)).newest('main'), snapshot(2))
    assert.equal((await readdir(folder)).length, 1)
  })

  it('has read the snapshot when it returns its promise', async t => {
    const store = await FileSnapshotStore.open(await folderOf(t))
    const live = snapshot(1)
    const saving = store.save('main', live)
    ;(live.state['balances'] as Map<string, bigint>).set('wallet:0x02', 1n)
    await saving
    assert.deepEqual(await store.newest('main'), snapshot(1))
  })

  it('counts a damaged or a cut file as none', async t => {
    const folder = await folderOf(t)
    const store = await FileSnapshotStore.open(folder)
    await store.save('main', snapshot(1))
    const [name] = await readdir(folder)
    const path = join(folder, name ?? '')
    const bytes = await readFile(path)
    for (const damaged of [
      bytes.subarray(0, -1),
      bytes.subarray(0, 10),
      Buffer.alloc(0),
      flipped(bytes, bytes.length - 3),
    ]) {
      await writeFile(path, damaged)
      assert.equal(await store.newest('main'), undefined)
    }
  })

  it('keeps its files from other users, and a shard’s name out of the path', async t => {
    const folder = await folderOf(t)
    const store = await FileSnapshotStore.open(folder)
    await store.save('../main', snapshot(1))
    const [name] = await readdir(folder)
    assert.ok(name)
    assert.equal((await stat(join(folder, name))).mode & 0o077, 0)
    assert.deepEqual(await store.newest('../main'), snapshot(1))
  })
})

function flipped(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}
