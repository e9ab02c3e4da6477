import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type PayoutInstruction, payoutInstructionType } from '@deparrow/ledger'
import { concatHex, encodePacked, type Hex, keccak256, numberToHex, stringToHex, zeroAddress, zeroHash } from 'viem'
import { encodeRow, type PayoutRow, rowProof, rowsRoot } from '../../rows/rows.ts'
import {
  allow,
  CUT,
  caseFor,
  caseOf,
  EPOCH,
  emptyBooks,
  facts,
  judge,
  PARENT_CLOSED_AT,
  PARENT_CUT,
} from '../support/cases.ts'
import { INBOX_KIND, viem } from '../support/chain.ts'
import { debitEvidence } from '../support/evidence.ts'
import { type Actor, actor, asStruct, digestOf } from '../support/messages.ts'
import { firstRow } from '../support/operator.ts'
import { placeOf, placeOfPayable } from '../support/trees.ts'

const { revertWithCustomErrorWithArgs, revertWithCustomError } = viem.assertions
const wallet = actor(1)
const stranger = actor(3)

type Answer = Promise<unknown>
const refuses = (answer: Answer, error: string) => revertWithCustomError(answer, judge, error as never)
const refusesWith = (answer: Answer, error: string, args: unknown[]) =>
  revertWithCustomErrorWithArgs(answer, judge, error as never, args as never)

const keyOf = (word: string, number: bigint): Hex => keccak256(encodePacked(['string', 'uint64'], [word, number]))

describe('a debit by a standing instruction', () => {
  const instruction: PayoutInstruction = {
    wallet: wallet.address,
    minimumMicrocredits: 100n,
    intervalSeconds: 3_600,
    expires: PARENT_CLOSED_AT + 1n,
    nonce: 1n,
  }

  type Changes = {
    message?: Partial<PayoutInstruction>
    signer?: Actor
    key?: Hex
    debit?: bigint
    place?: Hex
    journalPosition?: bigint
  }

  async function judgeIt(changes: Changes): Promise<void> {
    const message = { ...instruction, ...changes.message }
    const digest = digestOf(payoutInstructionType, message)
    const signature = await (changes.signer ?? wallet).signDigest(digest)
    const key = keccak256(concatHex([stringToHex('instruction'), digest, numberToHex(44n, { size: 8 })]))
    const evidence = debitEvidence('instruction', {
      message: asStruct(payoutInstructionType, message),
      signature,
      journalPosition: changes.journalPosition ?? 44n,
    })
    const self = caseOf(changes.place ?? placeOf(wallet.address), emptyBooks)
    await allow(self, changes.key ?? key, changes.debit ?? 100n, evidence)
  }

  it('is refused under the key of another position, or of the instruction itself', async () => {
    await refuses(judgeIt({ journalPosition: 45n }), 'KeyDiffers')
    await refuses(judgeIt({ key: digestOf(payoutInstructionType, instruction) }), 'KeyDiffers')
  })

  it('is refused for another account, also for the payouts of the same wallet', async () => {
    await refuses(judgeIt({ place: placeOf(stranger.address) }), 'MessageUnrelated')
    await refuses(judgeIt({ place: placeOfPayable(wallet.address) }), 'MessageUnrelated')
  })

  it('is refused when another key signed it', async () => {
    await refuses(judgeIt({ signer: stranger }), 'SignerDiffers')
  })

  it('is refused below its minimum', async () => {
    await refusesWith(judgeIt({ debit: 99n }), 'BelowMinimum', [99n, 100n])
  })

  it('is refused when it had expired as the epoch began', async () => {
    const expires = PARENT_CLOSED_AT
    await refusesWith(judgeIt({ message: { expires } }), 'InstructionExpired', [expires, expires])
  })

  it('is allowed from its minimum on', async () => {
    await judgeIt({})
    await judgeIt({ debit: 2n ** 64n - 1n })
  })
})

