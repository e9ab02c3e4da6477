import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { disputesAbi, settlementAbi } from '@deparrow/contracts'
import type { Hex } from '@deparrow/ledger'
import { Actor } from '@deparrow/ledger/testing'
import { parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { LocalSettlement, published, testPeriods } from '../chain/local-settlement.spec.fixture.ts'
import { Operator } from '../chain/operator.spec.fixture.ts'
import { chainRunner, writeWallet } from './chain.spec.fixture.ts'

const [ann, bob] = [new Actor(5), new Actor(6)]
const annAccount = privateKeyToAccount(`0x${'5'.padStart(64, '0')}`)

type Shown = {
  readonly id: Hex
  readonly state: string
  readonly epoch: string
  readonly leaf?: { readonly available: string; readonly held: string }
  readonly statement?: {
    readonly opening: { readonly available: string }
    readonly closing: { readonly available: string }
    readonly creditMicrocredits: string
    readonly debitMicrocredits: string
  }
}

let folder: string
let chain: LocalSettlement
let operator: Operator
let annRuns: ReturnType<typeof chainRunner>
let forcedItem: string
let depositItem: string

const ask = async (...words: string[]) => (await annRuns.done('dispute', ...words)) as never as Shown
const reason = async (...words: string[]) => (await annRuns.refused('dispute', ...words))['reason']

const purse = () =>
  chain.client.readContract({
    address: chain.addresses.disputes,
    abi: disputesAbi,
    functionName: 'purseWei',
    args: [ann.address],
  })

const bondWei = () =>
  chain.client.readContract({ address: chain.addresses.disputes, abi: disputesAbi, functionName: 'askerBondWei' })

const inboxCount = () =>
  chain.client.readContract({ address: chain.settlement, abi: settlementAbi, functionName: 'inboxCount' })

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deparrow-cli-dispute-'))
  chain = await LocalSettlement.start()
  operator = new Operator(chain)
  await writeWallet(folder, 5)
  await chain.fund(ann.address, '1000')
  annRuns = chainRunner(chain, folder)
  depositItem = String(await inboxCount())
  await chain.deposit(annAccount, '20')
})

after(async () => {
  await chain.close()
  await rm(folder, { recursive: true })
})

