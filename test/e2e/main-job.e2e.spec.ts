import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Interface, verifyTypedData } from 'ethers'
import type { Outcome } from '../support/outcome.ts'
import { decodePng } from '../support/png.ts'
import { graphql, rpc } from '../support/rpc.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'

const weiPerMicrocredit = 10n ** 12n

describe('the main job', () => {
  const folder = temporaryFolder()
  let network: NetworkProcess
  let outcome: Outcome
  let graphqlUrl: string

  before(async () => {
    network = new NetworkProcess(folder.path)
    outcome = await network.outcome
    graphqlUrl = /GraphQL at (\S+)/.exec(await network.line(/GraphQL at/))?.[1] ?? ''
  })
  after(async () => {
    network.kill('SIGINT')
    await network.exit
    folder.remove()
  })

  it('completes two WebAssembly jobs', () => {
    assert.deepEqual(
      outcome.jobs.map(job => [job.engine, job.status, job.receipt.outcome]),
      [
        ['wasm', 'completed', 'completed'],
        ['wasm', 'completed', 'completed'],
      ],
    )
  })

  it('carries orders and receipts whose signers ethers recovers from the typed data alone', () => {
    for (const job of outcome.jobs) {
      for (const signed of [job.order, job.receipt]) {
        assert.equal(recover(signed), signed.signer)
        assert.equal((signed.typedData['domain'] as { chainId: string }).chainId, outcome.chain.chainId)
        assert.equal(
          (signed.typedData['domain'] as { verifyingContract: string }).verifyingContract.toLowerCase(),
          outcome.chain.settlement.toLowerCase(),
        )
      }
      assert.equal(job.receipt.signer, job.node.address)
      assert.equal((job.receipt.typedData['message'] as { orderDigest: string }).orderDigest, job.id)
    }
  })

  it('does not recover the signer from a receipt that was altered', () => {
    const [job] = outcome.jobs
    assert.ok(job)
    const typedData = structuredClone(job.receipt.typedData) as { message: { fuel: string } }
    typedData.message.fuel = String(BigInt(typedData.message.fuel) + 1n)
    assert.notEqual(recover({ typedData, signature: job.receipt.signature }), job.receipt.signer)
  })

  it('adds up: Σ earned + Σ fees = Σ captured, and every invariant holds', () => {
    const sum = (of: (job: Outcome['jobs'][number]) => string) =>
      outcome.jobs.reduce((total, job) => total + BigInt(of(job)), 0n)
    assert.equal(
      sum(job => job.earnedMicrocredits) + sum(job => job.feeMicrocredits),
      sum(job => job.capturedMicrocredits),
    )
    assert.ok(sum(job => job.earnedMicrocredits) > 0n)
    assert.deepEqual(outcome.invariants, { conservation: true, fullReserve: true, journalVerified: true })
  })

  it('keeps a reserve that equals everything owed, as GraphQL tells it', async () => {
    const books = await settledBooks(graphqlUrl)
    const amount = (name: string) => BigInt(books[name] as string)
    const owed = ['wallets', 'holds', 'payables', 'burn', 'treasury', 'rewards'].map(amount).reduce((a, b) => a + b)
    assert.equal(amount('reserve'), owed)
    assert.equal(amount('contractWei'), amount('reserve') * weiPerMicrocredit)
    assert.deepEqual([books['balanced'], books['fullReserve']], [true, true])
  })

  it('is found by the continuous audit to agree in journal, projections and chain, up to its last event', async () => {
    const figures = await auditFigures(graphqlUrl, found => {
      const reached = found('deparrow_audit_position')
      return reached.length === 3 && reached.every(position => position === found('deparrow_journal_position')[0])
    })
    assert.deepEqual(figures('deparrow_audit_mismatch'), [0, 0, 0])
    assert.deepEqual(figures('deparrow_audit_lag_events'), [0, 0, 0])
    const health = await fetch(new URL('/health/ready', graphqlUrl))
    assert.equal(((await health.json()) as { audit: boolean }).audit, true)
  })

  it('paid the node on chain what it earned, and what emission had added by then, which its transaction shows', async () => {
    const { claimTx, rpcUrl, token, claimedWei } = outcome.chain
    const receipt = await rpc<{ status: string; logs: { address: string; topics: string[]; data: string }[] }>(
      rpcUrl,
      'eth_getTransactionReceipt',
      [claimTx],
    )
    assert.equal(receipt.status, '0x1')
    const transfer = new Interface(['event Transfer(address indexed from, address indexed to, uint256 value)'])
    const log = receipt.logs.find(({ address }) => address.toLowerCase() === token.toLowerCase())
    const parsed = log === undefined ? null : transfer.parseLog(log)
    assert.deepEqual(
      [parsed?.args['from'], parsed?.args['to'], String(parsed?.args['value'])],
      [outcome.chain.settlement, outcome.jobs[0]?.node.payoutWallet, claimedWei],
    )
    const earned = outcome.jobs.reduce((total, job) => total + BigInt(job.earnedMicrocredits), 0n)
    const added = BigInt(claimedWei) / weiPerMicrocredit - earned
    assert.ok((await emissionSums(outcome)).includes(added), `${added} µcr beside what was earned`)
    assert.equal(BigInt(claimedWei) % weiPerMicrocredit, 0n)
  })

  it('leaves a transaction on chain for deposit and epoch', async () => {
    for (const hash of [outcome.chain.depositTx, outcome.chain.epochTx]) {
      const { status } = await rpc<{ status: string }>(outcome.chain.rpcUrl, 'eth_getTransactionReceipt', [hash])
      assert.equal(status, '0x1')
    }
  })

  it('rendered a picture of 1024 × 1024 with something on it', () => {
    const { width, height, pixels } = decodePng(readFileSync(outcome.jobs[0]?.outputPath ?? ''))
    assert.deepEqual([width, height], [1024, 1024])
    const colours = new Set<number>()
    for (let i = 0; i < pixels.length; i += 3) {
      colours.add(((pixels[i] ?? 0) << 16) | ((pixels[i + 1] ?? 0) << 8) | (pixels[i + 2] ?? 0))
    }
    assert.ok(colours.size > 1_000, `only ${colours.size} colours`)
  })

  it('counted lines, words and bytes as wc does', () => {
    const licence = fileURLToPath(new URL('../../../LICENSE', import.meta.url))
    const statistics = JSON.parse(readFileSync(outcome.jobs[1]?.outputPath ?? '', 'utf8')) as Record<string, number>
    const [lines, words, bytes] = spawnSync('wc', [licence], { encoding: 'utf8' })
      .stdout.trim()
      .split(/\s+/)
      .map(Number)
    assert.deepEqual([statistics['lines'], statistics['words'], statistics['bytes']], [lines, words, bytes])
  })

  it('writes every integer as a decimal string and every hash in full', () => {
    for (const value of [
      outcome.journal.position,
      outcome.journal.events,
      outcome.timingsMs.start,
      outcome.timingsMs.total,
    ]) {
      assert.match(value, /^\d+$/)
    }
    assert.match(outcome.journal.hash, /^0x[0-9a-f]{64}$/)
  })
})

