import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { EventOf, LedgerEvent, LedgerEventType } from '@deparrow/ledger'
import { Actor, wholeLedger } from '@deparrow/ledger/testing'
import type { ReadBench } from './read-bench.spec.fixture.ts'
import type { Page, StatementEntry, StatementQuery } from './read-records.ts'

// Those of the whole ledger: a payer, a seller and creditor, a delegate, a node.
const ann = new Actor(1).address
const bob = new Actor(2).address
const node = new Actor(11).address

/** Statements with filters, permissions, IOUs and rewards, over a journal of every kind of event. */
export function describeRecords(bench: ReadBench): void {
  const { events } = wholeLedger()
  const eventsOf = <T extends LedgerEventType>(type: T) =>
    events.filter((event): event is Extract<LedgerEvent, EventOf<T>> => event.type === type)

  describeFilters(bench, events)

  it('keeps each permission until it ended, with what was spent under it and came back', async () => {
    await bench.model.apply(events)
    const [granted] = eventsOf('PermissionGranted')
    const [revoked] = eventsOf('PermissionRevoked')
    assert.ok(granted && revoked)
    const { digest, permission } = granted.data
    const spends = events.filter(event => 'spend' in event.data && event.data.spend !== undefined)
    const record = await bench.model.permission(digest)
    assert.deepEqual(record?.permission, permission.message)
    assert.deepEqual([record?.endsAtMs, record?.grantedPosition], [revoked.atMs, granted.position])
    const listed = await everything(cursor => bench.model.permissionSpends(digest, { first: 1, ...cursor }))
    assert.deepEqual(
      listed.map(spend => spend.position),
      spends.map(event => event.position).reverse(),
    )
    const [newest] = listed
    assert.ok(newest?.event === 'JobSettled' && newest.amountMicrocredits <= 0n)
    assert.equal(newest.permissionMicrocredits, newest.totalMicrocredits)
    assert.equal(record?.spentMicrocredits, newest.totalMicrocredits)
    assert.equal(record?.spendCount, listed.filter(spend => spend.amountMicrocredits > 0n).length)
    let sum = 0n
    for (const spend of [...listed].reverse()) {
      assert.equal(await bench.model.permissionSpentAsOf(digest, { position: spend.position - 1 }), sum)
      sum += spend.amountMicrocredits
      assert.equal(await bench.model.permissionSpentAsOf(digest, { position: spend.position }), sum)
      assert.equal(spend.permissionMicrocredits, sum)
    }
    assert.deepEqual(await bench.model.permissions(ann, { first: 5 }), { items: [record], nextCursor: undefined })
    assert.deepEqual(await bench.model.permissions(bob, { first: 5 }), { items: [], nextCursor: undefined })
    assert.equal(await bench.model.permission(`0x${'00'.repeat(32)}`), undefined)
    assert.equal(await bench.model.permissionSpentAsOf(`0x${'00'.repeat(32)}`, { position: 3 }), 0n)
  })

  it('keeps what is owed on each IOU, to whom, and whether it is in default', async () => {
    const [issued] = eventsOf('IouIssued')
    const [redeemed] = eventsOf('IouRedeemed')
    const [defaulted] = eventsOf('IouDefaulted')
    assert.ok(issued && redeemed && defaulted)
    await bench.model.apply(events.slice(0, issued.position))
    const owed = issued.data.iou.message.amountMicrocredits
    assert.equal((await bench.model.iou(issued.data.digest))?.outstandingMicrocredits, owed)
    await bench.model.apply(events)
    const record = await bench.model.iou(issued.data.digest)
    assert.deepEqual(record?.iou, issued.data.iou.message)
    assert.equal(record?.outstandingMicrocredits, redeemed.data.outstandingMicrocredits)
    assert.deepEqual([record?.defaultedAtMs, record?.paidAtMs], [defaulted.atMs, undefined])
    const page = { items: [record], nextCursor: undefined }
    const none = { items: [], nextCursor: undefined }
    const ask = (wallet: typeof ann, role: 'debtor' | 'creditor', status: 'open' | 'paid') =>
      bench.model.ious({ wallet, role, status, first: 5 })
    assert.deepEqual(await ask(ann, 'debtor', 'open'), page)
    assert.deepEqual(await ask(bob, 'creditor', 'open'), page)
    assert.deepEqual(await ask(ann, 'creditor', 'open'), none)
    assert.deepEqual(await ask(bob, 'debtor', 'open'), none)
    assert.deepEqual(await ask(ann, 'debtor', 'paid'), none)
    assert.equal(await bench.model.iou(`0x${'00'.repeat(32)}`), undefined)
  })

  it('lists grants and bonuses with their amounts, and the reason of a grant', async () => {
    await bench.model.apply(events)
    const [grant] = eventsOf('CreditsGranted')
    const [uptime] = eventsOf('UptimeBonusPaid')
    const [referral] = eventsOf('ReferralBonusPaid')
    assert.ok(grant && uptime && referral)
    const bobs = await everything(cursor => bench.model.rewards(bob, { first: 1, ...cursor }))
    assert.deepEqual(
      bobs.map(reward => [reward.event, reward.position, reward.amountMicrocredits, reward.reason]),
      [
        ['ReferralBonusPaid', referral.position, referral.data.amountMicrocredits, undefined],
        ['CreditsGranted', grant.position, grant.data.grant.message.amountMicrocredits, 'welcome'],
      ],
    )
    const { items } = await bench.model.rewards(node, { first: 10 })
    assert.deepEqual(
      items.map(reward => reward.event),
      ['UptimeBonusPaid'],
    )
    assert.deepEqual(await bench.model.rewards(ann, { first: 10 }), { items: [], nextCursor: undefined })
  })

  it('refuses cursors that are none of its own, and page sizes outside 1 to 1 000', async () => {
    for (const page of [{ first: 0 }, { first: 1_001 }, { first: 1.5 }]) {
      await assert.rejects(bench.model.permissions(ann, page), RangeError)
      await assert.rejects(bench.model.permissionSpends(`0x${'00'.repeat(32)}`, page), RangeError)
      await assert.rejects(bench.model.rewards(ann, page), RangeError)
      await assert.rejects(bench.model.ious({ wallet: ann, role: 'debtor', status: 'open', ...page }), RangeError)
    }
    for (const cursor of [
      '',
      ' ',
      '1',
      '1.2.3.4',
      '-1.2.3',
      '1e3.2.3',
      '1.2.99999999999999999',
      "1.2.3' OR 1=1",
      '1.2.x',
    ]) {
      await assert.rejects(bench.model.statement(ann, { first: 1, cursor }), RangeError, cursor)
      await assert.rejects(bench.model.permissions(ann, { first: 1, cursor }), RangeError, cursor)
      await assert.rejects(bench.model.rewards(ann, { first: 1, cursor }), RangeError, cursor)
    }
  })
}

