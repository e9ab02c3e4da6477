import { zeroHash } from 'viem'
import { placeOf } from '../support/trees.ts'
import { postBooks, statementOf } from './books.ts'
import { acceptanceOf, evidenceOf } from './certified.ts'
import { type Happened, wallet } from './scenario.ts'

import { anybody, asAlice, asPoster } from './stated.ts'

/** Demands a receipt that the ledger accepted within the epoch. */
export async function demandAccepted({ contracts, posted }: Happened, changed: Parameters<typeof evidenceOf>[1] = {}) {
  const { evidence, claim } = await evidenceOf(contracts.domain, changed)
  const acceptance = { digest: claim.receiptDigest, position: 15n, isAccepted: true, atMs: 5n }
  const shown = await acceptanceOf(contracts.domain, acceptance)
  await contracts.receipts.write.demandAcceptedReceipt([posted.epoch, evidence, shown, zeroHash], asAlice)
  return claim
}

/** Pushes a receipt, posts an epoch that covers it and in which nothing else happens, and demands the receipt in it. */
export async function demandPushed(happened: Happened, changed: Parameters<typeof evidenceOf>[1] = {}) {
  const { contracts, posted } = happened
  const { evidence, claim } = await evidenceOf(contracts.domain, changed)
  await contracts.receipts.write.pushReceipt([evidence], anybody)
  const next = await postBooks(contracts, posted.books, posted.books)
  await contracts.receipts.write.demandPushed([next.epoch, evidence, zeroHash], asAlice)
  const { statement, proof } = statementOf(next, placeOf(wallet.address), [])
  await contracts.disputes.write.state([next.epoch, placeOf(wallet.address), proof], asPoster)
  return { next, claim: { ...claim, isPushed: true }, statement }
}
