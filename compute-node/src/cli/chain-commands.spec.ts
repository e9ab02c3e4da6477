import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { settlementAbi } from '@deparrow/contracts'
import { Actor } from '@deparrow/ledger/testing'
import { getAddress, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChainCall } from '../chain/contracts.ts'
import { LocalSettlement, published, testPeriods } from '../chain/local-settlement.spec.fixture.ts'
import { openSettlementChain } from '../chain/open-settlement.ts'
import { Operator } from '../chain/operator.spec.fixture.ts'
import { claimRow } from './chain/claim.ts'
import { refusedCall } from './chain/refusals.ts'
import { chainRunner, writeWallet } from './chain.spec.fixture.ts'
import { errorOf, nobody, run } from './cli.spec.fixture.ts'

const ann = new Actor(5)
const annAccount = privateKeyToAccount(`0x${'5'.padStart(64, '0')}`)
const bob = new Actor(6)

let folder: string
let chain: LocalSettlement
let operator: Operator
let annRuns: ReturnType<typeof chainRunner>

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deparrow-cli-chain-'))
  chain = await LocalSettlement.start()
  await writeWallet(folder, 5)
  await chain.fund(ann.address, '100')
  annRuns = chainRunner(chain, folder)
  operator = new Operator(chain)
})

after(async () => {
  await chain.close()
  await rm(folder, { recursive: true })
})

const inboxCount = () =>
  chain.client.readContract({ address: chain.settlement, abi: settlementAbi, functionName: 'inboxCount' })

describe('deparrow chain without a chain', () => {
  it('says what to name when the network does not answer', async () => {
    const ran = await run(['chain', 'status', '--json', '--url', nobody])
    assert.deepEqual([ran.code, errorOf(ran).code], [4, 'NETWORK_UNREACHABLE'])
    assert.match(errorOf(ran).message, /--rpc, and --settlement/)
  })

  it('ends with 4 when the chain does not answer, and with 2 for what is no address', async () => {
    const silent = await run(['chain', 'status', '--json', '--rpc', nobody, '--url', nobody])
    assert.deepEqual([silent.code, errorOf(silent).code], [4, 'NETWORK_UNREACHABLE'])
    const wrong = await run(['chain', 'status', '--json', '--rpc', 'chain', '--url', nobody])
    assert.deepEqual([wrong.code, errorOf(wrong).code], [2, 'RPC_URL_INVALID'])
  })

  it('ends with 2 for options that cannot be meant', async () => {
    for (const words of [
      ['deposit', '1', '--max-fee-gwei', '0'],
      ['deposit', '1', '--max-fee-gwei', '1.0000000001'],
      ['deposit', '1', '--confirmations', '0'],
      ['deposit', '0'],
      ['revoke', ann.address, '-1'],
      ['dispute', 'leaf', 'somebody'],
      ['dispute', 'show', '0x12'],
      ['status', '--settlement', '0x12'],
    ]) {
      const ran = await run(['chain', ...words, '--json', '--url', nobody])
      assert.deepEqual([ran.code, errorOf(ran).code], [2, 'USAGE'], words.join(' '))
    }
  })

  it('needs a key for what costs money, and none to look', async () => {
    const keyless = chainRunner(chain, join(folder, 'nobody'))
    assert.equal((await keyless.refused('deposit', '1')).code, 'KEY_FILE_MISSING')
    assert.equal((await keyless.done('status'))['own'], null)
  })
})

describe('deparrow chain against another contract', () => {
  it('refuses an address without code, and a contract of another kind', async () => {
    const stranger = `0x${'57'.repeat(20)}`
    const missing = await annRuns.refused('status', '--settlement', stranger)
    assert.deepEqual([missing.exit, missing.code], [5, 'CONTRACT_MISSING'])
    const other = await annRuns.refused('deposit', '1', '--settlement', chain.addresses.token)
    assert.deepEqual([other.exit, other.code], [5, 'NETWORK_MISMATCH'])
  })
})

