import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { settlementAbi } from '@deparrow/contracts'
import { type EpochBooks, lowerHex } from '@deparrow/ledger'
import { Actor } from '@deparrow/ledger/testing'
import { AnswerInvalidError } from '@deparrow/sdk/network'
import { createPublicClient, custom } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { LocalSettlement, published } from './local-settlement.spec.fixture.ts'
import { openSettlementChain, type SettlementChain } from './open-settlement.ts'
import { Operator } from './operator.spec.fixture.ts'
import { findNewestRow, readPayee } from './payouts.ts'

const [ann, bob, carol] = [new Actor(5), new Actor(6), new Actor(7)]
const accountOf = (number: number) => privateKeyToAccount(`0x${number.toString(16).padStart(64, '0')}`)

let local: LocalSettlement
let chain: SettlementChain
let last: EpochBooks

/** Ann is in epochs 1 and 2, Bob in 1 alone, Carol is registered and in none; epoch 3 is pending. */
before(async () => {
  local = await LocalSettlement.start()
  chain = await openSettlementChain({ rpcUrl: local.rpcUrl })
  const operator = new Operator(local)
  for (const [number, actor] of [
    [5, ann],
    [6, bob],
  ] as const) {
    await local.fund(actor.address, '10')
    await local.deposit(accountOf(number), '10')
  }
  const args = [[ann.address, bob.address, carol.address]]
  await local.write(published(0), {
    address: local.settlement,
    abi: settlementAbi,
    functionName: 'registerPayees',
    args,
  })
  await operator.follow()
  operator.withdraw(ann, 1_000_000n)
  operator.withdraw(bob, 2_000_000n)
  await operator.finalise(await operator.post())
  operator.withdraw(ann, 3_000_000n)
  await operator.finalise(await operator.post())
  operator.withdraw(ann, 5_000_000n)
  last = await operator.post()
})

after(() => local.close())

const newestOf = async ({ address }: Actor, opened = chain, due: readonly bigint[] = []) =>
  findNewestRow(opened, await readPayee(opened, address), due)

/** The chain, except for one method whose answer is changed. */
function changed(method: string, change: (answer: object) => object): SettlementChain {
  const request = async ({ method: asked, params }: { method: string; params?: unknown }) => {
    const answer = await local.request(asked, params as readonly unknown[])
    return asked === method ? change(answer as object) : answer
  }
  return { ...chain, client: createPublicClient({ chain: hardhat, transport: custom({ request }, { retryCount: 0 }) }) }
}

describe('the newest row of a payee', () => {
  it('is none for an account without an id, and for one that no epoch pays', async () => {
    assert.deepEqual(await readPayee(chain, new Actor(9).address), { id: 0, registeredAt: 0n, claimedMicrocredits: 0n })
    assert.equal(await newestOf(new Actor(9)), undefined)
    assert.equal(await newestOf(carol), undefined)
  })

  it('is not believed when the calldata is not what the contract made its root of', async () => {
    const forged = changed('eth_getTransactionByHash', answer => {
      const { input } = answer as { readonly input: string }
      return { ...answer, input: input.replace('00000000002dc6c0', '00000000003dc6c0') }
    })
    await assert.rejects(newestOf(ann, forged), AnswerInvalidError)
  })

  it('is missed by name when the provider keeps the events back', async () => {
    const silent = changed('eth_getLogs', () => [])
    await assert.rejects(newestOf(ann, silent), /rows of part 0 of epoch 2/)
  })

  it('is that of the newest finalised epoch that has one', async () => {
    const found = await newestOf(ann)
    assert.deepEqual(
      [found?.proof.epoch, found?.row.cumulativeMicrocredits, found?.row.previousEpoch, found?.isFinalised],
      [2n, 4_000_000n, 1, true],
    )
    assert.deepEqual((await newestOf(bob))?.proof.epoch, 1n)
  })

  it('is in a final epoch that waits to be finalised, where that is named', async () => {
    const epoch = BigInt(last.epoch)
    assert.equal((await newestOf(ann, chain, [epoch]))?.isFinalised, false)
    assert.equal((await newestOf(bob, chain, [epoch]))?.proof.epoch, 1n)
  })

  it('has the proof that the contract takes', async () => {
    const found = await newestOf(bob)
    assert.ok(found !== undefined)
    const { epoch, part, index, row, siblings } = found.proof
    const call = {
      address: local.settlement,
      abi: settlementAbi,
      functionName: 'claim',
      args: [epoch, part, index, row, siblings],
    }
    await local.write(published(0), call)
    const { claimedMicrocredits } = await readPayee(chain, lowerHex(bob.address))
    assert.equal(claimedMicrocredits, 2_000_000n)
  })
})
