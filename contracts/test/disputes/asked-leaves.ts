import { type Hex, zeroHash } from 'viem'
import { alice, bob, stranger } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import { leafProof, placeOf } from '../support/trees.ts'
import { booksOf, leavesOf, type Posted, postBooks, someKey } from './books.ts'
import { type Disputed, loadDisputed } from './disputed-chain.ts'

export const wallet = actor(1)
export const asAlice = { account: alice.account }
export const asBob = { account: bob.account }
export const anybody = { account: stranger.account }

export const STATE = { unknown: 0, open: 1, answered: 2, expired: 3, refunded: 4 } as const
export const UNKNOWN = 0
export const PENDING = 3
export const CANCELLED = 4

export async function withEpoch(): Promise<{ contracts: Disputed; posted: Posted }> {
  const contracts = await loadDisputed()
  const inbox = await contracts.settlement.read.inboxTotal([await contracts.settlement.read.inboxCount()])
  const before = booksOf(inbox, [[place, { available: 1_000n }]])
  const first = await postBooks(contracts, new Map(), before)
  return { contracts, posted: first }
}

export const question = (epoch: bigint, place: Hex) => ({ epoch, kind: 0, place, key: zeroHash, value: 0n })
export const leafId = ({ disputes }: Disputed, epoch: bigint, place: Hex) =>
  disputes.read.idOf([question(epoch, place)])
export const answerLeaf = ({ disputes }: Disputed, { epoch, books }: Posted, place: Hex, answerer = anybody) =>
  disputes.write.answerLeaf([epoch, place, leafProof(leavesOf(books), place)], answerer)

export const place = placeOf(wallet.address)
export const otherPlace = someKey('nobody')
