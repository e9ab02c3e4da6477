import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rowsRoot } from '@deparrow/contracts/rows'
import { weiPerMicrocredit, zeroHash } from '@deparrow/ledger'
import { wholeLedger } from '@deparrow/ledger/testing'
import type { ChainEpoch, ChainRecord } from './chain-record.ts'
import { compareWithChain } from './compare-chain.ts'
import { JournalFacts, type Stated } from './journal-facts.ts'

const { events, stored } = wholeLedger()

const head = { position: events.length, hash: stored.at(-1)?.hash ?? zeroHash }

const facts = new JournalFacts()
for (const event of events) facts.see(event, zeroHash)

/** The chain with which the journal agrees. */
function chain(): ChainRecord {
  const [inbox, payees, finals, claims] = [facts.inbox, facts.payees, facts.finals, facts.claims].map(stripped)
  const came = facts.inbox.reduce((total, item) => total + item.amountMicrocredits, 0n)
  const burnt = facts.finals.reduce((total, item) => total + item.burnMicrocredits, 0n)
  const paid = facts.claims.reduce((total, item) => total + item.paidMicrocredits, 0n)
  return {
    chainId: facts.config?.chainId ?? 0,
    genesisHash: facts.config?.genesisHash ?? zeroHash,
    blockNumber: 99n,
    inbox: inbox as unknown as ChainRecord['inbox'],
    payees: payees as unknown as ChainRecord['payees'],
    finals: finals as unknown as ChainRecord['finals'],
    claims: claims as unknown as ChainRecord['claims'],
    epochs: facts.epochs.map(epochOnChain),
    contractWei: (came - burnt - paid) * weiPerMicrocredit,
  }
}

function stripped(list: readonly Stated<object>[]): readonly object[] {
  return list.map(({ position: _, ...fact }) => fact)
}

function epochOnChain({ rows, position: _, ...figures }: (typeof facts.epochs)[number]): ChainEpoch {
  const own = rows.map(({ id, ...row }) => ({ ...row, payeeId: id }))
  const parts = rows.length === 0 ? [] : [{ rowCount: rows.length, root: rowsRoot(own) }]
  const isCounted = !events.some(event => event.type === 'EpochCancelled' && event.data.epoch === figures.epoch)
  return { ...figures, isCounted, isFinal: true, parts }
}

function positionOf(type: string): number {
  return events.findIndex(event => event.type === type) + 1
}

function finding(changes: Partial<ChainRecord>) {
  return compareWithChain(facts, head, { ...chain(), ...changes }).finding
}

