import { describe, it } from 'node:test'
import { concatHex, type Hex, keccak256, numberToHex, stringToHex, zeroHash } from 'viem'
import { rowProof } from '../../rows/rows.ts'
import { debitEvidence } from '../support/evidence.ts'
import { viem } from '../support/judges-chain.ts'
import { firstRow } from '../support/operator.ts'
import { entryProof, placeOfPayable } from '../support/trees.ts'
import { booksOf, entry, postBooks, statementOf } from './books.ts'
import { loadDisputed } from './disputed-chain.ts'
import { wallet } from './scenario.ts'
import { anybody, asAlice, asPoster, judgeErrors } from './stated.ts'

const [PAID, TAKEN] = [200n, 100n]
const place = placeOfPayable(wallet.address)
const rows = [firstRow(1, PAID)]
const keyOfRow = (epoch: bigint): Hex => keccak256(concatHex([stringToHex('row'), numberToHex(epoch, { size: 8 })]))

/** An epoch whose row pays out most of what an account had; of the rest the poster says that the row of another epoch did. */
async function payOut() {
  const contracts = await loadDisputed()
  const { settlement, disputes } = contracts
  await settlement.write.registerPayees([[wallet.address]], anybody)
  const total = await settlement.read.inboxTotal([2n])
  const before = booksOf(total, [[place, { available: PAID + TAKEN }]])
  await postBooks(contracts, new Map(), before)
  const posted = await postBooks(contracts, before, booksOf(total - PAID, []), 10n, undefined, rows)
  const { epoch } = posted
  const entries = [entry(keyOfRow(epoch), 0n, PAID), entry(keyOfRow(epoch - 1n), 0n, TAKEN)]
  const { statement, proof } = statementOf(posted, place, entries)
  await disputes.write.state([epoch, place, proof], asPoster)
  const evidence = debitEvidence('row', rowProof({ epoch, part: 0, rows, index: 0 }))
  return async (key: Hex) => {
    await disputes.write.demandEntry([epoch, place, key, zeroHash], asAlice)
    return disputes.write.answerEntry([epoch, place, key, statement, entryProof(entries, key), evidence], anybody)
  }
}

describe('a debit of what was paid out', () => {
  it('is answered for by a row of its epoch, and under the key of no other epoch', async () => {
    const answer = await payOut()
    await viem.assertions.revertWithCustomError(answer(keyOfRow(1n)), judgeErrors, 'KeyDiffers')
    await answer(keyOfRow(2n))
  })
})
