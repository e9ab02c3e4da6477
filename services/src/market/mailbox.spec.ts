import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { joinText, keepNewest, Mailbox } from './mailbox.ts'

async function all<T>(mailbox: Mailbox<T>): Promise<readonly T[]> {
  const values: T[] = []
  for await (const value of mailbox) values.push(value)
  return values
}

describe('a mailbox', () => {
  it('keeps only the newest values of a slow reader', async () => {
    const mailbox = new Mailbox<number>(keepNewest(2), () => {})
    for (const value of [1, 2, 3]) mailbox.push(value)
    mailbox.end()
    assert.deepEqual(await all(mailbox), [2, 3])
  })

  it('joins the text that waits and keeps its end', async () => {
    const mailbox = new Mailbox<string>(joinText(4), () => {})
    for (const text of ['ab', 'cd', 'ef']) mailbox.push(text)
    mailbox.end()
    assert.deepEqual(await all(mailbox), ['cdef'])
  })

  it('ends a reader that waits when it is told to return, and tells its source once', async () => {
    let endCount = 0
    const mailbox = new Mailbox<number>(keepNewest(1), () => endCount++)
    const waiting = mailbox.next()
    await mailbox.return()
    assert.deepEqual(await waiting, { done: true, value: undefined })
    mailbox.end()
    mailbox.push(1)
    assert.deepEqual(await mailbox.next(), { done: true, value: undefined })
    assert.equal(endCount, 1)
  })
})
