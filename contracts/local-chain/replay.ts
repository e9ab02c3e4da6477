import { type BlockMismatch, LocalChainDamagedError } from './errors.ts'
import { type Evm, latestBlock, type MinedBlock, mineBlock } from './evm.ts'
import type { BlockRecord, HeaderRecord, LogRecord } from './log-record.ts'

/** Where replay ended: the newest block, and how many accepted transactions came after the last block record. */
export type Replayed = { latest: MinedBlock; unminedCount: number }

/**
 * Brings a chain at its genesis block to the state that the log describes: sends the transactions, mines at the
 * logged times, and compares each block's hash, state root and transactions. What no block held yet is waiting in the
 * mempool again. Throws {@link LocalChainDamagedError} at the first difference.
 */
export async function replay(evm: Evm, header: HeaderRecord, records: readonly LogRecord[]): Promise<Replayed> {
  try {
    return await replayRecords(evm, records)
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    const client = await evm.request('web3_clientVersion', [])
    if (client === header.client) throw new LocalChainDamagedError(error.values)
    const hint = `The log was written by ${header.client}, this is ${client}: that may be why.`
    throw new LocalChainDamagedError({ ...error.values, hint })
  }
}

async function replayRecords(evm: Evm, records: readonly LogRecord[]): Promise<Replayed> {
  let latest = await latestBlock(evm)
  let unminedCount = 0
  for (const record of records) {
    if (record.type === 'tx') {
      await resend(evm, record.raw, latest.number + 1)
      unminedCount += 1
    } else if (record.type === 'block') {
      latest = await replayBlock(evm, record, latest)
      unminedCount = 0
    }
  }
  return { latest, unminedCount }
}

async function resend(evm: Evm, raw: string, blockNumber: number): Promise<void> {
  try {
    await evm.request('eth_sendRawTransaction', [raw])
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    throw new Mismatch({ blockNumber, what: 'transactions', expected: `${raw} to be accepted`, found })
  }
}

async function replayBlock(evm: Evm, record: BlockRecord, parent: MinedBlock): Promise<MinedBlock> {
  const blockNumber = record.number
  const compare = (what: string, expected: string | number, found: string | number) => {
    if (expected !== found) throw new Mismatch({ blockNumber, what, expected: `${expected}`, found: `${found}` })
  }
  compare('number', parent.number + 1, blockNumber)
  if (record.timestamp <= parent.timestamp) compare('time', `more than ${parent.timestamp}`, record.timestamp)
  const block = await mineBlock(evm, record.timestamp)
  compare('transactions', record.transactions.join(), block.transactions.join())
  compare('state root', record.stateRoot, block.stateRoot)
  compare('hash', record.hash, block.hash)
  return block
}

class Mismatch extends Error {
  override readonly name = 'Mismatch'
  constructor(readonly values: BlockMismatch) {
    super(values.what)
  }
}
