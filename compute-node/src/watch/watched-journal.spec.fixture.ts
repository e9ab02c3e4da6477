import type { Entry, LedgerEvent, LedgerEventData } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { type ClosedHeader, EpochArchive } from '@deparrow/sdk/disputes'

/** An event that nobody decided. */
export type Forged = LedgerEventData & { readonly entries: readonly Entry[]; readonly commandId: string }

/** An archive over events whose newest epoch is closed by this header. */
export function archiveOf(events: readonly LedgerEvent[], header: ClosedHeader, closedAtMs: number): EpochArchive {
  const archive = new EpochArchive(ledgerCrypto, { roots: 'own' })
  for (const event of events) archive.apply(event)
  archive.closeHere(header, closedAtMs)
  return archive
}

/** What the events burn; no epoch that became final burnt anything. */
export function burntIn(events: readonly LedgerEvent[]): bigint {
  const burns = events.flatMap(({ entries }) => entries.filter(({ account }) => account === 'burn'))
  return burns.reduce((sum, { amountMicrocredits }) => sum + amountMicrocredits, 0n)
}

/** Entries that move an amount from one account to another. */
export const entriesOf = (from: string, to: string, amountMicrocredits: bigint): readonly Entry[] =>
  [
    { account: from, amountMicrocredits: -amountMicrocredits },
    { account: to, amountMicrocredits },
  ] as readonly Entry[]
