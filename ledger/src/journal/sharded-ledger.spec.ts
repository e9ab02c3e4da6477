import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, zeroHash } from '../hex.ts'
import { Actor, digestOfOrder, testConfig } from '../testing/actors.ts'
import { InMemoryEventStore } from '../testing/in-memory-event-store.ts'
import { type JournalShards, openJournalShards, until } from '../testing/journal-shards.ts'
import { actorAt } from '../testing/test-shards.ts'
import { isBalanced } from './books.ts'
import type { LedgerCommand } from './command.ts'
import { ShardedLedger, ShardOrderError } from './sharded-ledger.ts'

const shardCount = 3
/** At home in shard 0, 1 and 2. */
const [zoe, ann, far] = [0, 1, 2].map(shard => actorAt(shard, shardCount)) as [Actor, Actor, Actor]
const node = new Actor(77)

function deposit(index: number, account: Address, amountMicrocredits: bigint): LedgerCommand {
  const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: index }
  return { type: 'RecordInboxItem', index, kind: 'deposit', account, amountMicrocredits, place }
}

function pay(from: Actor, to: Actor, amountMicrocredits: bigint, nonce: bigint): LedgerCommand {
  return { type: 'TransferCredits', transfer: from.transfer({ to: to.address, amountMicrocredits, nonce }) }
}

/** Resolves when every shard has taken what the others have sent. */
async function clear({ desk, ledgers, carry }: JournalShards): Promise<void> {
  const numbers = [...ledgers.keys()]
  const pairs = numbers.flatMap(from => numbers.filter(to => to !== from).map(to => [from, to] as const))
  const ends = pairs.map(([from, to]) => carry(from, to))
  await until(() => desk.books().clearing === 0n)
  for (const end of ends) await end()
}

async function shardsWithCredits(): Promise<JournalShards> {
  const shards = await openJournalShards(new InMemoryEventStore(), shardCount)
  await shards.desk.submit(deposit(0, ann.address, 1_000_000n))
  await clear(shards)
  return shards
}

