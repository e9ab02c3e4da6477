import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EventStore, hexToBytes, JournalLedger, ledgerConfigDefaults, zeroHash } from '@deparrow/ledger'
import { ledgerCrypto, signDigest } from '@deparrow/sdk/crypto'
import { SqliteEventStore } from '@deparrow/services'
import { PostgresEventStore } from '@deparrow/services/postgres'
import pg from 'pg'
import { BenchWallet, benchDomain } from './bench-wallet.ts'

export const benchShard = 'main'

export const ledgerWallet = new BenchWallet(999_999_937)

/** A store of its own, which is removed afterwards. */
export type BenchStore = { readonly store: EventStore; remove(): Promise<void> }

export async function sqliteStore(): Promise<BenchStore> {
  const folder = await mkdtemp(join(tmpdir(), 'deparrow-bench-'))
  const store = await SqliteEventStore.open(join(folder, 'journal.sqlite'))
  return {
    store,
    async remove() {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function postgresStore(url: string): Promise<BenchStore> {
  const schema = `bench_${randomBytes(6).toString('hex')}`
  await query(url, `CREATE SCHEMA ${schema}`)
  const store = await PostgresEventStore.open(url, { schema })
  return {
    store,
    async remove() {
      await store.close()
      await query(url, `DROP SCHEMA ${schema} CASCADE`)
    },
  }
}

export async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** The real ledger over a store, opened for the bench's chain, with each wallet funded. */
export async function openBenchLedger(
  store: EventStore,
  wallets: readonly BenchWallet[],
  amountMicrocredits = 1_000_000n,
): Promise<JournalLedger> {
  const key = ledgerWallet
  const ledger = await JournalLedger.open({
    store,
    shard: benchShard,
    crypto: ledgerCrypto,
    clock: { nowMs: () => Date.now() },
    signer: { address: key.address, sign: async digest => signDigest(key.privateKey(), hexToBytes(digest)) },
  })
  await ledger.submit({
    type: 'OpenLedger',
    config: {
      ...ledgerConfigDefaults,
      chainId: benchDomain.chainId,
      settlement: benchDomain.verifyingContract,
      genesisHash: zeroHash,
      ledgerSigner: key.address,
    },
  })
  const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
  await Promise.all(
    wallets.map(({ address: account }, index) =>
      ledger.submit({ type: 'RecordInboxItem', index, kind: 'deposit', account, amountMicrocredits, place }),
    ),
  )
  return ledger
}
