import {
  bytesToHex,
  type Hex,
  type Identified,
  type JournalLedger,
  type LedgerCommand,
  uintToBytes,
} from '@deparrow/ledger'
import type { SqliteEventStore } from '@deparrow/services'
import { openBenchLedger } from './ledger/bench-ledger.ts'
import { BenchWallet } from './ledger/bench-wallet.ts'
import { benchOrder, benchReceipt } from './ledger/job-messages.ts'
import { deadline, seededRandom } from './ledger/transfers.ts'

const walletCount = 10_000

const nodeCount = 64

const transfersPerRound = 1_024

/** With four events a job, a fifth of all events are those of jobs. */
const jobsPerRound = 64

/** A signature's length; the writer is told who signed, so nobody looks at it, and a rebuild never does. */
const unreadSignature: Hex = `0x${'5c'.repeat(65)}`

/**
 * Lets the real writer put a journal of transfers and settled jobs into a store, in batches as large as many callers make them. Only the
 * signatures are left out, which would take longer than everything else.
 */
export async function writeJournal(store: SqliteEventStore, eventCountMin: number): Promise<JournalLedger> {
  const wallets = Array.from({ length: walletCount }, (_, index) => new BenchWallet(index))
  const nodes = Array.from({ length: nodeCount }, (_, index) => new BenchWallet(walletCount + index))
  const ledger = await openBenchLedger(store, wallets, 10_000_000_000n)
  const until = deadline()
  const random = seededRandom(7)
  const ids = new Ids()
  const any = (from: readonly BenchWallet[]) => from[Math.floor(random() * from.length)] as BenchWallet
  await acceptAll(
    ledger,
    nodes.map(node => registration(ids, node, until)),
  )
  while (ledger.head().position < eventCountMin) {
    const transfers = Array.from({ length: transfersPerRound }, () => transfer(ids, any(wallets), any(wallets), until))
    const jobs = Array.from({ length: jobsPerRound }, (_, index) =>
      makeJob(ids, any(wallets), nodes[index % nodeCount] as BenchWallet, until),
    )
    await acceptAll(ledger, [...transfers.filter(command => command !== undefined), ...jobs.map(job => job.open)])
    await acceptAll(
      ledger,
      jobs.map(job => job.assign),
    )
    await acceptAll(
      ledger,
      jobs.map(job => job.receive),
    )
    await acceptAll(
      ledger,
      jobs.map(job => job.settle),
    )
  }
  return ledger
}

/** Ids that no command had before, as digests are. */
class Ids {
  private count = 0n

  next(): Hex {
    this.count += 1n
    return bytesToHex(uintToBytes(this.count, 32))
  }
}

function registration(ids: Ids, node: BenchWallet, until: bigint): Identified {
  const message = { node: node.address, payoutWallet: node.address, nonce: 1n, deadline: until }
  return identified(ids, { type: 'RegisterNode', registration: { message, signature: unreadSignature } }, node)
}

function transfer(ids: Ids, from: BenchWallet, to: BenchWallet, until: bigint): Identified | undefined {
  if (from === to) return undefined
  const message = {
    from: from.address,
    to: to.address,
    amountMicrocredits: 1n,
    lane: 0,
    nonce: from.nextNonce(),
    deadline: until,
  }
  return identified(ids, { type: 'TransferCredits', transfer: { message, signature: unreadSignature } }, from)
}

function makeJob(ids: Ids, wallet: BenchWallet, node: BenchWallet, until: bigint) {
  const order = benchOrder({ payer: wallet.address, deadline: until, nonce: wallet.nextNonce() })
  const open = identified(ids, { type: 'OpenHold', order: { message: order, signature: unreadSignature } }, wallet)
  const orderDigest = open.digest as Hex
  const startedAtMs = BigInt(Date.now())
  const receipt = benchReceipt(orderDigest, node.address, node.nextNonce(), startedAtMs)
  return {
    open,
    assign: { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 } as const,
    receive: identified(
      ids,
      { type: 'ReceiveReceipt', receipt: { message: receipt, signature: unreadSignature } },
      node,
    ),
    settle: { type: 'SettleJob', orderDigest } as const,
  }
}

function identified(ids: Ids, command: LedgerCommand, { address: signer }: BenchWallet): Identified {
  return { command, digest: ids.next(), signer, members: [] }
}

async function acceptAll(ledger: JournalLedger, commands: readonly (LedgerCommand | Identified)[]): Promise<void> {
  const answers = await Promise.all(commands.map(command => ledger.submit(command)))
  const refused = answers.find(answer => answer.status === 'refused')
  if (refused !== undefined) throw new Error(`a command was refused: ${refused.refusal.code}`)
}
