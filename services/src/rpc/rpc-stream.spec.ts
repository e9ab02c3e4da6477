import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { z } from 'zod'
import { Mailbox } from '../market/mailbox.ts'
import { clientTo, serveInternally } from './rpc.spec.fixture.ts'
import type { RpcClient } from './rpc-client.ts'
import { type RpcService, rpcStream } from './rpc-service.ts'

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function serve(...services: readonly RpcService[]) {
  const served = await serveInternally(...services)
  closers.push(() => served.close())
  return served
}

function clientOf(urls: readonly string[]): RpcClient {
  const client = clientTo('abacus', urls)
  closers.push(() => client.close())
  return client
}

function abacus(methods: RpcService['methods']): RpcService {
  return { name: 'abacus', methods, toldErrors: ['OverflowError'] }
}

describe('a stream from a service that runs apart', () => {
  function following() {
    const state = { isEnded: false, mailbox: undefined as Mailbox<bigint> | undefined }
    const ended = Promise.withResolvers<void>()
    const open = async ({ id }: { id: string }) => {
      if (id === 'unknown') return undefined
      state.mailbox = new Mailbox<bigint>(
        (waiting, value) => [...waiting, value].slice(-2),
        () => {
          state.isEnded = true
          ended.resolve()
        },
      )
      return state.mailbox
    }
    return {
      state,
      ended: ended.promise,
      service: abacus({ follow: rpcStream(z.strictObject({ id: z.string() }), open) }),
    }
  }

  it('is none for what is unknown', async () => {
    const { url } = await serve(following().service)
    assert.equal(await clientOf([url]).stream('follow', { id: 'unknown' }), undefined)
  })

  it('brings values as they come, and ends when its source ends', async () => {
    const { service, state } = following()
    const { url } = await serve(service)
    const values = await clientOf([url]).stream('follow', { id: 'known' })
    for (const value of [1n, 2n ** 64n]) {
      state.mailbox?.push(value)
      assert.deepEqual(await values?.next(), { done: false, value })
    }
    state.mailbox?.end()
    assert.deepEqual(await values?.next(), { done: true, value: undefined })
  })

  it('ends at its source at once when its reader leaves, also while nothing comes', { timeout: 5_000 }, async () => {
    const { service, state, ended } = following()
    const { url } = await serve(service)
    const values = await clientOf([url]).stream('follow', { id: 'known' })
    const waiting = values?.next()
    await values?.return?.()
    assert.deepEqual(await waiting, { done: true, value: undefined })
    await ended
    assert.equal(state.isEnded, true)
  })

  it('makes its source wait for a reader that does not read', { timeout: 20_000 }, async () => {
    let pulledCount = 0
    const text = 'x'.repeat(2 ** 16)
    const endless: AsyncIterableIterator<string> = {
      next: async () => {
        pulledCount++
        await new Promise(resolve => setImmediate(resolve))
        return { done: false, value: text }
      },
      return: async () => ({ done: true, value: undefined }),
      [Symbol.asyncIterator]() {
        return this
      },
    }
    const { url } = await serve(abacus({ follow: rpcStream(z.unknown(), async () => endless) }))
    const values = await clientOf([url]).stream('follow', {})
    assert.equal((await values?.next())?.value, text)
    const settled = async () => {
      for (let before = -1; before !== pulledCount; ) {
        before = pulledCount
        for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve))
      }
      return pulledCount
    }
    const waitingCount = await settled()
    assert.ok(waitingCount < 500, `${waitingCount} values were pulled for a reader that took one`)
    for (let taken = 0; taken < waitingCount + 10; taken++) await values?.next()
    assert.ok((await settled()) > waitingCount, 'it goes on when the reader does')
    await values?.return?.()
  })

  it('throws what its source throws, and that the connection broke', async () => {
    const broken = Object.assign(new Error('too large'), { name: 'OverflowError' })
    const source = async () =>
      new Mailbox<bigint>(
        () => [],
        () => undefined,
      )
    const fails = async () => Object.assign(await source(), { next: () => Promise.reject(broken) })
    const { url, server } = await serve(
      abacus({ fails: rpcStream(z.unknown(), fails), follow: rpcStream(z.unknown(), source) }),
    )
    const failed = await clientOf([url]).stream('fails', {})
    await assert.rejects(async () => failed?.next(), { name: 'RemoteCallError', remoteName: 'OverflowError' })
    const cut = await clientOf([url]).stream('follow', {})
    const waiting = cut?.next()
    await server.close()
    await assert.rejects(async () => waiting, { name: 'AnswerLostError' })
  })
})
