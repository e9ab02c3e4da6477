import { once } from 'node:events'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { AgentWallet, type Job } from '@deparrow/sdk'
import { generatePrivateKey } from 'viem/accounts'
import { percentiles } from '../support/percentiles.ts'
import { residentMegabytes } from '../support/resident-memory.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'
import { smallestJob } from '../support/smallest-job.ts'

const jobCount = 200

const warmUpCount = 10

type Row = {
  readonly figure: string
  readonly unit: string
  readonly p50?: number
  readonly p95?: number
  readonly max: number
  readonly target: string
  readonly isMet: boolean | undefined
}

/** The whole path on one machine: start, main job, then small jobs one after another on a warm node, and memory at the end of each. */
async function bench(): Promise<readonly Row[]> {
  const folder = temporaryFolder()
  const network = new NetworkProcess(folder.path)
  try {
    const outcome = await network.outcome
    const nodePid = Number(/process (\d+)/.exec(await network.line(/A compute node starts as process/))?.[1])
    await wait(1_000)
    const memory = { network: residentMegabytes(network.pid) ?? 0, node: residentMegabytes(nodePid) ?? 0 }
    const gatewayUrl = /GraphQL at (http:\/\/[^/]+)/.exec(await network.line(/GraphQL at/))?.[1] ?? ''
    const jobs = await smallJobs(gatewayUrl)
    const between = (from: keyof Job, to: keyof Job) =>
      jobs.map(({ job }) => Date.parse(String(job[to])) - Date.parse(String(job[from])))
    return [
      single('process start → ready', 'ms', Number(outcome.timingsMs.start), 6_000),
      single('process start → DPC claimed', 'ms', Number(outcome.timingsMs.total), 15_000),
      series('submitted → running', between('submittedAt', 'startedAt'), 100),
      series('receipt → minted', between('receiptAt', 'settledAt'), 30),
      series(
        'client: submit → settled and followed',
        jobs.map(({ clientMs }) => clientMs),
      ),
      single('all-in-one process, resident after the main job', 'MB', memory.network, 350),
      single('node process, resident after the main job', 'MB', memory.node, 160),
      single('node process, resident after the small jobs', 'MB', residentMegabytes(nodePid) ?? 0, 160),
      series('baseline: bare worker thread runs the same module', await bareWorkers()),
      series('baseline: one durable SQLite commit', durableCommits(join(folder.path, 'baseline.sqlite'))),
    ]
  } finally {
    network.kill('SIGINT')
    await network.exit
    folder.remove()
  }
}

async function smallJobs(url: string): Promise<readonly { readonly job: Job; readonly clientMs: number }[]> {
  const wallet = await AgentWallet.connect({ url, privateKey: generatePrivateKey() })
  const credits = 10_000_000n
  expectOk(await wallet.fund({ amountMicrocredits: credits }))
  expectOk(await wallet.deposit(credits))
  const moduleCid = await wallet.storeContent(smallestJob)
  const results: { job: Job; clientMs: number }[] = []
  for (let count = 0; count < warmUpCount + jobCount; count++) {
    const startedAtMs = performance.now()
    const { job } = expectOk(await wallet.submitJob({ moduleCid, maxPriceMicrocredits: 1_000n, bidMicrocredits: 100n }))
    const ended = await wallet.followJob(job.id)
    if (ended.status !== 'completed') throw new Error(`job ${job.id} ended as ${ended.status}`)
    if (count >= warmUpCount) results.push({ job: ended, clientMs: performance.now() - startedAtMs })
  }
  return results
}

/** What a job costs without a network: a fresh worker thread that compiles and runs the module, until it has said so. */
async function bareWorkers(): Promise<readonly number[]> {
  const code = `
    const { workerData, parentPort } = require('node:worker_threads')
    const imports = { wasi_snapshot_preview1: { fd_write: () => 0 } }
    new WebAssembly.Instance(new WebAssembly.Module(workerData), imports).exports._start()
    parentPort.postMessage('done')`
  const times: number[] = []
  for (let count = 0; count < 20; count++) {
    const startedAtMs = performance.now()
    const worker = new Worker(code, { eval: true, workerData: smallestJob })
    await once(worker, 'message')
    times.push(performance.now() - startedAtMs)
    await worker.terminate()
  }
  return times
}

function durableCommits(path: string): readonly number[] {
  const database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal; pragma synchronous = full; create table row (value text)')
  const insert = database.prepare('insert into row values (?)')
  const times: number[] = []
  for (let count = 0; count < 200; count++) {
    const startedAtMs = performance.now()
    insert.run('x'.repeat(800))
    times.push(performance.now() - startedAtMs)
  }
  database.close()
  return times
}

function single(figure: string, unit: string, value: number, atMost: number): Row {
  return { figure, unit, max: value, target: `≤ ${atMost}`, isMet: value <= atMost }
}

function series(figure: string, values: readonly number[], p95AtMost?: number): Row {
  const { p50, p95, max } = percentiles(values)
  const target = p95AtMost === undefined ? '' : `p95 ≤ ${p95AtMost}`
  return { figure, unit: 'ms', p50, p95, max, target, isMet: p95AtMost === undefined ? undefined : p95 <= p95AtMost }
}

function expectOk<T extends { readonly ok: boolean }>(answer: T): Extract<T, { readonly ok: true }> {
  if (!answer.ok) throw new Error(JSON.stringify(answer))
  return answer as Extract<T, { readonly ok: true }>
}

function print(rows: readonly Row[]): void {
  const number = (value: number | undefined) => (value === undefined ? '' : value.toFixed(1)).padStart(9)
  console.log(
    `machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}`,
  )
  console.log(
    `method: a new network; its main job; then ${jobCount} small WebAssembly jobs one after another by one agent after ${warmUpCount}`,
  )
  console.log('        to warm up; times are those that the market recorded; resident memory from /proc\n')
  console.log(`${'figure'.padEnd(52)}${['p50', 'p95', 'max'].map(name => name.padStart(9)).join('')}  unit  target`)
  for (const { figure, unit, p50, p95, max, target, isMet } of rows) {
    const verdict = isMet === undefined ? '' : isMet ? `${target}: met` : `${target}: MISSED`
    console.log(`${figure.padEnd(52)}${number(p50)}${number(p95)}${number(max)}  ${unit.padEnd(4)}  ${verdict}`)
  }
}

const rows = await bench()
print(rows)
if (process.argv.includes('--json')) console.log(JSON.stringify({ figures: rows }))
process.exitCode = rows.some(({ isMet }) => isMet === false) ? 1 : 0
