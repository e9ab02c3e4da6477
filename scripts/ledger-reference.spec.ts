import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readUnion } from './ledger-reference.ts'

const source = `
export type Fact =
  /** One thing. */
  | { readonly type: 'One'; readonly data: { readonly amount: bigint; readonly to?: string } }
  /**
   * Another thing,
   * on two lines.
   */
  | {
      readonly type: 'Two'
      readonly data: {
        /** Not this comment. */
        readonly from: string
      }
    }

export type Other = 'x'
`

describe('the reference of the ledger', () => {
  it('names every member in its order, with what its comment says and its own fields', () => {
    assert.deepEqual(readUnion(source, 'Fact', 'type'), [
      { name: 'One', says: 'One thing.', fields: ['amount', 'to'] },
      { name: 'Two', says: 'Another thing, on two lines.', fields: ['from'] },
    ])
  })

  it('is refused for a member that nobody described', () => {
    const silent = source.replace('  /** One thing. */\n', '')
    assert.throws(() => readUnion(silent, 'Fact', 'type'), /One has no comment/)
  })

  it('is refused for a type that is not there', () => {
    assert.throws(() => readUnion(source, 'Nothing', 'type'), /no type Nothing/)
  })
})
