import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { graphql } from '../support/rpc.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'

type Books = Readonly<Record<'reserve' | 'wallets' | 'holds' | 'payables' | 'burn' | 'treasury' | 'rewards', string>>

type Job = {
  readonly id: string
  readonly status: string
  readonly settledAt: string | null
  readonly released: string | null
}

/** A line of progress that begins a step: seconds, two spaces, a sentence. Details are indented further. */
const stepLine = /^\s*\d+\.\d\d s {2}\S/

const nodeLine = /A compute node starts as process (\d+)/

describe('kill -9 at every step of the main job', { timeout: 3_600_000 }, () => {
  it('of the all-in-one process: the next start finds every credit and ends every job', {
    timeout: 1_800_000,
  }, async t => {
    for (const step of await stepsOfMainJob()) {
      await t.test(`at step ${step}`, () => inFolder(folder => killNetwork(folder, step)))
    }
  })

  it('of the compute node: it is started again and the jobs are paid', { timeout: 1_800_000 }, async t => {
    for (const step of await stepsOfMainJob()) {
      await t.test(`at step ${step}`, () => inFolder(folder => killNode(folder, step)))
    }
  })
})

/** The steps that an undisturbed run prints, from 1. */
async function stepsOfMainJob(): Promise<readonly number[]> {
  return inFolder(async folder => {
    const network = new NetworkProcess(folder, ['--once'])
    assert.equal((await network.exit).code, 0, network.stderr.join('\n'))
    const steps = network.stderr.filter(line => stepLine.test(line))
    assert.ok(steps.length >= 12, `the main job has only ${steps.length} steps`)
    return steps.map((_, index) => index + 1)
  })
}

async function killNetwork(dataFolder: string, step: number): Promise<void> {
  const killed = new NetworkProcess(dataFolder, ['--once'])
  await nthStep(killed, step)
  killed.kill('SIGKILL')
  const { signal, code } = await killed.exit
  assert.ok(signal === 'SIGKILL' || code === 0)
  const network = new NetworkProcess(dataFolder)
  await assertConsistent(network)
  network.kill('SIGINT')
  assert.equal((await network.exit).code, 0)
}

async function killNode(dataFolder: string, step: number): Promise<void> {
  const network = new NetworkProcess(dataFolder)
  const nodePid = network.line(nodeLine).then(line => Number(nodeLine.exec(line)?.[1]))
  await nthStep(network, step)
  process.kill(await nodePid, 'SIGKILL')
  await assertConsistent(network)
  network.kill('SIGINT')
  assert.equal((await network.exit).code, 0)
}

async function inFolder<T>(use: (dataFolder: string) => Promise<T>): Promise<T> {
  const folder = temporaryFolder()
  try {
    return await use(folder.path)
  } finally {
    folder.remove()
  }
}

/** The main job was paid, the auditor has followed every event, the books add up, and no job and no hold is left open. */
async function assertConsistent(network: NetworkProcess): Promise<void> {
  const outcome = await network.outcome
  assert.deepEqual(outcome.invariants, { conservation: true, fullReserve: true, journalVerified: true })
  const url = /GraphQL at (\S+)/.exec(await network.line(/GraphQL at/))?.[1] ?? ''
  const payer = outcome.jobs[0]?.order.signer
  const found = await graphql<{ network: { books: Books }; jobs: { jobs: readonly Job[] } }>(
    url,
    `query ($payer: Address!) {
       network { books { reserve wallets holds payables burn treasury rewards } }
       jobs(payer: $payer, first: 50) { jobs { id status settledAt released } }
     }`,
    { payer },
  )
  const { books } = found.network
  assert.equal(books.holds, '0', 'a hold is still open')
  const owed = [books.wallets, books.payables, books.burn, books.treasury, books.rewards].map(BigInt)
  assert.equal(
    BigInt(books.reserve),
    owed.reduce((a, b) => a + b),
  )
  assert.ok(found.jobs.jobs.length >= 2)
  for (const job of found.jobs.jobs) {
    assert.ok(['completed', 'failed', 'cancelled'].includes(job.status), `job ${job.id} is ${job.status}`)
  }
}

/** Resolves when the n-th step was printed; rejects when the network ends before. */
async function nthStep(network: NetworkProcess, step: number): Promise<void> {
  const printed = network.line(stepLine, step)
  const ended = network.exit.then(({ code }) => {
    const count = network.stderr.filter(line => stepLine.test(line)).length
    if (count < step) throw new Error(`the network ended (${code}) after ${count} steps:\n${network.stderr.join('\n')}`)
  })
  await Promise.race([printed, ended])
}