function describeFilters(bench: ReadBench, events: readonly LedgerEvent[]): void {
  it('gives with any filter what picking by hand from the whole statement gives, page by page', async () => {
    await bench.model.apply(events)
    for (const wallet of [ann, bob, node]) {
      const all = (await bench.model.statement(wallet, { first: 1_000 })).entries
      assert.ok(all.length > 0)
      for (const { query, picks } of filtersOf(all)) {
        for (const first of [1, 4, 1_000]) {
          const found = await everything(async cursor => {
            const page = await bench.model.statement(wallet, { first, ...query, ...cursor })
            return { items: page.entries, nextCursor: page.nextCursor }
          })
          assert.deepEqual(found, all.filter(picks), JSON.stringify(query))
        }
      }
    }
  })

  it('names the other party and the job, escrow or IOU of a movement', async () => {
    await bench.model.apply(events)
    const all = (await bench.model.statement(ann, { first: 1_000 })).entries
    const about = (event: LedgerEventType) => all.filter(entry => entry.event === event)
    for (const event of [
      'CreditsTransferred',
      'ServiceBought',
      'EscrowOpened',
      'EscrowCaptured',
      'IouRedeemed',
    ] as const) {
      assert.ok(about(event).length > 0 && about(event).every(entry => entry.counterparty === bob), event)
    }
    assert.ok(about('JobSettled').every(entry => entry.counterparty === node && entry.subject?.kind === 'job'))
    assert.ok(
      about('EscrowReleased').every(entry => entry.subject?.kind === 'escrow' && entry.orderDigest === undefined),
    )
    assert.ok(about('IouRedeemed').every(entry => entry.subject?.kind === 'iou'))
    assert.ok(
      about('InboxItemRecorded').every(entry => entry.counterparty === undefined && entry.subject === undefined),
    )
  })

  it('begins anew at a cursor after events were added, without a gap and without repeating', async () => {
    const half = Math.floor(events.length / 2)
    await bench.model.apply(events.slice(0, half))
    const before = (await bench.model.statement(ann, { first: 1_000 })).entries
    const page = await bench.model.statement(ann, { first: 3 })
    assert.ok(page.nextCursor !== undefined)
    await bench.model.apply(events)
    const rest = await bench.model.statement(ann, { first: 1_000, cursor: page.nextCursor })
    assert.deepEqual([...page.entries, ...rest.entries], before)
  })
}

type Filter = { readonly query: Omit<StatementQuery, 'first'>; readonly picks: (entry: StatementEntry) => boolean }

function filtersOf(all: readonly StatementEntry[]): readonly Filter[] {
  const subjects = [...new Set(all.flatMap(entry => (entry.subject === undefined ? [] : [entry.subject.id])))]
  const [fromMs = 0, untilMs = 0] = [all.at(-2)?.atMs, all[1]?.atMs]
  return [
    {
      query: { events: ['HoldOpened', 'JobSettled'] },
      picks: e => e.event === 'HoldOpened' || e.event === 'JobSettled',
    },
    { query: { events: [] }, picks: () => false },
    { query: { accountKinds: ['hold'] }, picks: e => e.account.startsWith('hold:') },
    { query: { accountKinds: ['wallet', 'payable'] }, picks: e => !e.account.startsWith('hold:') },
    { query: { accountKinds: [] }, picks: () => false },
    { query: { counterparty: bob }, picks: e => e.counterparty === bob },
    {
      query: { counterparty: ann, accountKinds: ['wallet'] },
      picks: e => e.counterparty === ann && e.account.startsWith('wallet:'),
    },
    { query: { fromMs }, picks: e => e.atMs >= fromMs },
    { query: { untilMs }, picks: e => e.atMs < untilMs },
    { query: { fromMs, untilMs }, picks: e => e.atMs >= fromMs && e.atMs < untilMs },
    { query: { fromMs: untilMs, untilMs: fromMs }, picks: e => e.atMs >= untilMs && e.atMs < fromMs },
    { query: { untilMs: 0 }, picks: () => false },
    { query: { subject: `0x${'77'.repeat(32)}` }, picks: () => false },
    ...subjects.map(subject => ({ query: { subject }, picks: (e: StatementEntry) => e.subject?.id === subject })),
  ]
}

/** Follows the cursors to the end. */
async function everything<T>(read: (cursor: { readonly cursor?: string }) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = []
  for (let cursor: { readonly cursor?: string } | undefined = {}; cursor !== undefined; ) {
    const page: Page<T> = await read(cursor)
    items.push(...page.items)
    cursor = page.nextCursor === undefined ? undefined : { cursor: page.nextCursor }
  }
  return items
}
