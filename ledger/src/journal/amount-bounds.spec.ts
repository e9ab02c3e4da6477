import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Purchase, purchaseType } from '../account/purchase.ts'
import { microcreditsMax } from '../credits.ts'
import { zeroHash } from '../hex.ts'
import { type Grant, grantType } from '../rewards/grant.ts'
import { Actor, testConfig, testStartMs, treasurerActor } from '../testing/actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder } from '../testing/escrow-actors.ts'
import { digestOfIou, iou, iouRedemption } from '../testing/iou-actors.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt } from '../testing/test-shards.ts'
import { booksOf } from './books.ts'
import type { LedgerCommand } from './command.ts'
import type { RefusalCode } from './refusal.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const to = bob.address
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
const deadline = BigInt(testStartMs / 1000 + 600)

/** `unsignable`: no message holds such an amount, so that nobody can have signed it. */
type Outcome = RefusalCode | 'accepted' | 'unsignable'

type Row = {
  /** A ledger in which an amount up to the cap is within everybody's means. */
  readonly ledger?: () => TestLedger
  /** What has happened before; the first commands of the same wallet use lane 1. */
  readonly before?: readonly LedgerCommand[]
  readonly command: (amountMicrocredits: bigint) => LedgerCommand
  /** Where the outcome differs from {@link boundsOfAmounts}. */
  readonly otherwise?: Readonly<Partial<Record<Edge, Outcome>>>
}

const edges = {
  'less than nothing': -1n,
  nothing: 0n,
  'one microcredit': 1n,
  'the cap': microcreditsMax,
  'more than the cap': microcreditsMax + 1n,
  'the largest signed integer of 64 bits': 2n ** 63n - 1n,
  'the largest integer of 64 bits': 2n ** 64n - 1n,
  'more than 64 bits': 2n ** 64n,
} as const

type Edge = keyof typeof edges

/** What every signed amount comes to. */
const boundsOfAmounts: Readonly<Record<Edge, Outcome>> = {
  'less than nothing': 'unsignable',
  nothing: 'AMOUNT_OUT_OF_RANGE',
  'one microcredit': 'accepted',
  'the cap': 'accepted',
  'more than the cap': 'AMOUNT_OUT_OF_RANGE',
  'the largest signed integer of 64 bits': 'AMOUNT_OUT_OF_RANGE',
  'the largest integer of 64 bits': 'AMOUNT_OUT_OF_RANGE',
  'more than 64 bits': 'unsignable',
}

/** An amount that nobody signs is refused as any other, in whatever size it comes. */
const unsigned = { 'less than nothing': 'AMOUNT_OUT_OF_RANGE', 'more than 64 bits': 'AMOUNT_OUT_OF_RANGE' } as const

/** What is a limit and no amount may be whatever its field holds. */
const limit = {
  nothing: 'accepted',
  'more than the cap': 'accepted',
  'the largest signed integer of 64 bits': 'accepted',
  'the largest integer of 64 bits': 'accepted',
} as const

/** Only the amount that the books name is taken. */
function only(edge: Edge | undefined, otherwise: RefusalCode): Readonly<Record<Edge, Outcome>> {
  const rows = Object.keys(edges).map(name => [name, name === edge ? 'accepted' : otherwise])
  return Object.fromEntries(rows) as Readonly<Record<Edge, Outcome>>
}

function richLedger(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, microcreditsMax)
  return ledger
}

const escrow = escrowOrder(ann, { seller: to, nonce: 1n, lane: 1, amountMicrocredits: microcreditsMax })
const promise = iou(ann, { creditor: to, nonce: 1n, lane: 1, amountMicrocredits: microcreditsMax })

/** The whole cap is on its way to Ann on chain, in an epoch that is final. */
const paidOut: readonly LedgerCommand[] = [
  { type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: microcreditsMax, nonce: 1n }) },
  { type: 'RecordPayee', wallet: ann.address, id: 1 },
  { type: 'CloseEpoch', epoch: 1 },
]

/** A ledger whose treasurer may grant all that there is on one day. */
function generousLedger(): TestLedger {
  const rewards = { ...testConfig.rewards, grantDayMicrocreditsMax: microcreditsMax }
  const ledger = new TestLedger({ ...testConfig, rewards })
  const item = { index: 0, kind: 'genesisRewards', account: ann.address, place } as const
  ledger.accept({ type: 'RecordInboxItem', ...item, amountMicrocredits: microcreditsMax })
  return ledger
}

