import { performance } from 'node:perf_hooks'
import {
  type Hex,
  type JournalLedger,
  jobOrderType,
  type LedgerCommand,
  nodeRegistrationType,
  type SignedJobOrder,
  type SignedUsageReceipt,
  usageReceiptType,
} from '@deparrow/ledger'
import { openBenchLedger, postgresStore } from './bench-ledger.ts'
import { BenchWallet } from './bench-wallet.ts'
import { closedLoop } from './closed-loop.ts'
import type { Figure } from './figure.ts'
import { benchOrder, benchReceipt } from './job-messages.ts'
import { deadline } from './transfers.ts'

const callerCount = 64

const jobCount = 12_000

type SignedJob = {
  readonly orderDigest: Hex
  readonly node: BenchWallet
  readonly order: SignedJobOrder
  readonly receipt: SignedUsageReceipt
}

/**
 * Whole jobs a second, each with an order and a receipt that the ledger checks itself: hold, assignment, receipt, and the settlement
 * that captures, mints, takes the fee and releases the rest. Each of 64 callers runs its jobs one after another on its own node.
 */
export async function settlementFigures(postgresUrl: string): Promise<readonly Figure[]> {
  const wallets = Array.from({ length: callerCount }, (_, index) => new BenchWallet(index))
  const nodes = Array.from({ length: callerCount }, (_, index) => new BenchWallet(10_000 + index))
  const jobs = makeJobs(wallets, nodes)
  const { store, remove } = await postgresStore(postgresUrl)
  try {
    const ledger = await openBenchLedger(store, wallets, 1_000_000_000n)
    await Promise.all(nodes.map(node => register(ledger, node)))
    const queues = wallets.map((_, caller) => jobs.filter((_job, index) => index % callerCount === caller))
    let next = 0
    const result = await closedLoop(callerCount, jobCount, () => runJob(ledger, queues[next++ % callerCount]?.shift()))
    const books = ledger.books()
    if (books.holds !== 0n) throw new Error('a hold was left open')
    await ledger.close()
    const { perSecond, ...rest } = result
    return [
      {
        name: 'settle_signed',
        value: perSecond,
        unit: 'jobs/s',
        ...rest,
        target: '≥ 2 000',
        isMet: perSecond >= 2_000,
      },
    ]
  } finally {
    await remove()
  }
}

async function register(ledger: JournalLedger, node: BenchWallet): Promise<void> {
  const message = { node: node.address, payoutWallet: node.address, nonce: 1n, deadline: deadline() }
  await accepted(ledger, { type: 'RegisterNode', registration: node.sign(nodeRegistrationType, message).signed })
}

async function runJob(ledger: JournalLedger, job: SignedJob | undefined): Promise<void> {
  if (job === undefined) throw new RangeError('there are fewer jobs than calls')
  const { orderDigest, node, order, receipt } = job
  await accepted(ledger, { type: 'OpenHold', order })
  await accepted(ledger, { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
  await accepted(ledger, { type: 'ReceiveReceipt', receipt })
  await accepted(ledger, { type: 'SettleJob', orderDigest })
}

async function accepted(ledger: JournalLedger, command: LedgerCommand): Promise<void> {
  const answer = await ledger.submit(command)
  if (answer.status !== 'accepted') throw new Error(`${command.type} was refused: ${answer.refusal.code}`)
}

function makeJobs(wallets: readonly BenchWallet[], nodes: readonly BenchWallet[]): readonly SignedJob[] {
  const until = deadline()
  const startedAtMs = BigInt(Math.floor(Date.now() - performance.now()))
  return Array.from({ length: jobCount }, (_, index) => {
    const wallet = wallets[index % callerCount] as BenchWallet
    const node = nodes[index % callerCount] as BenchWallet
    const order = benchOrder({ payer: wallet.address, deadline: until, nonce: wallet.nextNonce() })
    const { digest: orderDigest, signed: signedOrder } = wallet.sign(jobOrderType, order)
    const receipt = benchReceipt(orderDigest, node.address, node.nextNonce(), startedAtMs)
    return { orderDigest, node, order: signedOrder, receipt: node.sign(usageReceiptType, receipt).signed }
  })
}