describe('a journal and its chain', () => {
  it('agree, and the contract holds exactly what it owes', () => {
    const { agreement } = compareWithChain(facts, head, chain())
    assert.deepEqual(agreement, {
      blockNumber: 99n,
      inboxItems: 6,
      claims: 1,
      epochsPosted: 2,
      epochsFinal: 1,
      surplusWei: 0n,
      pending: { inboxItems: 0, claims: 0, epochsFinal: 0 },
    })
  })

  it('agree while the chain is ahead, and when somebody gave the contract tokens', () => {
    const { inbox, contractWei } = chain()
    const more = [...inbox, { ...(inbox[0] ?? assert.fail()), index: 2 }]
    const came = (inbox[0]?.amountMicrocredits ?? 0n) * weiPerMicrocredit
    const { agreement } = compareWithChain(facts, head, {
      ...chain(),
      inbox: more,
      contractWei: contractWei + came + 5n,
    })
    assert.deepEqual([agreement?.pending.inboxItems, agreement?.surplusWei], [1, 5n])
  })

  it('are not of one another when chain or genesis differ', () => {
    assert.equal(finding({ chainId: 1 })?.position, 1)
    assert.equal(finding({ genesisHash: zeroHash })?.position, 1)
  })

  it('disagree at the deposit that the chain does not have, or has otherwise', () => {
    const { inbox } = chain()
    assert.equal(finding({ inbox: inbox.slice(0, 1) })?.position, facts.inbox[1]?.position)
    const first = inbox[0] ?? assert.fail()
    for (const other of [
      { amountMicrocredits: first.amountMicrocredits + 1n },
      { account: inbox[1]?.account ?? assert.fail() },
      { kind: 'genesisTreasury' as const },
      { place: { ...first.place, logIndex: 7 } },
      { place: { ...first.place, blockNumber: 7n } },
    ]) {
      const changed = finding({ inbox: [{ ...first, ...other }, ...inbox.slice(1)] })
      assert.deepEqual([changed?.position, changed?.type], [facts.inbox[0]?.position, 'InboxItemRecorded'])
    }
  })

  it('disagree at a payee, a burn and a claim that the chain has otherwise', () => {
    const { payees, finals, claims } = chain()
    assert.equal(finding({ payees: payees.slice(1) })?.position, positionOf('PayeeRegistered'))
    assert.equal(finding({ finals: finals.map(final => ({ ...final, burnMicrocredits: 1n })) })?.type, 'EpochFinalised')
    assert.equal(finding({ claims: [] })?.position, positionOf('PayoutClaimed'))
    assert.equal(finding({ claims: claims.map(claim => ({ ...claim, paidMicrocredits: 1n })) })?.type, 'PayoutClaimed')
  })

  it('disagree at an epoch whose figures or rows the chain has otherwise', () => {
    const { epochs } = chain()
    const [first, ...rest] = epochs as [ChainEpoch, ...ChainEpoch[]]
    for (const other of [
      { journalHash: zeroHash },
      { journalPosition: 1 },
      { leavesRoot: zeroHash },
      { leavesTotalMicrocredits: 1n },
      { burnMicrocredits: 1n },
      { inboxCut: 1 },
      { parent: 7 },
      { parts: [] },
      { parts: first.parts.map(part => ({ ...part, root: zeroHash })) },
      { parts: [...first.parts, { rowCount: 1, root: zeroHash }] },
    ]) {
      const changed = finding({ epochs: [{ ...first, ...other }, ...rest] })
      assert.deepEqual([changed?.position, changed?.type], [positionOf('EpochClosed'), 'EpochClosed'])
    }
  })

  it('agree while an epoch is not posted yet, and disagree when a final one does not count', () => {
    const { epochs } = chain()
    const [first, second] = epochs as [ChainEpoch, ChainEpoch]
    assert.equal(finding({ epochs: [first, { ...second, isCounted: false, journalHash: zeroHash }] }), undefined)
    const lost = finding({ epochs: [{ ...first, isCounted: false }, second] })
    assert.equal(lost?.position, positionOf('EpochFinalised'))
  })

  it('disagree where the journal takes an epoch back that counts on chain', () => {
    const epochs = chain().epochs.map(epoch => ({ ...epoch, isCounted: true }))
    const { position, type } = finding({ epochs }) ?? assert.fail()
    assert.deepEqual([position, type], [positionOf('EpochCancelled'), 'EpochCancelled'])
  })

  it('are compared by the newest books of a number that was given out again', () => {
    const again = new JournalFacts()
    const [closed] = events.filter(event => event.type === 'EpochClosed')
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
    const data = { epoch: 1, lastEpoch: 0, headEpoch: 0, place, journalPosition: 1 }
    assert.ok(closed)
    again.see({ ...closed, data: { ...closed.data, journalPosition: 1 } }, zeroHash)
    again.see({ ...closed, type: 'EpochCancelled', data }, zeroHash)
    again.see(closed, zeroHash)
    assert.deepEqual([again.epochs, again.cancelled], [[{ ...closed.data, position: closed.position }], []])
  })

  it('disagree after the end of a journal that was cut off before an epoch that is on chain', () => {
    const { epochs } = chain()
    const later = { ...(epochs.at(-1) ?? assert.fail()), epoch: 5, parent: 4, journalPosition: events.length + 40 }
    const cut = finding({ epochs: [...epochs, later] })
    assert.equal(cut?.position, events.length + 1)
    assert.match(cut?.problem ?? '', /epoch 5/)
  })

  it('disagree when the contract has less than came in and did not leave', () => {
    const { contractWei } = chain()
    assert.match(finding({ contractWei: contractWei - 1n })?.problem ?? '', /lacks 1 wei/)
  })

  it('disagree where the journal is wrong first', () => {
    const { inbox, claims } = chain()
    const both = finding({ inbox: inbox.slice(0, 1), claims: claims.slice(1) })
    assert.equal(both?.position, facts.inbox[1]?.position)
  })
})
