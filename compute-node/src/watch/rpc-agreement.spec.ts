import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SettlementChain } from '../chain/open-settlement.ts'
import { agree } from './rpc-agreement.ts'

type Block = { readonly number: bigint; readonly timestamp: bigint; readonly hash: string }

/** An RPC whose blocks are those of a branch, one each second. */
function rpc(name: string, newest: bigint, branch = 'a'): SettlementChain {
  const getBlock = async ({ blockNumber = newest }: { readonly blockNumber?: bigint }): Promise<Block> => {
    if (newest === 0n || blockNumber > newest) throw new Error('no answer')
    return { number: blockNumber, timestamp: blockNumber, hash: `${branch}${blockNumber}` }
  }
  return { rpcOrigin: `http://${name}`, client: { getBlock } } as unknown as SettlementChain
}

const codesOf = async (...chains: readonly SettlementChain[]) => (await agree(chains, 1)).alarms.map(({ code }) => code)

describe('asking several RPCs', () => {
  it('chooses none when none answers, and names each', async () => {
    const { chain, alarms } = await agree([rpc('one', 0n), rpc('two', 0n)], 1)
    assert.equal(chain, undefined)
    assert.deepEqual(
      alarms.map(({ message }) => message),
      ['http://one does not answer', 'http://two does not answer'],
    )
  })

  it('takes the next when the first is silent, or minutes behind', async () => {
    for (const first of [rpc('one', 0n), rpc('one', 100n)]) {
      const { chain, blockNumber, alarms } = await agree([first, rpc('two', 1_000n)], 3)
      assert.equal(chain?.rpcOrigin, 'http://two')
      assert.equal(blockNumber, 998n)
      assert.equal(alarms.length, 1)
    }
  })

  it('raises the alarm when one has other blocks', async () => {
    assert.deepEqual(await codesOf(rpc('one', 900n), rpc('two', 1_000n, 'b')), ['RPC_DIFFERS'])
  })

  it('is content with nodes that agree, also when one lags a little', async () => {
    assert.deepEqual(await codesOf(rpc('one', 990n), rpc('two', 1_000n)), [])
    assert.deepEqual(await codesOf(rpc('one', 3n)), [])
  })
})
