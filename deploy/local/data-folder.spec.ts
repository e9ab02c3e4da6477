import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import { DataFolderError, openDataFolder } from './data-folder.ts'

let root: string

beforeEach(test => {
  const parent = mkdtempSync(join(tmpdir(), 'deparrow-folder-'))
  ;(test as TestContext).after(() => rmSync(parent, { recursive: true }))
  root = join(parent, 'data')
})

async function openAndRelease(isFresh = false): Promise<void> {
  const folder = await openDataFolder(root, isFresh)
  folder.release()
}

/** Refused for this reason, and every file and folder is as it was. */
async function assertRefused(problem: RegExp, isFresh = false): Promise<void> {
  const before = contents(root)
  await assert.rejects(
    openAndRelease(isFresh),
    error => error instanceof DataFolderError && problem.test(error.message),
  )
  assert.deepEqual(contents(root), before)
}

function contents(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return files
    .map(({ parentPath, name }) => `${join(parentPath, name)}: ${readFileSync(join(parentPath, name))}`)
    .sort()
}

describe('a data folder', () => {
  it('is made with its places, keys for their owner alone, and opens again with what is in it', async () => {
    await openAndRelease()
    writeFileSync(join(root, 'keys', 'agent.json'), 'key')
    await openAndRelease()
    assert.equal(readFileSync(join(root, 'keys', 'agent.json'), 'utf8'), 'key')
    if (process.platform !== 'win32') assert.equal(statSync(join(root, 'keys')).mode & 0o077, 0)
    assert.deepEqual(JSON.parse(readFileSync(join(root, 'deparrow.json'), 'utf8')), { version: 1 })
  })

  it('opens where an earlier start died before its first file was whole', async () => {
    mkdirSync(root)
    writeFileSync(join(root, `.${crypto.randomUUID()}.unfinished`), '{"ver')
    writeFileSync(join(root, 'deparrow.lock'), '')
    await openAndRelease()
    assert.ok(existsSync(join(root, 'deparrow.json')))
  })

  it('is refused and untouched when it holds something else, also with --fresh', async () => {
    mkdirSync(join(root, 'photos'), { recursive: true })
    writeFileSync(join(root, 'photos', 'cat.png'), 'picture')
    writeFileSync(join(root, 'journal.sqlite'), 'somebody else’s')
    await assertRefused(/holds something else than a network’s data; name another folder with --data/)
    await assertRefused(/holds something else than a network’s data/, true)
    assert.equal(existsSync(join(root, 'deparrow.lock')), false)
  })

  it('is refused when it is a file', async () => {
    writeFileSync(root, 'a file')
    await assert.rejects(openAndRelease(), /cannot be read \(ENOTDIR\); name a folder with --data/)
    assert.equal(readFileSync(root, 'utf8'), 'a file')
  })

  it('is refused when a newer version wrote it', async () => {
    await openAndRelease()
    writeFileSync(join(root, 'deparrow.json'), '{"version":2}\n')
    await assertRefused(/written by a newer DEparrow \(layout 2, this one knows 1\); run that version/)
  })

  it('is refused when its marker is damaged', async () => {
    await openAndRelease()
    for (const text of ['', '{"version":', '{"version":"1"}', '{"version":0}', 'null', '[]']) {
      writeFileSync(join(root, 'deparrow.json'), text)
      await assertRefused(/its deparrow\.json is damaged; restore it from a backup, or start anew with --fresh/)
    }
  })

  it('is used by one network at a time, and is not emptied under it', async () => {
    const folder = await openDataFolder(root, false)
    writeFileSync(join(folder.content, 'kept'), 'content')
    await assertRefused(/another network runs on it; end that one/)
    await assertRefused(/another network runs on it; end that one/, true)
    folder.release()
    await openAndRelease()
  })
})

describe('a data folder that is to be fresh', () => {
  it('is emptied of all that is a network’s', async () => {
    await openAndRelease()
    for (const name of [
      'journal.sqlite',
      'journal.sqlite-wal',
      'read-model.sqlite',
      'read-model.sqlite-2',
      'read-model.sqlite-2-wal',
      'read-model.sqlite-building-0a1b2c3d',
      'node/node.sqlite',
      'keys/a.json',
    ]) {
      writeFileSync(join(root, name), 'old')
    }
    writeFileSync(join(root, 'deparrow.json'), 'damaged')
    await openAndRelease(true)
    assert.ok(contents(root).every(line => !line.endsWith(': old')))
    assert.deepEqual(JSON.parse(readFileSync(join(root, 'deparrow.json'), 'utf8')), { version: 1 })
  })

  it('is not emptied when something lies in it whose name only begins like one of ours', async () => {
    await openAndRelease()
    for (const name of ['keys-2', 'read-model.sqlite-old', 'thesis.sqlite-2']) {
      writeFileSync(join(root, name), 'kept')
      await assertRefused(new RegExp(`also holds "${name}"`), true)
      rmSync(join(root, name))
    }
  })

  it('is not emptied at all when something else lies in it, which is named', async () => {
    await openAndRelease()
    writeFileSync(join(root, 'journal.sqlite'), 'old')
    writeFileSync(join(root, 'thesis.txt'), 'years of work')
    await assertRefused(
      /also holds "thesis\.txt", which is not a network’s, so it is not emptied; move that elsewhere/,
      true,
    )
    await openAndRelease()
  })
})