describe('a debit by a payout row', () => {
  const rows: PayoutRow[] = [firstRow(1, 10n), firstRow(2, 20n), firstRow(3, 30n)]

  async function judgeRow(changes: {
    index?: number
    shownAt?: number
    row?: PayoutRow
    part?: number
    epoch?: bigint
    debit?: bigint
    place?: Hex
  }): Promise<void> {
    await facts.write.setPayee([2, wallet.address])
    const part = { root: rowsRoot(rows), rowCount: rows.length, firstPayeeId: 1, lastPayeeId: 3 }
    await facts.write.setPart([EPOCH, 4, part])
    const index = changes.index ?? 1
    const { siblings } = rowProof({ epoch: EPOCH, part: 4, rows, index })
    const row = encodeRow(changes.row ?? (rows[index] as PayoutRow))
    const evidence = debitEvidence('row', { part: changes.part ?? 4, index: changes.shownAt ?? index, row, siblings })
    const self = caseOf(changes.place ?? placeOfPayable(wallet.address), emptyBooks)
    await allow(self, keyOf('row', changes.epoch ?? EPOCH), changes.debit ?? 20n, evidence)
  }

  it('is refused under the key of another epoch', async () => {
    await refuses(judgeRow({ epoch: EPOCH - 1n }), 'KeyDiffers')
  })

  it('is refused for another account: another payee, or the wallet itself', async () => {
    await refuses(judgeRow({ place: placeOfPayable(stranger.address) }), 'MessageUnrelated')
    await refuses(judgeRow({ place: placeOf(wallet.address) }), 'MessageUnrelated')
    await refuses(judgeRow({ index: 2, debit: 30n }), 'MessageUnrelated')
  })

  it('is refused with another amount than the row’s increment', async () => {
    await refusesWith(judgeRow({ debit: 21n }), 'AmountDiffers', [21n, 20n])
    await refusesWith(judgeRow({ debit: 19n }), 'AmountDiffers', [19n, 20n])
  })

  it('is refused when no such row was posted there', async () => {
    await refusesWith(judgeRow({ row: firstRow(2, 21n), debit: 21n }), 'RowNotThere', [EPOCH, 4, 1])
    await refusesWith(judgeRow({ shownAt: 0 }), 'RowNotThere', [EPOCH, 4, 0])
    await refusesWith(judgeRow({ part: 5 }), 'RowNotThere', [EPOCH, 5, 1])
  })

  it('is refused with evidence that ends early', async () => {
    const self = caseOf(placeOfPayable(wallet.address), emptyBooks)
    const kind = numberToHex(7, { size: 32 })
    for (const details of ['0x', numberToHex(2n ** 255n, { size: 32 }), numberToHex(32n, { size: 32 })] as Hex[])
      await assert.rejects(allow(self, keyOf('row', EPOCH), 20n, concatHex([kind, details])))
  })

  it('is allowed by the row', async () => {
    await judgeRow({})
  })
})

describe('a debit by a forced withdrawal', () => {
  async function judgeForced(changes: {
    index?: bigint
    keyIndex?: bigint
    kind?: number
    account?: Hex
    asked?: bigint
    debit?: bigint
  }): Promise<void> {
    const index = changes.index ?? PARENT_CUT
    await facts.write.setItem([
      index,
      {
        kind: changes.kind ?? INBOX_KIND.forcedWithdrawal,
        account: changes.account ?? wallet.address,
        amountMicrocredits: 0n,
        totalMicrocredits: 0n,
        arrivedAt: 0n,
        detail: numberToHex(changes.asked ?? 500n, { size: 32 }),
      },
    ])
    const key = keyOf('inbox', changes.keyIndex ?? index)
    const evidence = debitEvidence('forcedWithdrawal', { index })
    await allow(caseFor(wallet.address, emptyBooks), key, changes.debit ?? 500n, evidence)
  }

  it('is refused under the key of another item', async () => {
    await refuses(judgeForced({ keyIndex: PARENT_CUT + 1n }), 'KeyDiffers')
    await refuses(judgeForced({ keyIndex: 0n }), 'KeyDiffers')
  })

  it('is refused when the item is of an epoch before, or of one after', async () => {
    for (const index of [PARENT_CUT - 1n, CUT]) await refusesWith(judgeForced({ index }), 'NotForcedHere', [index])
  })

  it('is refused when the item is of any other kind', async () => {
    for (const kind of [0, 1, 2, 3, 5, 6]) await refusesWith(judgeForced({ kind }), 'NotForcedHere', [PARENT_CUT])
  })

  it('is refused when another account asked for it', async () => {
    for (const account of [stranger.address, zeroAddress] as Hex[])
      await refuses(judgeForced({ account }), 'MessageUnrelated')
  })

  it('is refused above what was asked for', async () => {
    await refusesWith(judgeForced({ debit: 501n }), 'AmountDiffers', [501n, 500n])
    await refusesWith(judgeForced({ asked: 0n }), 'AmountDiffers', [500n, 0n])
  })

  it('is allowed up to what was asked for, from the parent’s cut to this one', async () => {
    await judgeForced({})
    await judgeForced({ debit: 1n, index: CUT - 1n })
    await assert.rejects(
      allow(
        caseFor(wallet.address, emptyBooks),
        zeroHash,
        1n,
        debitEvidence('forcedWithdrawal', { index: PARENT_CUT }),
      ),
    )
  })
})
