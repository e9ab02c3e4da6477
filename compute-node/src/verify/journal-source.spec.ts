import assert from 'node:assert/strict'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { AnswerInvalidError, NetworkUnreachableError } from '@deparrow/sdk/network'
import {
  exportFile,
  exportLines,
  headOf,
  storeFile,
  temporaryFolder,
  verdictOfSource,
  whole,
} from './journal.spec.fixture.ts'
import { journalChunks } from './journal-source.ts'

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Pages of ten events, as a gateway gives them. */
function pages(url: string | undefined): string {
  const after = Number(new URL(url ?? '', 'http://any').searchParams.get('after') ?? '0')
  const page = whole.slice(after, after + 10)
  return exportLines(page, headOf(whole.slice(0, after)), after + 10 >= whole.length).join('')
}

async function read(source: string, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of journalChunks(source, { signal })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('a journal is read from', () => {
  it('a file, byte for byte', async t => {
    assert.equal((await read(await exportFile(t))).toString(), exportLines().join(''))
  })

  it('a store, and the data folder that has one, as an export', async t => {
    const path = await storeFile(t)
    assert.equal((await read(path)).toString(), exportLines().join(''))
    const folder = await temporaryFolder(t)
    await rename(path, join(folder, 'journal.sqlite'))
    assert.equal((await read(folder)).toString(), exportLines().join(''))
  })

  it('a gateway, page after page, which is known by its address alone', async t => {
    const asked: (string | undefined)[] = []
    const url = await serve(t, (request, response) => {
      asked.push(request.url)
      response.end(pages(request.url))
    })
    const { finding, head } = await verdictOfSource(url)
    assert.equal(finding, undefined)
    assert.deepEqual(head, headOf(whole))
    assert.equal(asked[0], '/ledger/journal')
    assert.equal(asked[1], '/ledger/journal?after=10')
  })

  it('an address of a file', async t => {
    const url = await serve(t, (_request, response) => response.end(exportLines().join('')))
    assert.equal((await verdictOfSource(`${url}/backup/journal.ndjson`)).finding, undefined)
  })

  it('a gateway that asks for patience', async t => {
    let isFirst = true
    const url = await serve(t, (request, response) => {
      if (!isFirst) return response.end(pages(request.url))
      isFirst = false
      return response.writeHead(429, { 'retry-after': '1' }).end('{}')
    })
    assert.equal((await verdictOfSource(url)).finding, undefined)
  })
})

describe('a journal is not read from', () => {
  it('a file that is not there, and a folder without a store', async t => {
    const folder = await temporaryFolder(t)
    await assert.rejects(read(join(folder, 'nowhere')), { code: 'ENOENT' })
    await mkdir(join(folder, 'empty'))
    await assert.rejects(read(join(folder, 'empty')), { code: 'ENOENT' })
  })

  it('an address at which nobody answers, or with something else', async t => {
    await assert.rejects(read('http://127.0.0.1:1'), NetworkUnreachableError)
    const url = await serve(t, (_request, response) => response.writeHead(404).end('nothing here'))
    await assert.rejects(read(url), AnswerInvalidError)
    const moved = await serve(t, (_request, response) => response.writeHead(302, { location: url }).end())
    await assert.rejects(read(moved), NetworkUnreachableError)
  })

  it('an answer that breaks off, beyond what came', async t => {
    const url = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-length': '100000' })
      response.write(exportLines().slice(0, 3).join(''))
      response.socket?.end()
    })
    await assert.rejects(verdictOfSource(url), NetworkUnreachableError)
  })

  it('a gateway that gives the same page for ever, or none', async t => {
    const first = exportLines(whole.slice(0, 10), undefined, false).join('')
    const url = await serve(t, (_request, response) => response.end(first))
    assert.equal((await verdictOfSource(url)).finding?.position, 11)
    const none = await serve(t, (_request, response) => response.end())
    assert.equal((await verdictOfSource(none)).finding?.position, 1)
  })

  it('a file whose reader has been interrupted', async t => {
    const path = await exportFile(t)
    await writeFile(path, Buffer.alloc(4 * 2 ** 20, 'x'))
    await assert.rejects(read(path, AbortSignal.abort()), { name: 'AbortError' })
  })
})