describe('deparrow chain dispute', () => {
  it('opens nothing while no epoch is pending', async () => {
    assert.equal((await annRuns.refused('dispute', 'leaf', ann.address)).code, 'NO_PENDING_EPOCH')
  })

  it('says what bond is needed when the purse is too small, and sends nothing', async () => {
    await operator.finalise(await operator.post())
    forcedItem = (await annRuns.done('force-withdraw', '3'))['inboxIndex'] as unknown as string
    await operator.follow()
    operator.withdraw(ann, 1_000_000n)
    await operator.post()
    const refused = await annRuns.refused('dispute', 'leaf', ann.address)
    assert.deepEqual(
      [refused.exit, refused.code, refused['neededWei']],
      [1, 'PURSE_TOO_SMALL', String(await bondWei())],
    )
    assert.match(refused.message, /--fund/)
  })

  it('names an amount that --fund takes and that suffices', async () => {
    const { message } = await annRuns.refused('dispute', 'leaf', `payable:${ann.address}`)
    const fund = /--fund ([0-9.]+)$/.exec(message)?.[1] ?? ''
    assert.equal((await ask('leaf', `payable:${ann.address}`, '--fund', fund)).state, 'open')
    assert.ok((await purse()) < 10n ** 12n)
  })

  it('refuses more for the purse than the wallet has', async () => {
    const nonce = await chain.client.getTransactionCount({ address: ann.address })
    assert.equal((await annRuns.refused('dispute', 'leaf', ann.address, '--fund', '100000')).code, 'INSUFFICIENT_DPC')
    assert.equal(await chain.client.getTransactionCount({ address: ann.address }), nonce)
  })

  it('opens one demand for one bond, and shows it when the same is asked again', async () => {
    const demand = await ask('leaf', ann.address, '--fund', '500')
    assert.deepEqual([demand.state, demand.epoch], ['open', '2'])
    const left = await purse()
    assert.ok(left > parseEther('500') - (await bondWei()) && left < parseEther('500'))
    assert.equal((await ask('leaf', ann.address)).id, demand.id)
    assert.equal(await purse(), left)
    const { openDemands, line } = (await annRuns.done('status')) as never as {
      readonly openDemands: readonly { readonly id: Hex }[]
      readonly line: readonly { readonly openDemands: number }[]
    }
    assert.deepEqual([openDemands.map(({ id }) => id).at(-1), line[0]?.openDemands], [demand.id, 2])
  })

  it('refuses what cannot be demanded, in words', async () => {
    assert.equal(await reason('statement', 'treasury'), 'AccountWithoutStatement')
    assert.equal(await reason('credit', depositItem), 'ItemOutsideEpoch')
    assert.equal(await reason('credit', forcedItem), 'ItemUnrelated')
    assert.equal(await reason('leaf', ann.address, '--epoch', '1'), 'EpochNotPending')
    assert.equal(await reason('leaf', bob.address, '--follows', `0x${'12'.repeat(32)}`), 'NotFollowable')
    assert.equal((await annRuns.refused('dispute', 'show', `0x${'12'.repeat(32)}`)).code, 'DEMAND_UNKNOWN')
  })

  it('does not end a demand that can still be answered', async () => {
    const { id } = await ask('leaf', ann.address)
    assert.equal(await reason('expire', id), 'DemandStillAnswerable')
    assert.equal(await reason('refund', id), 'EpochNotCancelled')
  })

  it('shows the leaf that was answered, to anybody', async () => {
    const { id } = await ask('leaf', ann.address)
    await operator.answer(id)
    await operator.answer((await ask('leaf', `payable:${ann.address}`)).id)
    const { state, leaf } = (await chainRunner(chain, join(folder, 'nobody')).done(
      'dispute',
      'show',
      id,
    )) as never as Shown
    assert.deepEqual([state, leaf?.available, leaf?.held], ['answered', '16000000', '0'])
    assert.match((await annRuns.said('dispute', 'show', id)).stdout, /leaf +16 credits available, 0 held/)
  })

  it('waits for the answer, and shows that an account has no leaf', async () => {
    const asked = ask('leaf', bob.address, '--wait')
    const disputes = { address: chain.addresses.disputes, abi: disputesAbi } as const
    let id: Hex | undefined
    while (id === undefined) {
      const events = await chain.client.getContractEvents({
        ...disputes,
        eventName: 'Demanded',
        fromBlock: 0n,
        strict: true,
      })
      id = events[2]?.args.id
    }
    await operator.answer(id)
    const { state, leaf } = await asked
    assert.deepEqual([state, leaf?.available], ['answered', '0'])
  })

  it('shows the statement that was answered, and what a forced withdrawal did', async () => {
    const statement = await ask('statement', ann.address)
    await operator.answer(statement.id)
    const shown = await ask('show', statement.id)
    const { opening, closing, creditMicrocredits, debitMicrocredits } = shown.statement as NonNullable<
      Shown['statement']
    >
    assert.deepEqual(
      [opening.available, closing.available, creditMicrocredits, debitMicrocredits],
      ['20000000', '16000000', '0', '4000000'],
    )
    const forced = await ask('forced', forcedItem)
    await operator.answer(forced.id)
    assert.equal((await ask('show', forced.id)).state, 'answered')
  })

  it('takes no bond for a statement that stands already, and shows it', async () => {
    const before = await purse()
    const stated = await ask('statement', `payable:${ann.address}`)
    await operator.answer(stated.id)
    assert.equal(await purse(), before - (await bondWei()))
    const again = await ask('statement', `payable:${ann.address}`)
    assert.deepEqual([again.state, again.statement?.creditMicrocredits], ['stated', '4000000'])
    assert.equal(await purse(), before - (await bondWei()))
  })

  it('lists the demands since the last final epoch', async () => {
    const list = (await annRuns.done('dispute', 'list')) as never as readonly {
      readonly state: string
      readonly kind: string
    }[]
    assert.deepEqual(
      list.map(({ kind, state }) => [kind, state]),
      ['leaf', 'leaf', 'leaf', 'statement', 'forced', 'statement'].map(kind => [kind, 'answered']),
    )
    assert.deepEqual(await annRuns.done('dispute', 'list', '--epoch', '1'), [])
  })

  it('cancels the epoch of a demand that nobody answered, and gives back the bonds of the others', async () => {
    await chain.pass(700n)
    await chain.write(published(1), {
      address: chain.settlement,
      abi: settlementAbi,
      functionName: 'finalise',
      args: [2n],
    })
    await operator.follow()
    const item = String(await inboxCount())
    await annRuns.done('deposit', '1')
    await operator.post()
    const before = await purse()
    const [silent, other] = [await ask('credit', item), await ask('leaf', ann.address)]
    await chain.pass(testPeriods.answerSeconds + 1n)
    assert.match(
      (await annRuns.said('dispute', 'show', silent.id)).stdout,
      /not answered in time: deparrow chain dispute expire/,
    )
    const expired = await ask('expire', silent.id)
    assert.deepEqual([expired.state, expired.epoch], ['expired', '3'])
    assert.equal(await reason('expire', other.id), 'EpochNotPending')
    assert.equal((await ask('refund', other.id)).state, 'refunded')
    assert.equal(await purse(), before)
    assert.equal(await reason('expire', silent.id), 'DemandNotOpen')
  })

  it('gives the purse back, but no more than it holds', async () => {
    assert.equal(await reason('withdraw', '1000'), 'PurseTooSmall')
    const { leftWei } = (await annRuns.done('dispute', 'withdraw')) as never as { readonly leftWei: string }
    assert.equal(leftWei, '0')
    assert.equal(await purse(), 0n)
  })

  it('sends nothing for a purse that is empty', async () => {
    const nonce = await chain.client.getTransactionCount({ address: annAccount.address })
    assert.equal((await annRuns.refused('dispute', 'withdraw')).code, 'PURSE_EMPTY')
    assert.equal(await chain.client.getTransactionCount({ address: annAccount.address }), nonce)
  })
})
