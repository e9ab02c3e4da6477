import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { EpochBooks } from '@deparrow/ledger'
import {
  closeEpoch,
  economyAgents,
  finaliseEpoch,
  fundedLedger,
  type TestLedger,
  testDomain,
} from '@deparrow/ledger/testing'
import { exportFile, exportLines } from '../verify/journal.spec.fixture.ts'
import { type EpochOnChain, JournalUnfitError, openArchive } from './journal-archive.ts'

const [ann] = economyAgents
const place = { transactionHash: `0x${'00'.repeat(32)}`, blockNumber: 1n, logIndex: 0 } as const

function closed(ledger: TestLedger): EpochBooks {
  closeEpoch(ledger)
  return ledger.state.lastEpoch as EpochBooks
}

/** What the contract has of an epoch that was posted as it was closed. */
function onChain(books: EpochBooks, changed: Partial<EpochOnChain> = {}): EpochOnChain {
  const { epoch, journalPosition, leavesRoot, leavesTotalMicrocredits } = books
  const chain = { chainId: testDomain.chainId, settlement: testDomain.verifyingContract }
  const posted = { epoch: BigInt(epoch), journalPosition: BigInt(journalPosition), leavesRoot, leavesTotalMicrocredits }
  return { ...chain, ...posted, ...changed }
}

async function codeOf(t: TestContext, ledger: TestLedger, on: EpochOnChain): Promise<string> {
  const path = await exportFile(t, exportLines(ledger.stored))
  const error = await openArchive(path, on).catch((problem: unknown) => problem)
  assert.ok(error instanceof JournalUnfitError, String(error))
  return error.code
}

describe('a copy of the journal', () => {
  it('of another chain or another contract does not serve', async t => {
    const ledger = fundedLedger()
    const books = closed(ledger)
    assert.equal(await codeOf(t, ledger, onChain(books, { chainId: 1 })), 'JOURNAL_FOREIGN')
    assert.equal(await codeOf(t, ledger, onChain(books, { settlement: ann.address })), 'JOURNAL_FOREIGN')
  })

  it('does not serve when its epoch has another root, another total or another place than the contract’s', async t => {
    const ledger = fundedLedger()
    const books = closed(ledger)
    finaliseEpoch(ledger)
    for (const changed of [
      { leavesRoot: `0x${'01'.repeat(32)}` as const },
      { leavesTotalMicrocredits: 1n },
      { journalPosition: BigInt(books.journalPosition - 1) },
      { epoch: 2n },
    ]) {
      assert.equal(await codeOf(t, ledger, onChain(books, changed)), 'JOURNAL_DIFFERS')
    }
  })

  it('does not serve when it ends too early', async t => {
    const ledger = fundedLedger()
    const books = closed(ledger)
    assert.equal(await codeOf(t, ledger, onChain(books, { journalPosition: 1_000n })), 'JOURNAL_SHORT')
  })

  it('serves up to the epoch, whatever comes after it', async t => {
    const ledger = fundedLedger()
    const books = closed(ledger)
    finaliseEpoch(ledger)
    const path = await exportFile(t, [...exportLines(ledger.stored).slice(0, -2), 'something else'])
    const archive = await openArchive(path, onChain(books))
    assert.equal(archive.leaf(books.epoch, ann.address)?.leaf?.availableMicrocredits, 10_000_000n)
  })

  it('serves for an epoch whose number was given to another one before, which the chain never had', async t => {
    const ledger = fundedLedger()
    const given = closed(ledger)
    const { journalPosition } = given
    ledger.accept({ type: 'RecordEpochCancelled', epoch: 1, lastEpoch: 0, headEpoch: 0, place, journalPosition })
    ledger.deposit(ann.address, 5_000_000n)
    const books = closed(ledger)
    assert.equal(books.epoch, given.epoch)
    const archive = await openArchive(await exportFile(t, exportLines(ledger.stored)), onChain(books))
    assert.equal(archive.leaf(1, ann.address)?.leaf?.availableMicrocredits, 15_000_000n)
  })
})