const [here, there] = [0, 1].map(shard => actorAt(shard, 2)) as [Actor, Actor]

/** Shard 0 of 2, which has sent all that there is to the other one. */
function emptiedShard(): TestLedger {
  const ledger = new TestLedger({ ...testConfig, shard: 0, shardCount: 2 })
  ledger.deposit(here.address, microcreditsMax)
  const transfer = here.transfer({ to: there.address, amountMicrocredits: microcreditsMax, nonce: 1n })
  ledger.accept({ type: 'TransferCredits', transfer })
  return ledger
}

const rows: Readonly<Record<string, Row>> = {
  'a deposit': {
    ledger: () => new TestLedger(),
    command: amountMicrocredits => ({
      type: 'RecordInboxItem',
      index: 0,
      kind: 'deposit',
      account: ann.address,
      amountMicrocredits,
      place,
    }),
    otherwise: unsigned,
  },
  'a deposit on top of the cap': {
    command: amountMicrocredits => ({
      type: 'RecordInboxItem',
      index: 1,
      kind: 'genesisRewards',
      account: ann.address,
      amountMicrocredits,
      place,
    }),
    otherwise: { ...unsigned, 'one microcredit': 'SUPPLY_EXCEEDED', 'the cap': 'SUPPLY_EXCEEDED' },
  },
  'a transfer': {
    command: amountMicrocredits => ({
      type: 'TransferCredits',
      transfer: ann.transfer({ to, amountMicrocredits, nonce: 1n }),
    }),
  },
  'a purchase': {
    command: amountMicrocredits => {
      const fields = { wallet: ann.address, seller: to, reference: zeroHash, lane: 0, nonce: 1n, deadline }
      return { type: 'BuyService', purchase: ann.sign<Purchase>(purchaseType, { ...fields, amountMicrocredits }) }
    },
  },
  'an order’s highest price': {
    command: maxPriceMicrocredits => ({ type: 'OpenHold', order: ann.order({ nonce: 1n, maxPriceMicrocredits }) }),
  },
  'an order’s bid': {
    command: bidMicrocredits => ({ type: 'OpenHold', order: ann.order({ nonce: 1n, bidMicrocredits }) }),
    otherwise: limit,
  },
  'a withdrawal': {
    command: amountMicrocredits => ({
      type: 'WithdrawCredits',
      withdrawal: ann.withdrawal({ amountMicrocredits, nonce: 1n }),
    }),
  },
  'an instruction’s minimum': {
    command: minimumMicrocredits => ({
      type: 'InstructPayouts',
      instruction: ann.instruction({ minimumMicrocredits }),
    }),
    otherwise: limit,
  },
  'a permission’s caps': {
    command: caps => ({
      type: 'GrantPermission',
      permission: permissionOf(ann, bob, { jobMicrocreditsMax: caps, hourMicrocreditsMax: caps }),
    }),
    otherwise: limit,
  },
  'an escrow': {
    command: amountMicrocredits => ({
      type: 'OpenEscrow',
      order: escrowOrder(ann, { seller: to, nonce: 1n, amountMicrocredits }),
    }),
  },
  'a capture': {
    before: [{ type: 'OpenEscrow', order: escrow }],
    command: amount => ({ type: 'CaptureEscrow', capture: escrowCapture(ann, digestOfEscrow(escrow), amount) }),
  },
  'an IOU': {
    command: amountMicrocredits => ({
      type: 'IssueIou',
      iou: iou(ann, { creditor: to, nonce: 1n, amountMicrocredits }),
    }),
  },
  'a redemption': {
    before: [{ type: 'IssueIou', iou: promise }],
    command: amountMicrocredits => ({
      type: 'RedeemIou',
      redemption: iouRedemption(ann, { iou: digestOfIou(promise), amountMicrocredits, nonce: 1n }),
    }),
  },
  'a grant': {
    ledger: generousLedger,
    command: amountMicrocredits => {
      const fields = { treasurer: treasurerActor.address, wallet: to, reason: '', lane: 0, nonce: 1n, deadline }
      return { type: 'GrantCredits', grant: treasurerActor.sign<Grant>(grantType, { ...fields, amountMicrocredits }) }
    },
  },
  'a final epoch’s burn': {
    before: paidOut,
    command: burnMicrocredits => ({ type: 'RecordEpochFinal', epoch: 1, burnMicrocredits, place }),
    otherwise: only('nothing', 'COMMAND_CONFLICT'),
  },
  'a claim': {
    before: [...paidOut, { type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 0n, place }],
    command: paid => ({
      type: 'RecordClaim',
      wallet: ann.address,
      paidMicrocredits: paid,
      cumulativeMicrocredits: paid,
      place,
    }),
    otherwise: { ...only('the cap', 'CLAIM_NOT_OWED'), 'one microcredit': 'accepted' },
  },
  'credits of another shard': {
    ledger: emptiedShard,
    command: amountMicrocredits => ({
      type: 'ReceiveClearing',
      fromShard: 1,
      toShard: 0,
      fromPosition: 1,
      fromHash: zeroHash,
      sequence: 1,
      credits: [{ account: `wallet:${here.address}`, amountMicrocredits }],
    }),
    otherwise: unsigned,
  },
}