describe('a second start', () => {
  it('continues from the same data, chain and journal, and buys two more jobs', async () => {
    const folder = temporaryFolder()
    try {
      const first = new NetworkProcess(folder.path, ['--once'])
      const before = await first.outcome
      assert.equal((await first.exit).code, 0)
      const second = new NetworkProcess(folder.path, ['--once'])
      const after = await second.outcome
      assert.equal((await second.exit).code, 0)
      assert.equal(after.chain.settlement, before.chain.settlement)
      assert.ok(BigInt(after.journal.position) > BigInt(before.journal.position))
      assert.deepEqual(
        after.jobs.map(job => job.node.address),
        before.jobs.map(job => job.node.address),
      )
      assert.deepEqual(after.invariants, { conservation: true, fullReserve: true, journalVerified: true })
    } finally {
      folder.remove()
    }
  })
})

type Figures = (name: string) => readonly number[]

/** The audit looks every few seconds. */
const auditTimeoutMs = 30_000

/** All figures as soon as they are as wanted; the values of one name, whatever its labels, in their order. */
async function auditFigures(graphqlUrl: string, isWanted: (figures: Figures) => boolean): Promise<Figures> {
  const patience = AbortSignal.timeout(auditTimeoutMs)
  for (;;) {
    const response = await fetch(new URL('/metrics', graphqlUrl), { signal: patience })
    const lines = (await response.text()).split('\n')
    const figures: Figures = name =>
      lines.filter(line => line.startsWith(name)).map(line => Number(line.slice(line.lastIndexOf(' ') + 1)))
    if (isWanted(figures)) return figures
    await wait(100, undefined, { signal: patience })
  }
}

/** What the only node had got from emission, in µcr, after each epoch that minted any; 0 before the first. */
async function emissionSums({ chain }: Outcome): Promise<readonly bigint[]> {
  const inbox = new Interface([
    'event InboxItemAppended(uint64 indexed index, uint8 kind, address indexed account, uint64 amountMicrocredits, uint64 totalMicrocredits, bytes32 detail)',
  ])
  const filter = { address: chain.settlement, fromBlock: '0x0', toBlock: 'latest' }
  const logs = await rpc<{ topics: string[]; data: string }[]>(chain.rpcUrl, 'eth_getLogs', [filter])
  const items = logs.flatMap(log => inbox.parseLog(log) ?? [])
  const emission = items.filter(item => item.args['kind'] === 3n).map(item => item.args['amountMicrocredits'] as bigint)
  const sums = [0n]
  for (const amount of emission) sums.push((sums.at(-1) ?? 0n) + amount)
  return sums
}

/** The books once the ledger has seen what the chain minted last, which takes it a moment. */
async function settledBooks(graphqlUrl: string): Promise<Record<string, string | boolean>> {
  for (let look = 0; ; look++) {
    const { network } = await graphql<{ network: { books: Record<string, string | boolean> } }>(
      graphqlUrl,
      '{ network { books { reserve wallets holds payables burn treasury rewards contractWei fullReserve balanced } } }',
    )
    const { books } = network
    if (
      look === 100 ||
      BigInt(books['contractWei'] as string) === BigInt(books['reserve'] as string) * weiPerMicrocredit
    )
      return books
    await wait(100)
  }
}

function recover({
  typedData,
  signature,
}: {
  typedData: Readonly<Record<string, unknown>>
  signature: string
}): string {
  const { EIP712Domain: _, ...types } = typedData['types'] as Record<string, { name: string; type: string }[]>
  return verifyTypedData(typedData['domain'] as object, types, typedData['message'] as object, signature)
}
