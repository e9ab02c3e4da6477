import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, zeroHash } from '../hex.ts'
import type { Books, Ledger } from '../ports/ledger.ts'
import { Actor, digestOfOrder, testConfig, testStartMs } from '../testing/actors.ts'
import { digestOfEscrow, escrowOrder, escrowRelease } from '../testing/escrow-actors.ts'
import { InMemoryEventStore } from '../testing/in-memory-event-store.ts'
import { digestOfIou, iou, iouDefault } from '../testing/iou-actors.ts'
import { accepted, openJournalShards } from '../testing/journal-shards.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { actorAt } from '../testing/test-shards.ts'
import type { LedgerCommand } from './command.ts'
import { ShardedLedger } from './sharded-ledger.ts'

const shardCount = 3
/** At home in shard 0, 1 and 2. */
const [zoe, ann, far] = [0, 1, 2].map(shard => actorAt(shard, shardCount)) as [Actor, Actor, Actor]
const everybody = [zoe, ann, far]
const node = new Actor(77)

/** The shards with credits in every wallet, all sent and taken. */
async function shardsWithCredits(clock = { nowMs: () => testStartMs }) {
  const { desk, ledgers } = await openJournalShards(new InMemoryEventStore(), shardCount, clock)
  for (const [index, { address: account }] of everybody.entries()) {
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: index }
    const item = { index, account, amountMicrocredits: 5_000_000n, place }
    await accepted(desk, { type: 'RecordInboxItem', kind: 'deposit', ...item })
    if (index === 0) continue
    const stored = (await ledgers[0]?.storedEvents(0, 100))?.at(-1)
    const credits = [{ account: `wallet:${account}`, amountMicrocredits: 5_000_000n }] as const
    const from = { fromShard: 0, fromPosition: stored?.position ?? 0, fromHash: stored?.hash ?? zeroHash }
    await accepted(desk, { type: 'ReceiveClearing', toShard: index, sequence: 1, ...from, credits })
  }
  return { desk, ledgers }
}

