import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transferType } from '@deparrow/ledger'
import { encodeAbiParameters, type Hex, parseAbiParameters, zeroHash } from 'viem'
import { acceptanceBatch } from '../support/acceptances.ts'
import { viem } from '../support/judges-chain.ts'
import { actor, digestOf } from '../support/messages.ts'
import { entryProof } from '../support/trees.ts'
import { entry, someKey } from './books.ts'
import { ledger } from './disputed-chain.ts'
import { DEPOSIT_INDEX, DEPOSITED, FORCED_INDEX, happen, inboxKey, proofIn, stated } from './scenario.ts'
import { anybody, asAlice, judgeErrors, state, withStatements } from './stated.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts } = viem.assertions

describe('a deposit', () => {
  it('is no ground when another epoch covers it, or when the item is no deposit', async () => {
    const { contracts, first, posted } = await happen()
    const { disputes } = contracts
    const ask = (epoch: bigint, index: bigint) => disputes.write.demandDeposit([epoch, index, zeroHash], asAlice)
    await reverts(ask(first.epoch, DEPOSIT_INDEX), disputes, 'ItemOutsideEpoch', [first.epoch, DEPOSIT_INDEX])
    await reverts(ask(posted.epoch, 0n), disputes, 'ItemOutsideEpoch', [posted.epoch, 0n])
    await reverts(ask(posted.epoch, 4n), disputes, 'ItemOutsideEpoch', [posted.epoch, 4n])
    await reverts(ask(posted.epoch, FORCED_INDEX), disputes, 'ItemUnrelated', [FORCED_INDEX, 4])
    await reverts(ask(first.epoch, 0n), disputes, 'ItemUnrelated', [0n, 1])
  })

  it('is credited in full to its wallet', async () => {
    const happened = await withStatements('alice')
    const { contracts, posted, places } = happened
    const { disputes } = contracts
    const key = inboxKey(DEPOSIT_INDEX)
    const { statement } = stated(happened, 'alice')
    await disputes.write.demandDeposit([posted.epoch, DEPOSIT_INDEX, zeroHash], asAlice)
    const answer = (least: bigint) => {
      const proof = proofIn(happened, 'alice', key)
      return disputes.write.answerCredit([posted.epoch, places.alice, key, least, statement, proof], anybody)
    }
    await revertWithCustomError(answer(DEPOSITED - 1n), disputes, 'DemandNotOpen')
    await reverts(answer(DEPOSITED + 1n), disputes, 'CreditTooSmall', [key, DEPOSITED, DEPOSITED + 1n])
    await answer(DEPOSITED)
  })
})

