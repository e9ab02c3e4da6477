/** An honest epoch in which everything happens that an account can be asked about. */
import {
  escrowOrderType,
  type JobOrder,
  jobOrderType,
  type Message,
  transferType,
  type UsageReceipt,
  usageReceiptType,
  withdrawalType,
} from '@deparrow/ledger'
import { type Address, type Hex, keccak256, numberToHex, zeroHash } from 'viem'
import { own } from '../support/authority.ts'
import { laneKey } from '../support/cases.ts'
import { WEI_PER_MICROCREDIT } from '../support/constants.ts'
import { debitEvidence, holdEvidence } from '../support/evidence.ts'
import { alice, bob, networkHelpers } from '../support/judges-chain.ts'
import { type Actor, actor, asStruct, digestOf } from '../support/messages.ts'
import { type Entry, entryProof, placeOf, placeOfPayable } from '../support/trees.ts'
import { booksOf, entry, type Posted, postBooks, someKey, statementOf } from './books.ts'
import { type Disputed, loadDisputed } from './disputed-chain.ts'

export const wallet = actor(1)
export const seller = actor(4)
export const node = actor(5)
export const payout = actor(6)
export const aliceAddress = alice.account.address.toLowerCase() as Address
export const bobAddress = bob.account.address.toLowerCase() as Address

export const DEPOSIT_INDEX = 2n
export const FORCED_INDEX = 3n
export const DEPOSITED = 7_000_000n
export const FORCED = 600n

export const inboxKey = (index: bigint): Hex => keccak256(`0x696e626f78${numberToHex(index, { size: 8 }).slice(2)}`)

const LATER = 4_000_000_000n

export const order: JobOrder = {
  payer: wallet.address,
  engine: 'wasm',
  specDigest: zeroHash,
  maxPriceMicrocredits: 500n,
  bidMicrocredits: 400n,
  priority: 1,
  fuelMax: 1n,
  cpuMillicoresMax: 0,
  memoryBytesMax: 1n,
  wallMsMax: 1n,
  gpuCountMax: 0,
  storageBytesMax: 0n,
  egressBytesMax: 0n,
  deadline: LATER,
  graceSeconds: 1,
  lane: 0,
  nonce: 3n,
}

const transfer = {
  from: wallet.address,
  to: seller.address,
  amountMicrocredits: 300n,
  lane: 0,
  nonce: 6n,
  deadline: LATER,
}

const withdrawal = { wallet: wallet.address, amountMicrocredits: 200n, lane: 0, nonce: 7n, deadline: LATER }

const escrow = {
  wallet: wallet.address,
  seller: seller.address,
  amountMicrocredits: 250n,
  reference: zeroHash,
  expires: LATER,
  lane: 0,
  nonce: 8n,
  deadline: LATER,
}

export const receiptOf = (orderDigest: Hex, fields: Partial<UsageReceipt> = {}): UsageReceipt => ({
  orderDigest,
  node: node.address,
  attempt: 1,
  sequence: 5n,
  outcome: 0,
  inputDigest: zeroHash,
  outputDigest: zeroHash,
  startedAtMs: 1n,
  endedAtMs: 2n,
  fuel: 0n,
  cpuMs: 0n,
  memoryBytesPeak: 0n,
  gpuMs: 0n,
  storageByteSeconds: 0n,
  egressBytes: 0n,
  ...fields,
})

export type Domain = Disputed['domain']

export async function signed(type: Parameters<typeof digestOf>[0], message: object, signer: Actor, domain: Domain) {
  const digest = digestOf(type, message as Message, domain)
  return { digest, struct: asStruct(type, message as Message) as never, signature: await signer.signDigest(digest) }
}

