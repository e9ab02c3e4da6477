import type { JournalLedger, LedgerConfig } from '@deparrow/ledger'

/** What a journal must agree with to be continued. */
const identity = ['chainId', 'settlement', 'genesisHash', 'ledgerSigner', 'shard', 'shardCount'] as const

export type LedgerIdentity = Pick<LedgerConfig, (typeof identity)[number]>

/**
 * Opens an empty journal with its parameters, which are asked for only then, or checks that a journal in use is the expected one, as far as
 * that is told. Throws {@link OtherLedgerError} when it is not, and what the parameters' asking throws.
 */
export async function openLedger(
  ledger: Pick<JournalLedger, 'config' | 'submit'>,
  expected: Partial<LedgerIdentity>,
  parameters: () => Promise<LedgerConfig>,
): Promise<void> {
  const found = ledger.config()
  if (found === undefined) {
    await ledger.submit({ type: 'OpenLedger', config: await parameters() })
    return
  }
  const other = identity.find(field => expected[field] !== undefined && expected[field] !== found[field])
  if (other !== undefined) throw new OtherLedgerError(other)
}

/** Thrown when the journal was opened for another network than the one that is configured. */
export class OtherLedgerError extends Error {
  override readonly name = 'OtherLedgerError'
  constructor(field: string) {
    super(
      `The journal belongs to another network: its ${field} differs. Restore the data that belongs together, or start with an empty folder.`,
    )
  }
}
