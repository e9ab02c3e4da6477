import { setTimeout } from 'node:timers/promises'
import {
  type AppendBatch,
  type AppendResult,
  bytesToHex,
  type EventStore,
  type Hex,
  type Identified,
  type JournalHead,
  JournalLedger,
  jobOrderType,
  type Lease,
  type LedgerCommand,
  ledgerConfigDefaults,
  type Message,
  type MessageType,
  transferType,
  typedDataDigest,
  uintToBytes,
  zeroHash,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { residentMegabytes } from '../../support/resident-memory.ts'
import { benchDomain } from './bench-wallet.ts'
import { benchOrder } from './job-messages.ts'

const accountCount = 1_000_000

const holdCount = 100_000

const batchSize = 1_000

/** Takes every batch and keeps nothing of it but the head: what is measured is the ledger, not a store. */
class ForgetfulStore implements EventStore {
  private end: JournalHead = { position: 0, hash: zeroHash }

  async acquire(): Promise<Lease> {
    return { leaseEpoch: 1, head: this.end }
  }

  async acquireExpired(): Promise<undefined> {
    return undefined
  }

  async renew(): Promise<boolean> {
    return true
  }

  async release(): Promise<void> {}

  async append({ events }: AppendBatch): Promise<AppendResult> {
    this.end = events.at(-1) ?? this.end
    return 'appended'
  }

  async head(): Promise<JournalHead> {
    return this.end
  }

  async read(): Promise<readonly []> {
    return []
  }

  async waitBeyond(): Promise<void> {}

  async close(): Promise<void> {}
}

let nowMs = Date.now()

const address = (index: number): Hex => bytesToHex(ledgerCrypto.keccak256(uintToBytes(BigInt(index), 8)).subarray(12))

const whale = address(0)

const anySignature: Hex = `0x${'11'.repeat(64)}1b`

/** A command whose signature is taken as checked, as one that comes from the checks ahead of the writer is. */
function identified(command: LedgerCommand, type: MessageType, message: Message, signer: Hex): Identified {
  return { command, digest: typedDataDigest(ledgerCrypto, benchDomain, type, message), signer, members: [] }
}

const deadline = () => BigInt(Math.floor(nowMs / 1_000) + 60)

function transfer(index: number): Identified {
  const message = {
    from: whale,
    to: address(index),
    amountMicrocredits: 1_000n,
    lane: 0,
    nonce: BigInt(index),
    deadline: deadline(),
  }
  const signed = { message, signature: anySignature }
  return identified({ type: 'TransferCredits', transfer: signed }, transferType, message, whale)
}

function hold(index: number): Identified {
  const payer = address(index)
  const message = benchOrder({ payer, maxPriceMicrocredits: 500n, deadline: deadline() + 86_400n, nonce: 1n })
  return identified({ type: 'OpenHold', order: { message, signature: anySignature } }, jobOrderType, message, payer)
}

async function submitAll(ledger: JournalLedger, count: number, make: (index: number) => Identified): Promise<void> {
  for (let first = 1; first <= count; first += batchSize) {
    const last = Math.min(count, first + batchSize - 1)
    const batch = Array.from({ length: last - first + 1 }, (_, offset) => ledger.submit(make(first + offset)))
    const refused = (await Promise.all(batch)).find(answer => answer.status === 'refused')
    if (refused !== undefined) throw new Error(`a command was refused: ${JSON.stringify(refused, String)}`)
  }
}

/** Resident memory once the process has rested: what V8 keeps committed under load it gives back within seconds. */
async function residentAtRest(): Promise<number> {
  for (let second = 0; second < 30; second++) {
    await setTimeout(1_000)
    if (second % 5 === 0) globalThis.gc?.()
  }
  return Math.round(residentMegabytes(process.pid) ?? 0)
}

const ledger = await JournalLedger.open({
  store: new ForgetfulStore(),
  shard: 'main',
  crypto: ledgerCrypto,
  clock: { nowMs: () => nowMs },
  signer: { address: whale, sign: async () => anySignature },
})
await ledger.submit({
  type: 'OpenLedger',
  config: {
    ...ledgerConfigDefaults,
    chainId: benchDomain.chainId,
    settlement: benchDomain.verifyingContract,
    genesisHash: zeroHash,
    ledgerSigner: whale,
  },
})
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
const funds = { index: 0, kind: 'deposit', account: whale, amountMicrocredits: 10n ** 12n, place } as const
await ledger.submit({ type: 'RecordInboxItem', ...funds })
await submitAll(ledger, accountCount, transfer)
nowMs += 3_600_000
await submitAll(ledger, holdCount, hold)
const withoutTree = await residentAtRest()
await ledger.submit({ type: 'CloseEpoch', epoch: 1 })
const withTree = await residentAtRest()
process.stdout.write(JSON.stringify({ withoutTree, withTree }))