describe('deparrow chain deposit', () => {
  it('refuses more than the wallet has, and what the chain asks above the cap, and sends nothing', async () => {
    const before = await inboxCount()
    assert.equal((await annRuns.refused('deposit', '101')).code, 'INSUFFICIENT_DPC')
    const dear = await annRuns.refused('deposit', '1', '--max-fee-gwei', '0.000000001')
    assert.deepEqual([dear.exit, dear.code], [1, 'FEE_ABOVE_CAP'])
    assert.equal(await inboxCount(), before)
  })

  for (const method of ['permit', 'approve', 'authorization']) {
    it(`puts DPC into the contract by ${method}`, async () => {
      const index = await inboxCount()
      const deposited = await annRuns.done('deposit', '10', '--method', method)
      assert.equal(deposited['amountMicrocredits'], '10000000')
      const item = await chain.client.readContract({
        address: chain.settlement,
        abi: settlementAbi,
        functionName: 'inboxItem',
        args: [index],
      })
      assert.deepEqual([item.account, item.amountMicrocredits], [getAddress(ann.address), 10_000_000n])
    })
  }
})

describe('the options of transactions', () => {
  it('are taken by every command that sends one', async () => {
    const index = await inboxCount()
    const options = ['--max-fee-gwei', '100', '--confirmations', '2', '--replace']
    const { blockNumber } = await annRuns.done('deposit', '1', ...options)
    assert.ok((await chain.client.getBlockNumber()) > BigInt(blockNumber as never))
    assert.equal(await inboxCount(), index + 1n)
  })
})

describe('deparrow chain force-withdraw and revoke', () => {
  it('enter the inbox', async () => {
    const index = await inboxCount()
    assert.equal((await annRuns.done('force-withdraw', '0.5'))['inboxIndex'], String(index))
    assert.equal((await annRuns.done('revoke', bob.address, '3'))['inboxIndex'], String(index + 1n))
  })

  it('say why a revocation is none', async () => {
    const { exit, code, reason, message } = await annRuns.refused('revoke', bob.address, '3')
    assert.deepEqual([exit, code, reason], [1, 'CHAIN_REJECTED', 'RevocationNotNewer'])
    assert.match(message, /Nonce 3 is not above 3/)
  })
})

describe('deparrow chain claim', () => {
  it('finds nothing for a wallet that was never paid out', async () => {
    const { exit, code } = await annRuns.refused('claim')
    assert.deepEqual([exit, code], [1, 'NOTHING_TO_CLAIM'])
  })

  it('finds nothing in an epoch that is not final', async () => {
    await chain.write(published(0), {
      address: chain.settlement,
      abi: settlementAbi,
      functionName: 'registerPayees',
      args: [[bob.address, ann.address]],
    })
    await operator.follow()
    operator.withdraw(ann, 4_000_000n)
    await operator.post()
    assert.equal((await annRuns.refused('claim')).code, 'NOTHING_TO_CLAIM')
  })

  it('finalises an epoch that is due and claims its row, found on chain alone; a second claim has nothing left', async () => {
    await chain.pass(700n)
    const before = await chain.client.getBalance({ address: ann.address })
    const claimed = await annRuns.done('claim')
    assert.deepEqual(
      [claimed['epoch'], claimed['paidWei'], claimed['account']],
      ['1', String(parseEther('4.5')), getAddress(ann.address)],
    )
    assert.ok((await chain.client.getBalance({ address: ann.address })) < before)
    assert.equal((await annRuns.refused('claim')).code, 'NOTHING_TO_CLAIM')
    await operator.follow()
  })

  it('collects two epochs by the newest row, for another wallet too, which receives it', async () => {
    for (const amount of [1_000_000n, 2_000_000n]) {
      operator.withdraw(ann, amount)
      await operator.finalise(await operator.post())
    }
    const other = join(folder, 'other')
    await writeWallet(other, 7)
    await chain.fund(new Actor(7).address, '0')
    const claimed = await chainRunner(chain, other).done('claim', '--for', ann.address)
    assert.deepEqual([claimed['epoch'], claimed['paidMicrocredits']], ['3', '3000000'])
  })
})