describe('an accepted transfer', () => {
  const structOf = 'address from, address to, uint64 amount, uint32 lane, uint64 nonce, uint64 deadline'
  const encoded = (message: Record<string, unknown>): Hex =>
    encodeAbiParameters(parseAbiParameters(structOf), [
      message.from,
      message.to,
      message.amountMicrocredits,
      message.lane,
      message.nonce,
      message.deadline,
    ] as never)

  it('is no ground with a refusal, another message, another signer or a position of another epoch', async () => {
    const { contracts, posted, messages } = await happen()
    const { disputes, domain } = contracts
    const message = encoded(messages.transfer.struct)
    const ask = async (fields: object, signer = ledger) => {
      const acceptance = { digest: messages.transfer.digest, position: 15n, isAccepted: true, atMs: 1n, ...fields }
      const [shown] = await acceptanceBatch([acceptance], signer, domain)
      assert.ok(shown)
      return disputes.write.demandAccepted([posted.epoch, 0, message, shown, zeroHash], asAlice)
    }
    const { digest } = messages.transfer
    await reverts(ask({ isAccepted: false }), disputes, 'AcceptanceUnrelated', [digest, digest])
    await revertWithCustomError(ask({ digest: someKey('other') }), disputes, 'AcceptanceUnrelated')
    await revertWithCustomError(ask({}, actor(7)), judgeErrors, 'SignerDiffers')
    for (const position of [10n, 21n])
      await reverts(ask({ position }), disputes, 'PositionOutsideEpoch', [posted.epoch, position])
    await ask({ position: 20n })
  })

  it('is a ground at a position of the parent if it was signed after that had closed', async () => {
    const { contracts, posted, messages } = await happen()
    const { disputes, settlement, domain } = contracts
    const { parent } = await settlement.read.epoch([posted.epoch])
    const { journalPosition, closedAt } = await settlement.read.epoch([parent])
    const { digest, struct } = messages.transfer
    const ask = async (position: bigint, atMs: bigint) => {
      const [shown] = await acceptanceBatch([{ digest, position, isAccepted: true, atMs }], ledger, domain)
      assert.ok(shown)
      return disputes.write.demandAccepted([posted.epoch, 0, encoded(struct), shown, zeroHash], asAlice)
    }
    const beyond = ask(21n, closedAt * 1_000n + 1_000n)
    await reverts(beyond, disputes, 'PositionOutsideEpoch', [posted.epoch, 21n])
    const last = ask(journalPosition, closedAt * 1_000n + 999n)
    await reverts(last, disputes, 'PositionOutsideEpoch', [posted.epoch, journalPosition])
    await ask(journalPosition, closedAt * 1_000n + 1_000n)
  })

  it('of another chain or contract is no ground', async () => {
    const { contracts, posted, messages } = await happen()
    const { disputes, domain } = contracts
    const acceptance = { digest: messages.transfer.digest, position: 15n, isAccepted: true, atMs: 1n }
    const foreign = [
      { ...domain, chainId: 1 },
      { ...domain, verifyingContract: `0x${'ab'.repeat(20)}` as Hex },
    ]
    for (const elsewhere of foreign) {
      const [shown] = await acceptanceBatch([acceptance], ledger, elsewhere)
      assert.ok(shown)
      const message = encoded(messages.transfer.struct)
      const asking = disputes.write.demandAccepted([posted.epoch, 0, message, shown, zeroHash], asAlice)
      await revertWithCustomError(asking, judgeErrors, 'SignerDiffers')
    }
  })

  it('is a ground even when a single microcredit was debited', async () => {
    const happened = await happen()
    const { contracts, posted, places, messages, entries } = happened
    const key = messages.transfer.digest
    const [, ...others] = entries.wallet
    const debits = [entry(key, 0n, 1n), entry(someKey('rest'), 0n, 299n), ...others]
    const { statement, proof } = stated(happened, 'wallet', debits)
    await state(happened, 'wallet', proof)
    const shown = [encoded(messages.transfer.struct), statement, entryProof(debits, key)] as const
    await contracts.disputes.write.demandCounterpart([posted.epoch, 0, ...shown, zeroHash], asAlice)
    const [event] = await contracts.disputes.getEvents.Demanded()
    const question = { epoch: posted.epoch, kind: 6, place: places.seller, key, value: 1n }
    assert.deepEqual(event?.args.question, question)
  })

  it('is credited to its receiver, and a withdrawal to the wallet’s payouts, when the payer was debited', async () => {
    const happened = await withStatements('wallet', 'seller', 'payable')
    const { contracts, posted, places, messages } = happened
    const { disputes } = contracts
    const debtor = stated(happened, 'wallet').statement
    const ask = (kind: number, message: Hex, key: Hex) =>
      disputes.write.demandCounterpart(
        [posted.epoch, kind, message, debtor, proofIn(happened, 'wallet', key), zeroHash],
        asAlice,
      )
    const transferKey = messages.transfer.digest
    const other = encoded({ ...(messages.transfer.struct as object), nonce: 99n })
    const otherDigest = digestOf(
      transferType,
      { ...(messages.transfer.struct as object), nonce: 99n } as never,
      contracts.domain,
    )
    const asking = ask(0, other, otherDigest)
    await reverts(asking, disputes, 'NothingDebited', [places.wallet, otherDigest])
    await ask(0, encoded(messages.transfer.struct), transferKey)
    const seller = stated(happened, 'seller').statement
    const credited = proofIn(happened, 'seller', transferKey)
    await disputes.write.answerCredit([posted.epoch, places.seller, transferKey, 300n, seller, credited], anybody)

    const { wallet: from, amountMicrocredits, lane, nonce, deadline } = messages.withdrawal.struct as never
    const withdrawal = encodeAbiParameters(
      parseAbiParameters('address wallet, uint64 amount, uint32 lane, uint64 nonce, uint64 deadline'),
      [from, amountMicrocredits, lane, nonce, deadline],
    )
    const key = messages.withdrawal.digest
    await ask(5, withdrawal, key)
    const payable = stated(happened, 'payable').statement
    const paid = proofIn(happened, 'payable', key)
    await disputes.write.answerCredit([posted.epoch, places.payable, key, 200n, payable, paid], anybody)
  })
})