/** Posts an epoch, lets everything happen, and posts the epoch that the specs ask about. */
export async function happen() {
  const contracts = await loadDisputed()
  const { settlement, domain } = contracts
  const messages = {
    transfer: await signed(transferType, transfer, wallet, domain),
    withdrawal: await signed(withdrawalType, withdrawal, wallet, domain),
    escrow: await signed(escrowOrderType, escrow, wallet, domain),
    order: await signed(jobOrderType, order, wallet, domain),
    receipt: await signed(usageReceiptType, receiptOf(digestOf(jobOrderType, order as Message, domain)), node, domain),
  }
  const lane = laneKey(wallet.address, 0)
  const others: Entry[] = ['x', 'y', 'z'].map(name => ({ key: someKey(name), value: 9n }))
  const books = {
    lanes: { opening: [...others, { key: lane, value: 5n }], closing: [...others, { key: lane, value: 9n }] },
    holds: {
      opening: [{ key: messages.order.digest, value: 500n }],
      closing: [{ key: messages.escrow.digest, value: 250n }],
    },
  }
  const genesis = await settlement.read.inboxTotal([2n])
  const before = booksOf(genesis, [
    [placeOf(wallet.address), { available: 10_000n, lanes: books.lanes.opening, holds: books.holds.opening }],
    [placeOf(node.address), { receiptSequence: 4n }],
    [placeOf(bobAddress), { available: 1_000n }],
  ])
  const first = await postBooks(contracts, new Map(), before)
  await settlement.write.deposit([DEPOSITED * WEI_PER_MICROCREDIT], { account: alice.account })
  await settlement.write.forceWithdrawal([FORCED], { account: bob.account })
  const after = booksOf(genesis + DEPOSITED, [
    [placeOf(wallet.address), { available: 9_350n, lanes: books.lanes.closing, holds: books.holds.closing }],
    [placeOf(seller.address), { available: 300n }],
    [placeOfPayable(wallet.address), { available: 200n }],
    [placeOf(node.address), { receiptSequence: 5n }],
    [placeOf(payout.address), { available: 380n }],
    [placeOf(aliceAddress), { available: DEPOSITED }],
    [placeOf(bobAddress), { available: 1_000n - FORCED }],
    [placeOfPayable(bobAddress), { available: FORCED }],
  ])
  const posted = await postBooks(contracts, before, after)
  const { digest } = messages.order
  const entries = {
    wallet: [
      entry(messages.transfer.digest, 0n, 300n),
      entry(messages.withdrawal.digest, 0n, 200n),
      entry(digest, 0n, 400n),
    ],
    seller: [entry(messages.transfer.digest, 300n, 0n)],
    payable: [entry(messages.withdrawal.digest, 200n, 0n)],
    payout: [entry(digest, 380n, 0n)],
    node: [],
    alice: [entry(inboxKey(DEPOSIT_INDEX), DEPOSITED, 0n)],
    bob: [entry(inboxKey(FORCED_INDEX), 0n, FORCED)],
  }
  const places = {
    wallet: placeOf(wallet.address),
    seller: placeOf(seller.address),
    payable: placeOfPayable(wallet.address),
    payout: placeOf(payout.address),
    node: placeOf(node.address),
    alice: placeOf(aliceAddress),
    bob: placeOf(bobAddress),
  }
  return { contracts, first, posted, messages, entries, places, books }
}

export type Happened = Awaited<ReturnType<typeof happen>>
export type Name = keyof Happened['places']

/** What the poster states of an account, and its proof. */
export const stated = ({ posted, places, entries }: Happened, name: Name, own_: readonly Entry[] = entries[name]) =>
  statementOf(posted, places[name], own_)

export const proofIn = ({ entries }: Happened, name: Name, key: Hex) => entryProof(entries[name], key)

export const laneProofs = ({ books }: Happened) => {
  const key = laneKey(wallet.address, 0)
  return { opening: entryProof(books.lanes.opening, key), closing: entryProof(books.lanes.closing, key) }
}

const someEntry = (key: Hex) => entryProof([], key)

export const transferEvidence = (happened: Happened): Hex =>
  debitEvidence('transfer', {
    message: happened.messages.transfer.struct,
    authority: own(happened.messages.transfer.signature),
    lanes: laneProofs(happened),
  })

export const jobEvidence = (happened: Happened): Hex => {
  const { order: signedOrder, receipt } = happened.messages
  const empty = someEntry(signedOrder.digest)
  return debitEvidence('job', {
    hold: {
      order: signedOrder.struct,
      authority: own(signedOrder.signature),
      origin: {
        isStanding: true,
        openingHold: entryProof(happened.books.holds.opening, signedOrder.digest),
        lanes: { opening: empty, closing: empty },
      },
    },
    receipt: receipt.struct,
    receiptSignature: receipt.signature,
    closingHold: entryProof(happened.books.holds.closing, signedOrder.digest),
  })
}

export const escrowHoldEvidence = (happened: Happened): Hex => {
  const { escrow: signedEscrow } = happened.messages
  return holdEvidence('escrow', {
    order: signedEscrow.struct,
    authority: own(signedEscrow.signature),
    origin: {
      isStanding: false,
      openingHold: entryProof(happened.books.holds.opening, signedEscrow.digest),
      lanes: laneProofs(happened),
    },
  })
}

export const passAnswerTime = (seconds: bigint) => networkHelpers.time.increase(seconds)
export type { Posted }