function outcomeOf({ ledger: make = richLedger, before = [], command }: Row, amountMicrocredits: bigint): Outcome {
  const ledger = make()
  for (const earlier of before) ledger.accept(earlier)
  try {
    const [answer] = ledger.submit(command(amountMicrocredits))
    return answer?.status === 'refused' ? answer.refusal.code : 'accepted'
  } catch (error) {
    if (error instanceof Error && error.name === 'TypedDataFieldError') return 'unsignable'
    throw error
  }
}

for (const [name, row] of Object.entries(rows)) {
  describe(`the amount of ${name}`, () => {
    for (const [edge, amount] of Object.entries(edges) as [Edge, bigint][]) {
      const expected = row.otherwise?.[edge] ?? boundsOfAmounts[edge]
      it(`when it is ${edge}: ${expected}`, () => assert.equal(outcomeOf(row, amount), expected))
    }
  })
}

describe('the supply', () => {
  const amounts = fc.oneof(
    fc.constantFrom(1n, microcreditsMax - 1n, microcreditsMax),
    fc.bigInt(1n, microcreditsMax),
    fc.bigInt(1n, 1_000_000n),
  )

  it('never exceeds the cap by any sequence of deposits, and takes every deposit that fits', () => {
    fc.assert(
      fc.property(fc.array(amounts, { minLength: 2, maxLength: 12 }), deposits => {
        const ledger = new TestLedger()
        let counted = 0n
        let index = 0
        for (const amountMicrocredits of deposits) {
          const kind = (['deposit', 'genesisTreasury', 'genesisRewards'] as const)[index % 3] ?? 'deposit'
          const item = { index, kind, account: ann.address, amountMicrocredits, place }
          const [answer] = ledger.submit({ type: 'RecordInboxItem', ...item })
          const fits = counted + amountMicrocredits <= microcreditsMax
          if (fits) [counted, index] = [counted + amountMicrocredits, index + 1]
          else assert.ok(answer?.status === 'refused' && answer.refusal.code === 'SUPPLY_EXCEEDED')
          assert.equal(answer?.status, fits ? 'accepted' : 'refused')
          assert.equal(booksOf(ledger.state).reserve, counted)
        }
      }),
      { numRuns: 40, seed: 20_261_141 },
    )
  })

  it('says what there is and what is too much, and has room again for what has left', () => {
    const ledger = richLedger()
    for (const command of paidOut) ledger.accept(command)
    const item = { index: 1, kind: 'deposit', account: ann.address, amountMicrocredits: 7n, place } as const
    const { refusal } = ledger.refuse({ type: 'RecordInboxItem', ...item }, 'SUPPLY_EXCEEDED')
    const said = { amountMicrocredits: 7n, reserveMicrocredits: microcreditsMax }
    assert.deepEqual(refusal, { code: 'SUPPLY_EXCEEDED', ...said })
    ledger.accept({ type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 0n, place })
    const claim = { wallet: ann.address, paidMicrocredits: 7n, cumulativeMicrocredits: 7n, place }
    ledger.accept({ type: 'RecordClaim', ...claim })
    ledger.accept({ type: 'RecordInboxItem', ...item })
  })
})
