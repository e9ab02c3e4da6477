import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeRows, rowsRoot } from '../../rows/rows.ts'
import {
  alice,
  CREDIT_WEI,
  EPOCH_STATUS,
  INBOX_AGE_SECONDS,
  loadContracts,
  networkHelpers,
  stranger,
  viem,
  WEI_PER_MICROCREDIT,
  WINDOW_SECONDS,
} from '../support/chain.ts'
import { firstRow, headerFor, JOURNAL_HASH, LEAVES_ROOT, passWindow, postEpoch } from '../support/operator.ts'

const { revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions

describe('opening an epoch', () => {
  it('refuses everybody but the poster', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, {})
    const { account } = stranger
    await reverts(settlement.write.postEpoch([header, '0x'], { account }), settlement, 'CallerNotPoster', [
      account.address,
    ])
    await reverts(settlement.write.postRows([1n, '0x'], { account }), settlement, 'CallerNotPoster', [account.address])
  })

  it('refuses a parent that is not the head', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, {})
    await reverts(settlement.write.postEpoch([{ ...header, parent: 1n }, '0x']), settlement, 'ParentNotHead', [1n, 0n])
    const epoch = await postEpoch(contracts)
    await reverts(settlement.write.postEpoch([header, '0x']), settlement, 'ParentNotHead', [0n, epoch])
  })

  it('refuses an inbox cut beyond the inbox or before the one of its parent', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, {})
    const beyond = settlement.write.postEpoch([{ ...header, inboxCut: 3n }, '0x'])
    await reverts(beyond, settlement, 'InboxCutInvalid', [3n, 0n, 2n])
    const parent = await postEpoch(contracts)
    const before = settlement.write.postEpoch([{ ...header, parent, inboxCut: 1n }, '0x'])
    await reverts(before, settlement, 'InboxCutInvalid', [1n, 2n, 2n])
  })

  it('refuses to cover an inbox item younger than D', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await settlement.write.deposit([CREDIT_WEI], { account: alice.account })
    const { arrivedAt } = await settlement.read.inboxItem([2n])
    const header = await headerFor(contracts, {})
    const coverableAt = arrivedAt + INBOX_AGE_SECONDS
    await networkHelpers.time.setNextBlockTimestamp(coverableAt - 1n)
    await reverts(settlement.write.postEpoch([header, '0x']), settlement, 'InboxItemTooYoung', [2n, coverableAt])
    await networkHelpers.time.setNextBlockTimestamp(coverableAt)
    await settlement.write.postEpoch([header, '0x'])
    assert.equal(await settlement.read.headEpoch(), 1n)
  })

  it('may cover nothing of the inbox, and then has nothing to account for', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = { ...(await headerFor(contracts, {})), inboxCut: 0n }
    const total = await settlement.read.inboxTotal([2n])
    await reverts(settlement.write.postEpoch([header, '0x']), settlement, 'BooksDoNotClose', [0n, total])
    await settlement.write.postEpoch([{ ...header, leavesTotalMicrocredits: 0n }, '0x'])
    assert.equal((await settlement.read.epoch([1n])).inboxCut, 0n)
  })

  it('refuses a journal position behind the one of its parent', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await postEpoch(contracts)
    const header = { ...(await headerFor(contracts, {})), journalPosition: 0n }
    await reverts(settlement.write.postEpoch([header, '0x']), settlement, 'JournalPositionBehindParent', [0n, 1n])
  })

  it('refuses rows that the header does not announce', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n), firstRow(2, 6n)]
    const header = await headerFor(contracts, { rows })
    const none = settlement.write.postEpoch([{ ...header, rowCount: 0 }, encodeRows(rows)])
    await reverts(none, settlement, 'RowsTooMany', [2n, 0])
    const one = settlement.write.postEpoch([{ ...header, rowCount: 1 }, encodeRows(rows)])
    await reverts(one, settlement, 'RowsTooMany', [2n, 1])
  })
})

