import {
  bytesToHex,
  type Entry,
  entryNode,
  entryTree,
  type Hex,
  jobOrderType,
  type LedgerEvent,
  type Statement,
  type StatementAccount,
  statementValue,
  type Transfer,
  transferType,
} from '@deparrow/ledger'
import type { Actor } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { EpochArchive } from '@deparrow/sdk/disputes'
import { entriesOf, type Forged } from './watched-journal.spec.fixture.ts'
import { agents, type WatchedNetwork } from './watched-network.spec.fixture.ts'

const { alice, thief } = agents

/** A transfer out of alice's wallet, signed by whom we like, that credits whom we like. */
export function transferBy(
  network: WatchedNetwork,
  signer: Actor,
  fields: Partial<Transfer>,
  credited: Actor = thief,
): Forged {
  const message: Transfer = {
    from: alice.address,
    to: credited.address,
    amountMicrocredits: 3_000_000n,
    lane: 0,
    nonce: 9_000n,
    deadline: network.deadline,
    ...fields,
  }
  const { amountMicrocredits } = message
  return {
    type: 'CreditsTransferred',
    data: { transfer: network.sign(signer, transferType, message) },
    commandId: network.digest(transferType, message),
    entries:
      amountMicrocredits === 0n
        ? []
        : entriesOf(`wallet:${alice.address}`, `wallet:${credited.address}`, amountMicrocredits),
  }
}

/** A hold in alice's name for an order that the thief signed. */
export function holdBy(network: WatchedNetwork, signer: Actor): Forged {
  const { message } = alice.order({ nonce: 9_001n, maxPriceMicrocredits: 2_000_000n, deadline: network.deadline })
  const order = network.sign(signer, jobOrderType, message)
  const orderDigest = network.digest(jobOrderType, message)
  return {
    type: 'HoldOpened',
    data: { orderDigest, order, expiresAtMs: Number(network.deadline + BigInt(message.graceSeconds)) * 1_000 },
    commandId: orderDigest,
    entries: entriesOf(`wallet:${alice.address}`, `hold:${orderDigest}`, 2_000_000n),
  }
}

/** The thief's payout, out of alice's wallet. */
export function payoutToThief(amountMicrocredits: bigint, withdrawal: Forged['data']): Forged {
  return {
    type: 'PayoutScheduled',
    data: withdrawal,
    commandId: `0x${'77'.repeat(32)}`,
    entries: entriesOf(`wallet:${alice.address}`, `payable:${thief.address}`, amountMicrocredits),
  } as Forged
}

/** The same events, with the entries of the last one made other. */
export function withLastEntries(events: readonly LedgerEvent[], entries: readonly Entry[]): readonly LedgerEvent[] {
  const last = events.at(-1) as LedgerEvent
  return [...events.slice(0, -1), { ...last, entries }]
}

/** A poster that states an account without an entry of its journal. */
export function withoutEntry(archive: EpochArchive, account: StatementAccount, key: Hex): EpochArchive {
  return withEntries(archive, account, entries => entries.filter(entry => entry.key !== key))
}

/** A poster that states an entry under a key that means nothing. */
export function underOtherKey(archive: EpochArchive, account: StatementAccount, key: Hex): EpochArchive {
  const other: Hex = `0x${'0f'.repeat(32)}`
  return withEntries(archive, account, entries =>
    entries.map(entry => (entry.key === key ? { ...entry, key: other } : entry)),
  )
}

/** A poster that states a credit out of nothing, which nobody asks what allows it. */
export function withCredit(archive: EpochArchive, account: StatementAccount, creditMicrocredits: bigint): EpochArchive {
  const key: Hex = `0x${'0e'.repeat(32)}`
  return withEntries(archive, account, entries => [...entries, { key, creditMicrocredits, debitMicrocredits: 0n }])
}

function withEntries(
  archive: EpochArchive,
  account: StatementAccount,
  change: (entries: Statement['entries']) => Statement['entries'],
): EpochArchive {
  const own = archive.statement.bind(archive)
  return Object.assign(archive, {
    statement: (asked: StatementAccount): Statement | undefined => {
      const statement = own(asked)
      if (asked !== account || statement === undefined) return statement
      const entries = change(statement.entries)
      const sums = {
        creditMicrocredits: entries.reduce((sum, entry) => sum + entry.creditMicrocredits, 0n),
        debitMicrocredits: entries.reduce((sum, entry) => sum + entry.debitMicrocredits, 0n),
      }
      const tree = entryTree(entries.map(entry => ({ key: entry.key, value: statementValue(entry) })))
      const root = { root: bytesToHex(entryNode(ledgerCrypto, tree).hash), totalMicrocredits: statementValue(sums) }
      return { ...statement, ...sums, entries, tree, root }
    },
  })
}