describe('the desk of several shards', () => {
  it('is refused to journals in another order or number than they were opened in', async () => {
    const { ledgers } = await shardsWithCredits()
    for (const others of [[...ledgers].reverse(), ledgers.slice(0, 2)]) {
      assert.throws(() => new ShardedLedger(others), ShardOrderError)
    }
  })

  it('opens each shard under its own number, and answers the same when it is asked again', async () => {
    const { desk, ledgers } = await shardsWithCredits()
    assert.deepEqual(
      ledgers.map(ledger => [ledger.config()?.shard, ledger.config()?.shardCount]),
      [
        [0, 3],
        [1, 3],
        [2, 3],
      ],
    )
    const again = await desk.submit({ type: 'OpenLedger', config: testConfig })
    assert.ok(again.status === 'accepted' && again.repeated)
    const other = await desk.submit({ type: 'OpenLedger', config: { ...testConfig, feeBasisPoints: 1 } })
    assert.ok(other.status === 'refused' && other.refusal.code === 'COMMAND_CONFLICT')
  })

  it('sends a command to the home of its wallet, and says in whose positions it answers', async () => {
    const { desk, ledgers } = await shardsWithCredits()
    const answer = await desk.submit(pay(ann, far, 5n, 1n))
    assert.ok(answer.status === 'accepted')
    assert.deepEqual([answer.shard, answer.lastPosition], [1, ledgers[1]?.head().position])
    const poor = await desk.submit(pay(far, ann, 5n, 1n))
    assert.deepEqual([poor.shard, poor.status === 'refused' && poor.refusal.code], [2, 'INSUFFICIENT_CREDITS'])
  })

  it('sends facts of the chain to the shard that keeps the reserve, wherever the wallet is at home', async () => {
    const { desk } = await shardsWithCredits()
    const answers = [
      await desk.submit(deposit(1, far.address, 5n)),
      await desk.submit({ type: 'RecordPayee', wallet: far.address, id: 1 }),
      await desk.submit({ type: 'CloseEpoch', epoch: 1 }),
    ]
    assert.deepEqual(
      answers.map(({ status, shard }) => [status, shard]),
      answers.map(() => ['accepted', 0]),
    )
  })

  it('refuses a sending for a shard that is not there', async () => {
    const { desk } = await shardsWithCredits()
    const credits = [{ account: `wallet:${ann.address}`, amountMicrocredits: 5n }] as const
    const delivery = { fromShard: 0, toShard: 9, fromPosition: 1, fromHash: zeroHash, sequence: 1, credits }
    const answer = await desk.submit({ type: 'ReceiveClearing', ...delivery })
    assert.equal(answer.status === 'refused' && answer.refusal.code, 'MALFORMED')
  })

  it('tells every shard of a node, so that it may work for payers of all', async () => {
    const { desk, ledgers } = await shardsWithCredits()
    const command: LedgerCommand = { type: 'RegisterNode', registration: node.registration() }
    assert.equal((await desk.submit(command)).status, 'accepted')
    for (const ledger of ledgers) assert.equal(ledger.payoutWallet(node.address), node.address)
    const again = await desk.submit(command)
    assert.ok(again.status === 'accepted' && again.repeated)
  })

  it('reaches the shards that missed a node when it is told again, and says when one refuses', async () => {
    const { desk, ledgers } = await shardsWithCredits()
    const command: LedgerCommand = { type: 'RegisterNode', registration: node.registration() }
    await ledgers[2]?.submit(command)
    assert.equal((await desk.submit(command)).status, 'accepted')
    assert.equal(ledgers[1]?.payoutWallet(node.address), node.address)
    await ledgers[1]?.submit({ type: 'RegisterNode', registration: node.registration({ nonce: 5n }) })
    const stale = await desk.submit({ type: 'RegisterNode', registration: node.registration({ nonce: 2n }) })
    assert.deepEqual([stale.shard, stale.status === 'refused' && stale.refusal.code], [1, 'NONCE_USED'])
  })

  it('finds the shard of a job by its hold, and after its end by who knows it', async () => {
    const shards = await shardsWithCredits()
    const { desk } = shards
    const order = ann.order({ nonce: 1n, maxPriceMicrocredits: 1_000n, bidMicrocredits: 1_000n })
    const orderDigest = digestOfOrder(order)
    const assign: LedgerCommand = { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 }
    const unknown = await desk.submit(assign)
    assert.equal(unknown.status === 'refused' && unknown.refusal.code, 'UNKNOWN_JOB')
    await desk.submit({ type: 'RegisterNode', registration: node.registration() })
    assert.equal((await desk.submit({ type: 'OpenHold', order })).shard, 1)
    assert.equal((await desk.submit(assign)).shard, 1)
    assert.ok(await desk.holdCertificate(orderDigest))
    assert.deepEqual([desk.hold(orderDigest)?.payer, desk.balance(ann.address).heldMicrocredits], [ann.address, 1_000n])
    const receive: LedgerCommand = { type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, {}) }
    assert.equal((await desk.submit(receive)).status, 'accepted')
    assert.deepEqual(desk.pendingSettlements(), [orderDigest])
    assert.equal((await desk.submit({ type: 'SettleJob', orderDigest })).shard, 1)
    const repeated = await desk.submit(receive)
    assert.ok(repeated.status === 'accepted' && repeated.repeated && repeated.shard === 1)
    const ended = await desk.submit({ type: 'ReleaseHold', orderDigest })
    assert.equal(ended.status === 'refused' && ended.refusal.code, 'JOB_ENDED')
    assert.equal(await desk.holdCertificate(orderDigest), undefined)
  })

  it('sends a link to the home of its wallets, refuses one over two homes, and tells all shards of a node in it', async () => {
    const { desk, ledgers } = await shardsWithCredits()
    const apart = await desk.submit({ type: 'Link', commands: [pay(ann, zoe, 1n, 1n), pay(far, zoe, 1n, 1n)] })
    assert.deepEqual(apart.status === 'refused' && apart.refusal, {
      code: 'LINK_FAILED',
      index: 1,
      refusal: { code: 'WRONG_SHARD', shard: 2 },
    })
    const register: LedgerCommand = { type: 'RegisterNode', registration: node.registration() }
    const answer = await desk.submit({ type: 'Link', commands: [register, pay(ann, zoe, 1n, 2n)] })
    assert.deepEqual([answer.status, answer.shard], ['accepted', 1])
    for (const ledger of ledgers) assert.equal(ledger.payoutWallet(node.address), node.address)
    const empty = await desk.submit({ type: 'Link', commands: [] })
    assert.equal(empty.status === 'refused' && empty.refusal.code, 'MALFORMED')
  })

  it('adds the books up: what is between two shards is in clearing until it is taken', async () => {
    const shards = await shardsWithCredits()
    const { desk } = shards
    await desk.submit(pay(ann, far, 300n, 1n))
    const flying = desk.books()
    assert.ok(isBalanced(flying))
    assert.deepEqual([flying.wallets, flying.clearing, flying.reserve], [999_700n, 300n, 1_000_000n])
    await clear(shards)
    assert.deepEqual([desk.books().wallets, desk.balance(far.address).availableMicrocredits], [1_000_000n, 300n])
  })

  it('reads a wallet’s nonce and instruction at its home, and its payouts where the reserve is', async () => {
    const shards = await shardsWithCredits()
    const { desk } = shards
    await desk.submit({ type: 'InstructPayouts', instruction: ann.instruction() })
    assert.deepEqual(desk.dueInstructions(), [ann.address])
    const withdrawal = ann.withdrawal({ amountMicrocredits: 400n, nonce: 7n })
    await desk.submit({ type: 'WithdrawCredits', withdrawal })
    assert.deepEqual([desk.lastNonce(ann.address, 0), desk.payeesToRegister(), desk.books().unposted], [7n, [], 0n])
    await clear(shards)
    assert.deepEqual([desk.payeesToRegister(), desk.books().unposted], [[ann.address], 400n])
    assert.equal(desk.balance(ann.address).payableMicrocredits, 400n)
  })

  it('gives each shard’s journal to who follows it', async () => {
    const { desk } = await shardsWithCredits()
    const heard: number[] = []
    desk.journals[1]?.subscribe(events => heard.push(...events.map(event => event.position)))
    const answer = await desk.submit(pay(ann, far, 1n, 1n))
    assert.ok(answer.status === 'accepted')
    assert.deepEqual(heard, [answer.lastPosition])
    assert.equal(desk.journals[1]?.head().position, answer.lastPosition)
  })
})