describe('the time of an epoch', () => {
  it('is refused before its parent or in the future', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const parent = await postEpoch(contracts)
    const { closedAt } = await settlement.read.epoch([parent])
    const header = await headerFor(contracts, {})
    const at = BigInt(await networkHelpers.time.latest()) + 5n
    for (const wrong of [closedAt - 1n, at + 1n, 0n, 2n ** 64n - 1n]) {
      await networkHelpers.time.setNextBlockTimestamp(at)
      const posting = settlement.write.postEpoch([{ ...header, closedAt: wrong }, '0x'])
      await reverts(posting, settlement, 'ClosedAtInvalid', [wrong, closedAt, at])
    }
    await networkHelpers.time.setNextBlockTimestamp(at)
    await settlement.write.postEpoch([{ ...header, closedAt }, '0x'])
    assert.equal((await settlement.read.epoch([2n])).closedAt, closedAt)
    const next = await headerFor(contracts, {})
    await networkHelpers.time.setNextBlockTimestamp(at + 1n)
    await settlement.write.postEpoch([{ ...next, closedAt: at + 1n }, '0x'])
    assert.equal((await settlement.read.epoch([3n])).closedAt, at + 1n)
  })

  it('is refused when it is more than a day ago', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, {})
    const lag = await settlement.read.LAG_SECONDS_MAX()
    assert.equal(lag, 86_400n)
    const late = header.closedAt + lag + 1n
    await networkHelpers.time.setNextBlockTimestamp(late)
    const posting = settlement.write.postEpoch([header, '0x'])
    await reverts(posting, settlement, 'ClosedAtTooOld', [header.closedAt, late])
    await networkHelpers.time.setNextBlockTimestamp(late + 1n)
    await settlement.write.postEpoch([{ ...header, closedAt: header.closedAt + 2n }, '0x'])
    assert.equal(await settlement.read.headEpoch(), 1n)
  })
})

describe('closing the books', () => {
  it('refuses leaves one microcredit too high or too low', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, {})
    const total = header.leavesTotalMicrocredits
    for (const wrong of [total + 1n, total - 1n]) {
      const posting = settlement.write.postEpoch([{ ...header, leavesTotalMicrocredits: wrong }, '0x'])
      await reverts(posting, settlement, 'BooksDoNotClose', [total, wrong])
    }
    assert.equal(await settlement.read.headEpoch(), 0n)
  })

  it('refuses payouts and burns that nobody paid for', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n)]
    const header = await headerFor(contracts, {})
    const total = header.leavesTotalMicrocredits
    const payouts = settlement.write.postEpoch([{ ...header, rowCount: 1 }, encodeRows(rows)])
    await reverts(payouts, settlement, 'BooksDoNotClose', [total, total + 5n])
    const burns = settlement.write.postEpoch([{ ...header, burnMicrocredits: 7n }, '0x'])
    await reverts(burns, settlement, 'BooksDoNotClose', [total, total + 7n])
  })

  it('counts payouts and burns of ancestors', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await postEpoch(contracts, { parts: [[firstRow(1, 5n)]], burnMicrocredits: 7n })
    const header = await headerFor(contracts, {})
    const total = await settlement.read.inboxTotal([2n])
    assert.equal(header.leavesTotalMicrocredits, total - 12n)
    const forgetful = settlement.write.postEpoch([{ ...header, leavesTotalMicrocredits: total }, '0x'])
    await reverts(forgetful, settlement, 'BooksDoNotClose', [total, total + 12n])
    await settlement.write.postEpoch([header, '0x'])
    const { payoutsTotalMicrocredits, burnsTotalMicrocredits, height } = await settlement.read.epoch([2n])
    assert.deepEqual([payoutsTotalMicrocredits, burnsTotalMicrocredits, height], [5n, 7n, 2])
  })

  it('does not notice tokens sent to the contract directly', async () => {
    const contracts = await loadContracts()
    const { settlement, token, addresses } = contracts
    const header = await headerFor(contracts, {})
    await token.write.transfer([addresses.settlement, 123n * WEI_PER_MICROCREDIT])
    assert.equal(await settlement.read.inboxCount(), 2n)
    await settlement.write.postEpoch([header, '0x'])
    assert.equal(await settlement.read.headEpoch(), 1n)
  })

  it('announces the epoch with everything a follower needs', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n), firstRow(2, 6n)]
    const header = await headerFor(contracts, { rows, burnMicrocredits: 7n })
    const at = BigInt(await networkHelpers.time.latest()) + 5n
    await networkHelpers.time.setNextBlockTimestamp(at)
    const posting = settlement.write.postEpoch([header, encodeRows(rows)])
    const { inboxCut, journalPosition, leavesTotalMicrocredits } = header
    await emitWithArgs(posting, settlement, 'EpochPosted', [
      ...[1n, 0n, inboxCut, journalPosition, JOURNAL_HASH, LEAVES_ROOT],
      ...[leavesTotalMicrocredits, 11n, 7n, at + WINDOW_SECONDS],
    ] as never)
    await emitWithArgs(posting, settlement, 'RowsPosted', [1n, 0, rowsRoot(rows), 11n])
  })
})

