import { open } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import {
  type EventStore,
  formatExportEnd,
  formatExportedEvent,
  formatExportHeader,
  type Hex,
  type Identified,
  type JournalLedger,
  jobOrderType,
  type LedgerCommand,
  nodeRegistrationType,
  usageReceiptType,
  zeroHash,
} from '@deparrow/ledger'
import { InMemoryEventStore } from '@deparrow/ledger/testing'
import { benchShard, openBenchLedger } from '../ledger/bench-ledger.ts'
import { BenchWallet, benchDomain } from '../ledger/bench-wallet.ts'
import { benchOrder, benchReceipt } from '../ledger/job-messages.ts'
import { deadline, makeTransfers } from '../ledger/transfers.ts'

export type MadeJournal = {
  readonly eventCount: number
  /** Signed, decided, encoded and written to the file, events a second. */
  readonly eventsPerSecond: number
}

const walletCount = 1_000

const nodeCount = 64

/** One round: nine transfers to each whole job, as wallets of one network are thought to use it. */
const jobsPerRound = 64

const transfersPerJob = 9

/** Writes an export of a journal that the real ledger decided: mostly transfers, and whole jobs from order to settlement. */
export async function makeJournal(path: string, eventCountMin: number): Promise<MadeJournal> {
  const wallets = Array.from({ length: walletCount }, (_, index) => new BenchWallet(index))
  const nodes = Array.from({ length: nodeCount }, (_, index) => new BenchWallet(10_000 + index))
  const store = new InMemoryEventStore()
  const startedAt = performance.now()
  const ledger = await openBenchLedger(store, wallets, 1_000_000_000_000n)
  await Promise.all(nodes.map(node => accepted(ledger, registration(node))))
  for (let round = 0; ledger.head().position < eventCountMin; round++) await runRound(ledger, wallets, nodes, round)
  const eventCount = ledger.head().position
  await writeExport(path, store, eventCount)
  await ledger.close()
  return { eventCount, eventsPerSecond: Math.round((eventCount / (performance.now() - startedAt)) * 1_000) }
}

async function runRound(
  ledger: JournalLedger,
  wallets: readonly BenchWallet[],
  nodes: readonly BenchWallet[],
  round: number,
): Promise<void> {
  const transfers = makeTransfers(wallets, jobsPerRound * transfersPerJob, 'uniform')
  const jobs = Array.from({ length: jobsPerRound }, (_, index) =>
    makeJob(
      wallets[(round * jobsPerRound + index) % wallets.length] as BenchWallet,
      nodes[index % nodes.length] as BenchWallet,
    ),
  )
  await Promise.all([...transfers, ...jobs.map(job => job.order)].map(command => accepted(ledger, command)))
  await Promise.all(
    jobs.map(({ orderDigest, node }) =>
      accepted(ledger, { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 }),
    ),
  )
  await Promise.all(jobs.map(job => accepted(ledger, job.receipt)))
  await Promise.all(jobs.map(({ orderDigest }) => accepted(ledger, { type: 'SettleJob', orderDigest })))
}

function makeJob(wallet: BenchWallet, node: BenchWallet) {
  const order = benchOrder({ payer: wallet.address, deadline: deadline(), nonce: wallet.nextNonce() })
  const signedOrder = wallet.sign(jobOrderType, order)
  const startedAtMs = BigInt(Date.now())
  const receipt = benchReceipt(signedOrder.digest, node.address, node.nextNonce(), startedAtMs)
  const signedReceipt = node.sign(usageReceiptType, receipt)
  return {
    node,
    orderDigest: signedOrder.digest,
    order: identified({ type: 'OpenHold', order: signedOrder.signed }, signedOrder.digest, wallet),
    receipt: identified({ type: 'ReceiveReceipt', receipt: signedReceipt.signed }, signedReceipt.digest, node),
  }
}

function registration(node: BenchWallet): Identified {
  const message = { node: node.address, payoutWallet: node.address, nonce: 1n, deadline: deadline() }
  const { digest, signed } = node.sign(nodeRegistrationType, message)
  return identified({ type: 'RegisterNode', registration: signed }, digest, node)
}

function identified(command: LedgerCommand, digest: Hex, { address: signer }: BenchWallet): Identified {
  return { command, digest, signer, members: [] }
}

async function accepted(ledger: JournalLedger, command: LedgerCommand | Identified): Promise<void> {
  const answer = await ledger.submit(command)
  if (answer.status !== 'accepted') throw new Error(`a command was refused: ${answer.refusal.code}`)
}

async function writeExport(path: string, store: EventStore, eventCount: number): Promise<void> {
  const file = await open(path, 'w')
  try {
    const { chainId, verifyingContract: settlement } = benchDomain
    await file.write(
      formatExportHeader({ shard: benchShard, chainId, settlement, after: { position: 0, hash: zeroHash } }),
    )
    for (let position = 0; position < eventCount; ) {
      const page = await store.read(benchShard, position, 10_000)
      await file.write(page.map(formatExportedEvent).join(''))
      position += page.length
    }
    await file.write(formatExportEnd({ end: await store.head(benchShard), isComplete: true }))
  } finally {
    await file.close()
  }
}
