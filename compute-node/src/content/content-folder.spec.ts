import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { contentIdOfBytes } from '../../protocol/index.ts'
import { ContentFolder } from './content-folder.ts'
import { ContentMissingError, ContentSource } from './content-source.ts'
import { RecentBytes } from './recent-bytes.ts'

const signal = new AbortController().signal

describe('the content of a node', () => {
  let path: string

  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'deparrow-content-'))
  })

  afterEach(() => rmSync(path, { recursive: true }))

  const bytes = (text: string) => new Uint8Array(Buffer.from(text))
  const cid = (text: string) => contentIdOfBytes(bytes(text))

  it('gives an output back until it is released, also to the next process', async () => {
    const contentId = await new ContentFolder(path, 100).putOutput(bytes('output'))
    assert.equal(contentId, cid('output'))
    const folder = new ContentFolder(path, 100)
    assert.deepEqual(Buffer.from((await folder.readOutput(contentId)) ?? []), Buffer.from('output'))
    await folder.releaseOutput(contentId)
    assert.equal(await folder.readOutput(contentId), undefined)
  })

  it('deletes outputs that nobody names, and half-written files', async () => {
    const folder = new ContentFolder(path, 100)
    const [kept, orphan] = [await folder.putOutput(bytes('kept')), await folder.putOutput(bytes('orphan'))]
    writeFileSync(join(path, 'outputs', 'something.part'), 'half')
    const next = new ContentFolder(path, 100)
    next.keepOnlyOutputs(new Set([kept]))
    assert.deepEqual(readdirSync(join(path, 'outputs')), [kept])
    assert.equal(await next.readOutput(orphan), undefined)
  })

  it('never gives bytes that do not hash to their CID, and deletes them', async () => {
    const folder = new ContentFolder(path, 100)
    const contentId = await folder.putOutput(bytes('output'))
    writeFileSync(join(path, 'outputs', contentId), 'forged')
    assert.equal(await folder.readOutput(contentId), undefined)
    assert.deepEqual(readdirSync(join(path, 'outputs')), [])
  })

  it('reads no path that is not a CID', async () => {
    writeFileSync(join(path, 'secret'), 'secret')
    assert.equal(await new ContentFolder(path, 100).readOutput('../secret'), undefined)
  })

  it('throws away the least recently used above its bound', async () => {
    const folder = new ContentFolder(path, 10)
    for (const text of ['aaaa', 'bbbb']) await folder.cache(cid(text), bytes(text))
    await folder.readCached(cid('aaaa'))
    await folder.cache(cid('cccc'), bytes('cccc'))
    assert.equal(await folder.readCached(cid('bbbb')), undefined)
    assert.ok(await folder.readCached(cid('aaaa')))
    await folder.cache(cid('too large to keep'), bytes('too large to keep'))
    assert.equal(folder.cacheBytes, 8)
    assert.equal(new ContentFolder(path, 10).cacheBytes, 8)
  })

  it('asks the market only for what it has not got, and keeps it', async () => {
    let askedCount = 0
    const fetch = async () => ({ found: true, bytes: bytes(`module ${++askedCount}`) }) as const
    const source = new ContentSource(new RecentBytes(100), new ContentFolder(path, 100), fetch)
    await source.module(cid('module 1'), signal)
    await source.module(cid('module 1'), signal)
    const later = new ContentSource(new RecentBytes(100), new ContentFolder(path, 100), fetch)
    assert.deepEqual(Buffer.from(await later.input(cid('module 1'), signal)), Buffer.from('module 1'))
    assert.equal(askedCount, 1)
  })

  it('asks a few times when the market is not reached, once when it has not got the content', async () => {
    let askedCount = 0
    const source = (answer: () => Promise<{ found: false; code: 'NOT_FOUND' }>) =>
      new ContentSource(new RecentBytes(100), new ContentFolder(path, 100), () => {
        askedCount++
        return answer()
      })
    const unreached = source(() => Promise.reject(new Error('reset')))
    await assert.rejects(unreached.input(cid('x'), signal), (error: Error) => {
      return error instanceof ContentMissingError && error.code === 'NOT_REACHED'
    })
    assert.equal(askedCount, 5)
    const missing = source(async () => ({ found: false, code: 'NOT_FOUND' }))
    await assert.rejects(missing.input(cid('x'), signal), ContentMissingError)
    assert.equal(askedCount, 6)
  })

  it('keeps in memory what was used last, within its bound', () => {
    const recent = new RecentBytes(10)
    recent.put('a', bytes('aaaa'))
    recent.put('b', bytes('bbbb'))
    recent.get('a')
    recent.put('c', bytes('cccc'))
    recent.put('d', bytes('dddddddddddd'))
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map(name => recent.get(name) !== undefined),
      [true, false, true, false],
    )
  })
})