describe('an epoch in parts', () => {
  const parts = [[firstRow(1, 5n)], [firstRow(2, 6n)]]
  const [first, second] = parts.map(encodeRows) as [`0x${string}`, `0x${string}`]

  it('counts only when its last part has arrived', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, { rows: parts.flat() })
    const opening = settlement.write.postEpoch([header, first])
    await emitWithArgs(opening, settlement, 'EpochOpened', [1n, 0n, 2])
    assert.equal(await settlement.read.headEpoch(), 0n)
    assert.equal(await settlement.read.epochStatus([1n]), EPOCH_STATUS.open)
    await settlement.write.postRows([1n, second])
    assert.equal(await settlement.read.headEpoch(), 1n)
    assert.equal(await settlement.read.epochStatus([1n]), EPOCH_STATUS.pending)
    assert.deepEqual(await settlement.read.rowsPart([1n, 1]), {
      root: rowsRoot(parts[1] ?? []),
      rowCount: 1,
      firstPayeeId: 2,
      lastPayeeId: 2,
    })
  })

  it('refuses the last part when the books do not close, and takes the right one then', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, { rows: parts.flat() })
    const total = await settlement.read.inboxTotal([2n])
    await settlement.write.postEpoch([header, first])
    const wrong = settlement.write.postRows([1n, encodeRows([firstRow(2, 7n)])])
    await reverts(wrong, settlement, 'BooksDoNotClose', [total, total + 1n])
    await settlement.write.postRows([1n, second])
    assert.equal(await settlement.read.headEpoch(), 1n)
  })

  it('refuses a part whose ids do not ascend from the part before', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await settlement.write.postEpoch([await headerFor(contracts, { rows: parts.flat() }), first])
    await reverts(settlement.write.postRows([1n, first]), settlement, 'RowsNotAscending', [1, 1])
  })

  it('refuses an empty part while rows are missing', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, { rows: parts.flat() })
    await reverts(settlement.write.postEpoch([header, '0x']), settlement, 'RowsLengthInvalid', [0n])
    await settlement.write.postEpoch([header, first])
    await reverts(settlement.write.postRows([1n, '0x']), settlement, 'RowsLengthInvalid', [0n])
  })

  it('refuses parts of an epoch that is complete, unknown or out of time', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, { rows: parts.flat() })
    await reverts(settlement.write.postRows([1n, second]), settlement, 'EpochNotOpen', [1n])
    await settlement.write.postEpoch([header, first])
    await networkHelpers.time.increase((await settlement.read.PARTS_PERIOD_SECONDS()) + 1n)
    await reverts(settlement.write.postRows([1n, second]), settlement, 'EpochNotOpen', [1n])
    assert.equal(await settlement.read.epochStatus([1n]), EPOCH_STATUS.lapsed)
    const complete = await postEpoch(contracts, { parts })
    await reverts(settlement.write.postRows([complete, second]), settlement, 'EpochNotOpen', [complete])
  })

  it('gives way to a new epoch, and its id is not used again', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const header = await headerFor(contracts, { rows: parts.flat() })
    await settlement.write.postEpoch([header, first])
    const next = settlement.write.postEpoch([header, first])
    await emitWithArgs(next, settlement, 'EpochLapsed', [1n])
    await reverts(settlement.write.postRows([1n, second]), settlement, 'EpochNotOpen', [1n])
    await settlement.write.postRows([2n, second])
    assert.equal(await settlement.read.headEpoch(), 2n)
  })
})

