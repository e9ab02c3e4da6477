import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { disputesAbi, dpcTokenAbi, nodeRegistryAbi, settlementAbi } from '@deparrow/contracts'
import { Actor } from '@deparrow/ledger/testing'
import { parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { LocalSettlement, testPeriods } from '../chain/local-settlement.spec.fixture.ts'
import { Operator } from '../chain/operator.spec.fixture.ts'
import { chainRunner, writeWallet } from './chain.spec.fixture.ts'

const [ann, bob, carol] = [new Actor(5), new Actor(6), new Actor(7)]
const accountOf = (number: number) => privateKeyToAccount(`0x${number.toString(16).padStart(64, '0')}`)

type Taken = { readonly what: string; readonly amountWei: string }
type Left = {
  readonly taken: readonly Taken[]
  readonly remaining: readonly { readonly what: string; readonly code: string }[]
  readonly unbonding: readonly { readonly unbondingWei: string }[]
}

let folder: string
let chain: LocalSettlement
let operator: Operator

const runs = (name: string) => chainRunner(chain, join(folder, name))
const settlement = () => ({ address: chain.settlement, abi: settlementAbi }) as const
const balanceOf = (address: `0x${string}`) =>
  chain.client.readContract({
    address: chain.addresses.token,
    abi: dpcTokenAbi,
    functionName: 'balanceOf',
    args: [address],
  })

async function journal(text: string): Promise<string> {
  const path = join(folder, `journal-${Math.abs(text.length)}.ndjson`)
  await writeFile(path, text)
  return path
}

const inWei = ({ taken }: Left) => taken.map(({ what, amountWei }) => [what, amountWei])

/** Wallets with credits in a final epoch: Ann also has a payout that waits for an id, a purse and a stake; Carol deposited too late. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deparrow-cli-exit-'))
  chain = await LocalSettlement.start()
  operator = new Operator(chain)
  for (const [name, number, actor] of [
    ['ann', 5, ann],
    ['bob', 6, bob],
    ['carol', 7, carol],
  ] as const) {
    await writeWallet(join(folder, name), number)
    await chain.fund(actor.address, '100')
  }
  await chain.deposit(accountOf(5), '20')
  await chain.deposit(accountOf(6), '10')
  await operator.follow()
  operator.withdraw(ann, 5_000_000n)
  await operator.finalise(await operator.post())
  await chain.deposit(accountOf(7), '3')
})

after(async () => {
  await chain.close()
  await rm(folder, { recursive: true })
})

/** Ann's purse and stake. */
async function investOfAnn(): Promise<void> {
  const { token, disputes, registry } = chain.addresses
  for (const spender of [disputes, registry]) {
    const args = [spender, parseEther('10')] as const
    await chain.write(accountOf(5), { address: token, abi: dpcTokenAbi, functionName: 'approve', args })
  }
  const purse = { address: disputes, abi: disputesAbi, functionName: 'fund', args: [parseEther('2')] }
  const stake = { address: registry, abi: nodeRegistryAbi, functionName: 'registerNode' }
  await chain.write(accountOf(5), purse)
  await chain.write(accountOf(5), { ...stake, args: [ann.address, parseEther('4')] })
}

describe('deparrow chain exit', () => {
  it('is refused with the time left while an epoch may still become final', async () => {
    const refused = await runs('ann').refused('exit')
    assert.deepEqual([refused.exit, refused.code], [1, 'EXIT_NOT_DUE'])
    const left = BigInt(refused['secondsLeft'] as string)
    assert.ok(left > 0n && left <= testPeriods.exitSeconds)
    assert.match(refused.message, /can start in 1 h/)
  })

  it('finalises what is due first, which starts the wait anew', async () => {
    const { epoch } = await operator.post()
    await chain.pass(testPeriods.exitSeconds + 1n)
    const refused = await runs('ann').refused('exit')
    assert.deepEqual([refused.code, refused['finalised']], ['EXIT_NOT_DUE', [String(epoch)]])
    assert.ok(BigInt(refused['secondsLeft'] as string) > testPeriods.exitSeconds - 100n)
    await operator.follow()
  })

  it('starts without a journal, takes what needs none, and says what remains', async () => {
    await chain.deposit(accountOf(7), '2')
    await investOfAnn()
    await chain.pass(testPeriods.exitSeconds + 1n)
    const refused = await runs('ann').refused('exit')
    assert.deepEqual([refused.exit, refused.code], [1, 'EXIT_INCOMPLETE'])
    const left = refused as never as Left
    assert.deepEqual(
      left.remaining.map(({ what, code }) => [what, code]),
      [['leaf', 'JOURNAL_NEEDED']],
    )
    assert.deepEqual(inWei(left), [
      ['purse', String(parseEther('2'))],
      ['stake', String(parseEther('4'))],
    ])
    assert.equal(left.unbonding[0]?.unbondingWei, String(parseEther('4')))
  })

  for (const [what, code, copy] of [
    ['that is of another contract', 'JOURNAL_FOREIGN', () => new Operator(fakeChain()).export()],
    ['whose leaves are others', 'JOURNAL_UNSOUND', () => operator.export(forgeDeposit)],
    ['that another operator kept', 'JOURNAL_DIFFERS', () => otherJournal()],
    ['that ends before the last final epoch', 'JOURNAL_SHORT', () => shortened(operator.export())],
    ['that is none', 'JOURNAL_UNREADABLE', () => operator.export(stored => ({ ...stored, payload: '{}' }))],
  ] as const) {
    it(`does not serve with a copy ${what}, and takes nothing by it`, async () => {
      const before = await balanceOf(ann.address)
      const path = await journal(copy())
      const refused = (await runs('ann').refused('exit', path)) as never as Left
      assert.deepEqual(
        refused.remaining.map(({ what: kind, code: reason }) => [kind, reason]),
        [['leaf', code]],
      )
      assert.deepEqual(refused.taken, [])
      assert.equal(await balanceOf(ann.address), before)
    })
  }

  it('takes balance and waiting payout by the journal’s copy, once', async () => {
    const path = await journal(operator.export())
    const before = await balanceOf(ann.address)
    const left = (await runs('ann').done('exit', path)) as never as Left
    assert.deepEqual(inWei(left), [
      ['leaf', String(parseEther('15'))],
      ['payable', String(parseEther('5'))],
    ])
    assert.equal((await balanceOf(ann.address)) - before, parseEther('20'))
    const again = (await runs('ann').done('exit', path)) as never as Left
    assert.deepEqual([again.taken, again.remaining], [[], []])
  })

  it('returns deposits that no final epoch covers, with what the last one covers', async () => {
    const path = await journal(operator.export())
    assert.deepEqual(inWei((await runs('carol').done('exit', path)) as never as Left), [
      ['leaf', String(parseEther('3'))],
      ['deposit', String(parseEther('2'))],
    ])
  })

  it('takes out for another wallet, which receives it', async () => {
    const path = await journal(operator.export())
    const before = await balanceOf(bob.address)
    const left = (await runs('carol').done('exit', path, '--for', bob.address)) as never as Left
    assert.deepEqual(inWei(left), [['leaf', String(parseEther('10'))]])
    assert.equal((await balanceOf(bob.address)) - before, parseEther('10'))
  })

  it('says that the exit has started to who deposits, and shows it', async () => {
    const refused = await runs('bob').refused('deposit', '1')
    assert.deepEqual([refused.code, refused['reason']], ['CHAIN_REJECTED', 'ExitStarted'])
    assert.match((await runs('bob').said('status')).stdout, /exit +started .*reserve|exit +started/s)
    const status = (await runs('bob').done('status')) as never as { readonly reserve: { readonly isFull: boolean } }
    assert.equal(status.reserve.isFull, true)
  })

  it('withdraws what has unbonded when it is due', async () => {
    const { timestamp } = await chain.client.getBlock()
    const node = await chain.client.readContract({
      address: chain.addresses.registry,
      abi: nodeRegistryAbi,
      functionName: 'nodeOf',
      args: [ann.address],
    })
    await chain.pass(node.withdrawableAt - timestamp + 1n)
    const left = (await runs('ann').done('exit', await journal(operator.export()))) as never as Left
    assert.deepEqual(inWei(left), [['unbonding', String(parseEther('4'))]])
    assert.equal(await chain.client.readContract({ ...settlement(), functionName: 'finalEpoch' }), 2n)
  })
})

describe('deparrow chain exit before any epoch was final', () => {
  it('returns every deposit, without any journal', async () => {
    const young = await LocalSettlement.start()
    try {
      await young.fund(ann.address, '10')
      await young.deposit(accountOf(5), '7')
      await young.pass(testPeriods.exitSeconds + 1n)
      const left = (await chainRunner(young, join(folder, 'ann')).done('exit')) as never as Left
      assert.deepEqual(inWei(left), [['deposit', String(parseEther('7'))]])
    } finally {
      await young.close()
    }
  })
})

/** A chain whose contract is another one; only its address is looked at. */
function fakeChain(): LocalSettlement {
  return { settlement: `0x${'5f'.repeat(20)}` } as LocalSettlement
}

/** Ann's deposit, ten credits higher wherever it stands. */
function forgeDeposit<T extends { readonly payload: string }>(stored: T): T {
  return { ...stored, payload: stored.payload.replaceAll('20000000', '30000000') }
}

/** Of the right contract, and of other wallets. */
function otherJournal(): string {
  const other = new Operator(chain)
  for (let index = 0; index < 60; index++) other.ledger.deposit(bob.address, 1_000_000n)
  return other.export()
}

function shortened(text: string): string {
  return `${text.split('\n').slice(0, 6).join('\n')}\n`
}