describe('deparrow chain status', () => {
  it('shows by the contracts alone how everything stands', async () => {
    await chain.deposit(annAccount, '1')
    operator.withdraw(ann, 1_000_000n)
    await operator.post()
    await annRuns.done('deposit', '2')
    const status = (await annRuns.done('status')) as never as {
      readonly line: readonly { readonly epoch: string; readonly status: string; readonly parent: string }[]
      readonly inbox: object
      readonly reserve: { readonly isFull: boolean; readonly heldWei: string; readonly owedWei: string }
      readonly exit: { readonly startableAt: string; readonly startedAt: null }
      readonly finalisedAt: string
      readonly bond: object
      readonly contracts: Readonly<Record<string, string>>
      readonly own: {
        readonly payeeId: number
        readonly claimableMicrocredits: string
        readonly claimedMicrocredits: string
      }
    }
    assert.deepEqual(
      status.line.map(({ epoch, status: stands, parent }) => [epoch, stands, parent]),
      [['4', 'pending', '3']],
    )
    assert.deepEqual(status.inbox, { count: '10', coveredByFinal: '8', coveredByHead: '9' })
    assert.equal(status.reserve.isFull, true)
    assert.equal(status.reserve.heldWei, status.reserve.owedWei)
    assert.equal(BigInt(status.exit.startableAt), BigInt(status.finalisedAt) + testPeriods.exitSeconds)
    assert.deepEqual(status.bond, { wei: String(parseEther('2000')), freeWei: String(parseEther('1000')) })
    assert.equal(status.contracts['disputes'], getAddress(chain.addresses.disputes))
    const { payeeId, claimableMicrocredits, claimedMicrocredits } = status.own
    assert.deepEqual([payeeId, claimableMicrocredits, claimedMicrocredits], [2, '0', '7500000'])
  })

  it('says it in words', async () => {
    const { stdout } = await annRuns.said('status')
    assert.match(stdout, /epoch 4 +pending, covers 9 inbox items, final/)
    assert.match(stdout, /inbox +10 items, all but 1 covered/)
    assert.match(stdout, /reserve +.*: full/)
    assert.match(stdout, /exit +can start/)
  })

  it('shows what has become final and was not claimed', async () => {
    await chain.pass(700n)
    await chain.write(published(0), {
      address: chain.settlement,
      abi: settlementAbi,
      functionName: 'finalise',
      args: [4n],
    })
    const { own } = (await annRuns.done('status', '--of', ann.address)) as never as {
      readonly own: { readonly claimableMicrocredits: string }
    }
    assert.equal(own.claimableMicrocredits, '1000000')
  })
})

describe('a claim while somebody else finalises', () => {
  const somebodyFirst = (isFirst: boolean) => async (what: string, call: ChainCall) => {
    if (call.functionName === 'finalise') {
      if (isFirst) await chain.write(published(1), call)
      throw refusedCall(what, { code: 'EpochNotFinal', args: call.args })
    }
    return chain.client.getTransactionReceipt({ hash: await chain.write(annAccount, call) })
  }

  it('collects the row when that was done, and says the refusal when it was not', async () => {
    operator.withdraw(ann, 1_000_000n)
    const { epoch } = await operator.post()
    await chain.pass(700n)
    const own = {
      chain: await openSettlementChain({ rpcUrl: chain.rpcUrl }),
      account: annAccount,
      address: ann.address,
    }
    const refused = claimRow({ ...own, carryOut: somebodyFirst(false) }, ann.address)
    await assert.rejects(refused, { code: 'CHAIN_REJECTED' })
    const claimed = await claimRow({ ...own, carryOut: somebodyFirst(true) }, ann.address)
    assert.equal(claimed?.epoch, BigInt(epoch))
    assert.ok(claimed.paidMicrocredits >= 1_000_000n)
  })
})