describe('a complete epoch', () => {
  it('does not lapse when the next one is posted', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const first = await postEpoch(contracts, { parts: [[firstRow(1, 5n)]] })
    await postEpoch(contracts)
    assert.deepEqual(await settlement.getEvents.EpochLapsed(), [])
    assert.equal(await settlement.read.epochStatus([first]), EPOCH_STATUS.pending)
  })
})

describe('finality', () => {
  it('comes when the window has passed, not a second before', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    const epoch = await postEpoch(contracts)
    const { completedAt } = await settlement.read.epoch([epoch])
    await networkHelpers.time.setNextBlockTimestamp(completedAt + WINDOW_SECONDS - 1n)
    await reverts(settlement.write.finalise([epoch]), settlement, 'EpochNotFinal', [epoch, EPOCH_STATUS.pending])
    assert.equal(await settlement.read.epochStatus([epoch]), EPOCH_STATUS.pending)
    await networkHelpers.time.setNextBlockTimestamp(completedAt + WINDOW_SECONDS)
    await emitWithArgs(settlement.write.finalise([epoch]), settlement, 'EpochFinalised', [epoch, 0n])
    assert.deepEqual(await token.getEvents.Transfer(), [], 'nothing is burnt and nothing minted')
    assert.equal(await settlement.read.epochStatus([epoch]), EPOCH_STATUS.finalised)
    assert.equal(await settlement.read.finalEpoch(), epoch)
  })

  it('burns the fees once, and only then', async () => {
    const contracts = await loadContracts()
    const { settlement, token, addresses } = contracts
    const supply = await token.read.totalSupply()
    const held = await token.read.balanceOf([addresses.settlement])
    const epoch = await postEpoch(contracts, { burnMicrocredits: 7n })
    assert.equal(await token.read.totalSupply(), supply)
    await passWindow()
    await settlement.write.finalise([epoch], { account: stranger.account })
    // Emission mints half of what is burnt, in whole microcredits.
    const lessWei = (7n - 3n) * WEI_PER_MICROCREDIT
    assert.equal(await token.read.totalSupply(), supply - lessWei)
    assert.equal(await token.read.balanceOf([addresses.settlement]), held - lessWei)
    await reverts(settlement.write.finalise([epoch]), settlement, 'EpochNotFinal', [epoch, EPOCH_STATUS.finalised])
  })

  it('goes from parent to child', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const parent = await postEpoch(contracts)
    const child = await postEpoch(contracts)
    await passWindow()
    await reverts(settlement.write.finalise([child]), settlement, 'ParentNotFinalised', [child, parent])
    await settlement.write.finalise([parent])
    await settlement.write.finalise([child])
    assert.equal(await settlement.read.finalEpoch(), child)
  })

  it('never reaches an epoch that is unknown or open', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await reverts(settlement.write.finalise([1n]), settlement, 'EpochNotFinal', [1n, EPOCH_STATUS.unknown])
    await settlement.write.postEpoch([
      await headerFor(contracts, { rows: [firstRow(1, 1n), firstRow(2, 1n)] }),
      encodeRows([firstRow(1, 1n)]),
    ])
    await passWindow()
    await reverts(settlement.write.finalise([1n]), settlement, 'EpochNotFinal', [1n, EPOCH_STATUS.open])
  })
})