describe('the desk of several shards finds', () => {
  it('an escrow in whichever shard it is, and ends it there', async () => {
    const { desk } = await shardsWithCredits()
    for (const [shard, wallet] of everybody.entries()) {
      const seller = everybody[(shard + 1) % shardCount] as Actor
      const order = escrowOrder(wallet, { seller: seller.address, nonce: 1n })
      const digest = digestOfEscrow(order)
      assert.equal(desk.escrow(digest), undefined)
      assert.equal((await accepted(desk, { type: 'OpenEscrow', order })).shard, shard)
      assert.deepEqual([desk.escrow(digest)?.wallet, desk.escrow(digest)?.seller], [wallet.address, seller.address])
      const release: LedgerCommand = { type: 'ReleaseEscrow', release: escrowRelease(seller, digest) }
      assert.equal((await accepted(desk, release)).shard, shard)
      assert.equal(desk.escrow(digest), undefined)
    }
  })

  it('an IOU in whichever shard it is, and its default there', async () => {
    const clock = { now: testStartMs, nowMs: () => clock.now }
    const { desk } = await shardsWithCredits(clock)
    const promises = everybody.map((debtor, shard) => {
      const creditor = everybody[(shard + 1) % shardCount] as Actor
      return { shard, creditor, signed: iou(debtor, { creditor: creditor.address, nonce: 1n }) }
    })
    for (const { shard, signed } of promises) {
      assert.equal(desk.iou(digestOfIou(signed)), undefined)
      assert.equal((await accepted(desk, { type: 'IssueIou', iou: signed })).shard, shard)
      assert.deepEqual(desk.iou(digestOfIou(signed))?.iou, signed.message)
    }
    clock.now += 2 * 3_600_000
    for (const { shard, signed, creditor } of promises) {
      const declaration = iouDefault(creditor, digestOfIou(signed))
      assert.equal((await accepted(desk, { type: 'DefaultIou', declaration })).shard, shard)
    }
  })

  it('what a wallet lets its delegates spend, at the wallet’s home', async () => {
    const { desk } = await shardsWithCredits()
    for (const wallet of everybody) {
      assert.deepEqual(
        [desk.permission(wallet.address, node.address), desk.permissions(wallet.address)],
        [undefined, []],
      )
      const permission = permissionOf(wallet, node)
      await accepted(desk, { type: 'GrantPermission', permission })
      assert.deepEqual(desk.permission(wallet.address, node.address)?.permission, permission)
      assert.deepEqual(
        desk.permissions(wallet.address).map(granted => granted.permission),
        [permission],
      )
    }
  })

  it('the acceptance of a command by whichever shard decided it, and none of what nobody decided', async () => {
    const { desk } = await shardsWithCredits()
    assert.equal(await desk.acceptance(`0x${'ab'.repeat(32)}`), undefined)
    for (const [shard, wallet] of everybody.entries()) {
      const order = wallet.order({ nonce: 1n })
      const digest = digestOfOrder(order)
      assert.equal(await desk.acceptance(digest), undefined)
      const { lastPosition } = await accepted(desk, { type: 'OpenHold', order })
      const signed = await desk.acceptance(digest)
      assert.deepEqual(
        [signed?.acceptance, signed?.root.message.shard],
        [{ digest, position: BigInt(lastPosition), isAccepted: true, atMs: BigInt(testStartMs) }, shard],
      )
    }
  })

  it('the shard of a link that names nothing but escrows', async () => {
    const { desk } = await shardsWithCredits()
    for (const [shard, wallet] of everybody.entries()) {
      const orders = [1n, 2n].map(nonce => escrowOrder(wallet, { seller: node.address, nonce }))
      for (const order of orders) await accepted(desk, { type: 'OpenEscrow', order })
      const releases = orders.map(order => escrowRelease(node, digestOfEscrow(order)))
      const commands = releases.map(release => ({ type: 'ReleaseEscrow', release }) as const)
      assert.equal((await accepted(desk, { type: 'Link', commands })).shard, shard)
    }
  })

  it('the shard of a link that names nothing but holds', async () => {
    const { desk } = await shardsWithCredits()
    await accepted(desk, { type: 'RegisterNode', registration: node.registration() })
    for (const [shard, wallet] of everybody.entries()) {
      const digests: Hex[] = []
      for (const nonce of [1n, 2n]) {
        const order = wallet.order({ nonce })
        const orderDigest = digestOfOrder(order)
        digests.push(orderDigest)
        await accepted(desk, { type: 'OpenHold', order })
        await accepted(desk, { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
      }
      const commands = digests.map(digest => ({ type: 'ReleaseAssignment', release: node.release(digest) }) as const)
      assert.equal((await accepted(desk, { type: 'Link', commands })).shard, shard)
      assert.deepEqual(
        digests.map(digest => desk.hold(digest)?.assignment),
        [undefined, undefined],
      )
    }
  })
})

describe('the desk of several shards asks the shard that keeps the reserve', () => {
  /** Shards that each answer every read with their own name. */
  const named = ['first', 'second', 'third'].map(name => {
    const says = () => [name]
    return { config: () => undefined, payoutWallet: says, payeesToRegister: says, inclusion: says, dueBonuses: says }
  }) as unknown as Ledger[]
  const desk = new ShardedLedger(named)

  const reads: readonly (readonly [string, () => unknown])[] = [
    ['where a node is paid', () => desk.payoutWallet(node.address)],
    ['who is to be registered as a payee', () => desk.payeesToRegister()],
    ['for an account’s part in the last epoch', () => desk.inclusion(far.address)],
    ['which bonuses are due', () => desk.dueBonuses()],
  ]
  for (const [what, read] of reads) it(what, () => assert.deepEqual(read(), ['first']))

  it('for an account’s part in the last epoch, which it proves', async () => {
    const { desk: real, ledgers } = await shardsWithCredits()
    assert.equal(real.inclusion('clearing'), undefined)
    await accepted(real, { type: 'CloseEpoch', epoch: 1 })
    const shown = real.inclusion('clearing')
    assert.deepEqual([shown?.epoch, shown?.leaf?.availableMicrocredits], [1, 10_000_000n])
    assert.deepEqual(shown, ledgers[0]?.inclusion('clearing'))
  })

  it('and cannot be asked when there is no shard at all', () => {
    const nobody = new ShardedLedger([])
    assert.throws(() => nobody.config(), { name: 'RangeError', message: 'there is no shard 0' })
  })
})

describe('shards in another order or number than they were opened in', () => {
  const opened = (shard: number, of: number) =>
    ({ config: () => ({ ...testConfig, shard, shardCount: of, pending: undefined }) }) as unknown as Ledger

  it('are refused with what was given and what was opened', () => {
    const cases: readonly (readonly [readonly Ledger[], string])[] = [
      [[opened(1, 2), opened(0, 2)], 'the journal given as shard 0 of 2 was opened as shard 1 of 2'],
      [[opened(0, 2), opened(0, 2)], 'the journal given as shard 1 of 2 was opened as shard 0 of 2'],
      [[opened(0, 3)], 'the journal given as shard 0 of 1 was opened as shard 0 of 3'],
    ]
    for (const [shards, message] of cases) {
      assert.throws(() => new ShardedLedger(shards), { name: 'ShardOrderError', message })
    }
    assert.equal(new ShardedLedger([opened(0, 2), opened(1, 2)]).journals.length, 2)
  })
})

describe('the desk of several shards asks for what has an id', () => {
  const id: Hex = `0x${'ab'.repeat(32)}`
  const command: LedgerCommand = { type: 'ReleaseHold', orderDigest: id }

  /** Shards that keep who was asked; those in `holders` have the hold, and each answers as `codes` say, else it accepts. */
  function shards(holders: readonly number[], codes: readonly (string | undefined)[]) {
    const asked: number[] = []
    const ledgers = codes.map((code, shard) => ({
      config: () => undefined,
      hold: () => (holders.includes(shard) ? { payer: shard } : undefined),
      submit: async () => {
        asked.push(shard)
        return code === undefined ? { status: 'accepted' } : { status: 'refused', refusal: { code } }
      },
    }))
    return { asked, desk: new ShardedLedger(ledgers as unknown as Ledger[]) }
  }

  const unknown = 'UNKNOWN_JOB'
  const cases: readonly (readonly [string, number[], (string | undefined)[], number[], number])[] = [
    ['first the shard with the hold, and nobody else', [1], [undefined, undefined, undefined], [1], 1],
    ['the others after a shard that has lost the hold', [2], [unknown, undefined, unknown], [2, 0, 1], 1],
    ['one shard after another until one knows it', [], [unknown, unknown, undefined], [0, 1, 2], 2],
    ['no further when one refuses what it knows', [], [unknown, 'JOB_ENDED', undefined], [0, 1], 1],
    ['all of them, each once, when nobody knows it', [1], [unknown, unknown, unknown], [1, 0, 2], 2],
    ['past a shard without the escrow', [], ['UNKNOWN_ESCROW', undefined, undefined], [0, 1], 1],
    ['past a shard without the IOU', [], ['UNKNOWN_IOU', undefined, undefined], [0, 1], 1],
    ['not past a shard without the node', [], ['UNKNOWN_NODE', undefined, undefined], [0], 0],
  ]
  for (const [what, holders, codes, expected, shard] of cases) {
    it(what, async () => {
      const { asked, desk } = shards(holders, codes)
      const answer = await desk.submit(command)
      assert.deepEqual([asked, answer.shard], [expected, shard])
      assert.equal(answer.status === 'refused' ? answer.refusal.code : undefined, codes[shard])
    })
  }

  it('and says that nobody has a hold which no shard has', async () => {
    const { desk } = shards([], [unknown, unknown])
    assert.deepEqual([desk.hold(id), await desk.holdCertificate(id)], [undefined, undefined])
    assert.deepEqual(shards([1], [unknown, unknown]).desk.hold(id), { payer: 1 })
  })
})

describe('the desk of several shards adds up', () => {
  const names = [
    'reserve',
    'wallets',
    'holds',
    'payables',
    'burn',
    'treasury',
    'rewards',
    'clearing',
    'unposted',
  ] as const
  const books = (by: bigint) => Object.fromEntries(names.map((name, at) => [name, by * 10n ** BigInt(at)])) as Books

  it('each line of the books of all shards', () => {
    const ledgers = [1n, 2n, 4n].map(by => ({ config: () => undefined, books: () => books(by) }))
    assert.deepEqual(new ShardedLedger(ledgers as unknown as Ledger[]).books(), books(7n))
    assert.deepEqual(new ShardedLedger(ledgers.slice(1, 2) as unknown as Ledger[]).books(), books(2n))
  })

  it('what waits in each of them', () => {
    const ledgers = ['first', 'second'].map(name => {
      const says = () => [name]
      return { config: () => undefined, pendingSettlements: says, dueInstructions: says }
    })
    const desk = new ShardedLedger(ledgers as unknown as Ledger[])
    assert.deepEqual(desk.pendingSettlements(), ['first', 'second'])
    assert.deepEqual(desk.dueInstructions(), ['first', 'second'])
  })
})

describe('a link among several shards', () => {
  const register: LedgerCommand = { type: 'RegisterNode', registration: node.registration() }
  const ofAnn = (nonce: bigint): LedgerCommand => ({ type: 'OpenHold', order: ann.order({ nonce }) })

  function shards(status: 'accepted' | 'refused') {
    const told: string[] = []
    const ledgers = [0, 1, 2].map(shard => ({
      config: () => undefined,
      hold: () => undefined,
      submit: async ({ type }: LedgerCommand) => {
        told.push(`${type} ${shard}`)
        return { status, refusal: { code: 'LINK_FAILED' } }
      },
    }))
    return { told, desk: new ShardedLedger(ledgers as unknown as Ledger[]) }
  }

  const cases: readonly (readonly [string, LedgerCommand[], 'accepted' | 'refused', string[]])[] = [
    ['goes to the home of its wallet alone', [ofAnn(1n), ofAnn(2n)], 'accepted', ['Link 1']],
    [
      'tells every shard of the node in it once it is accepted',
      [register, ofAnn(1n)],
      'accepted',
      ['Link 1', 'RegisterNode 0', 'RegisterNode 1', 'RegisterNode 2'],
    ],
    ['tells nobody of the node in it when it is refused', [register, ofAnn(1n)], 'refused', ['Link 1']],
    ['of nothing goes to the reserve’s shard', [], 'refused', ['Link 0']],
  ]
  for (const [what, commands, status, expected] of cases) {
    it(what, async () => {
      const { told, desk } = shards(status)
      await desk.submit({ type: 'Link', commands })
      assert.deepEqual(told, expected)
    })
  }
})
