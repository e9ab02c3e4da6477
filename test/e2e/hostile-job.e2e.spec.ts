import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type AgentWallet, type Job, type JobRequest } from '@deparrow/sdk'
import { accepted, gatewayUrlOf, newAgent } from '../support/agents.ts'
import { endlessLoop, flood, importing, memoryBomb, stackBomb } from '../support/hostile-modules.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'
import { smallestJob } from '../support/smallest-job.ts'
import { usageCostMicrocredits } from '../support/usage-cost.ts'
import { wasmModule } from '../support/wasm-module.ts'

/** What every hostile job may use; a core burns this fuel in about a second, and it costs 2 777 µcr. */
const limits = {
  fuelMax: 1_000_000_000n,
  memoryBytesMax: 64 * 2 ** 20,
  wallMsMax: 30_000,
  outputBytesMax: 2 ** 20,
  logBytesMax: 2 ** 16,
}
const holdMicrocredits = 1_000_000n
const folder = temporaryFolder()

let network: NetworkProcess
let agent: AgentWallet
let nodeProcess: string

before(async () => {
  network = new NetworkProcess(folder.path)
  agent = await newAgent(await gatewayUrlOf(network), 10_000_000n)
  nodeProcess = await network.line(/A compute node starts as process/)
})

after(async () => {
  await network.stop()
  folder.remove()
})

/** Buys a job and follows it until it is settled; checks what holds for every job, however it ended. */
async function buy(module: Uint8Array, request: Partial<JobRequest> = {}): Promise<Job> {
  const asked = { limits, maxPriceMicrocredits: holdMicrocredits, ...request, module } as JobRequest
  const before = await agent.balance()
  const { job } = accepted(await agent.submitJob(asked))
  const ended = await agent.followJob(job.id)
  const { capturedMicrocredits: captured, earnedMicrocredits: earned, feeMicrocredits: fee } = ended
  assert.ok(captured !== null && earned !== null && fee !== null)
  assert.equal(captured, earned + fee)
  assert.equal(captured + (ended.releasedMicrocredits ?? 0n), asked.maxPriceMicrocredits, 'the rest comes back')
  const after = await agent.balance()
  assert.equal(after.availableMicrocredits, before.availableMicrocredits - captured)
  assert.equal(after.heldMicrocredits, 0n)
  return ended
}

/** The job failed by its own fault, and its payer paid for what it used: min(bid, usage), cut to the hold. */
async function assertPaidByRule(job: Job, code: string): Promise<void> {
  assert.deepEqual([job.status, job.failure?.code, job.outputCid], ['failed', code, null])
  const receipt = await agent.checkReceipt(job)
  assert.equal(receipt.outputDigest, `0x${'00'.repeat(32)}`)
  assert.ok(receipt.fuel <= limits.fuelMax && receipt.memoryBytesPeak <= BigInt(limits.memoryBytesMax))
  const usage = usageCostMicrocredits(receipt, { engine: 'wasm', rates: agent.network.rates })
  const captured = job.capturedMicrocredits ?? 0n
  assert.ok(captured > 0n && captured <= usage.most && captured >= usage.least, `${captured} of ${usage.most} µcr`)
}

describe('a hostile job is stopped at its limit, paid by rule, and does its node no harm', () => {
  it('when it loops for ever', async () => {
    const job = await buy(endlessLoop)
    await assertPaidByRule(job, 'FUEL_EXHAUSTED')
    assert.equal((await agent.checkReceipt(job)).fuel, limits.fuelMax)
  })

  it('when it loops for ever and has more fuel than time', async () => {
    const job = await buy(endlessLoop, { limits: { ...limits, fuelMax: 10n ** 15n, wallMsMax: 400 } })
    assert.deepEqual([job.status, job.outcome, job.failure?.code], ['failed', 'timedOut', 'TIMED_OUT'])
    const receipt = await agent.checkReceipt(job)
    const ranMs = receipt.endedAtMs - receipt.startedAtMs
    assert.ok(ranMs >= 400n && ranMs < 2_000n, `${ranMs} ms`)
    const captured = job.capturedMicrocredits ?? 0n
    assert.ok(
      captured > 0n && captured <= usageCostMicrocredits(receipt, { engine: 'wasm', rates: agent.network.rates }).most,
    )
  })

  it('when it takes memory without end', async () => {
    const job = await buy(memoryBomb)
    await assertPaidByRule(job, 'MEMORY_LIMIT')
    assert.equal((await agent.checkReceipt(job)).memoryBytesPeak, BigInt(limits.memoryBytesMax))
  })

  it('when it calls itself for ever', async () => {
    const job = await buy(stackBomb, { priority: 2 })
    assert.deepEqual([job.status, job.failure?.code], ['failed', 'STACK_OVERFLOW'])
    assert.ok((await agent.checkReceipt(job)).fuel > 0n)
  })

  it('when it floods its output', async () => {
    await assertPaidByRule(await buy(flood(1), { limits: { ...limits, outputBytesMax: 32 * 2 ** 20 } }), 'OUTPUT_LIMIT')
  })

  it('when it floods its log, of which no more is kept than it may write', async () => {
    const job = await buy(flood(2), { limits: { ...limits, logBytesMax: 2 ** 18 } })
    assert.deepEqual([job.status, job.failure?.code], ['failed', 'LOG_LIMIT'])
    const log = await agent.jobLog(job.id, 2 ** 18)
    assert.ok(log.length > 0 && log.length <= 2 ** 18, `${log.length} bytes of log`)
  })

  it('when it starts with more memory than it may have, is ill-typed, or traps at once: next to nothing is paid', async () => {
    const small = await buy(memoryBomb, { limits: { ...limits, memoryBytesMax: 2 ** 15 } })
    assert.equal(small.failure?.code, 'MEMORY_LIMIT')
    const illTyped = await buy(wasmModule({ start: [0x6a] }))
    assert.equal(illTyped.failure?.code, 'MODULE_INVALID')
    const trap = await buy(wasmModule({ start: [0x00] }))
    assert.equal(trap.failure?.code, 'TRAP')
    for (const job of [small, illTyped, trap]) assert.ok((job.capturedMicrocredits ?? 1n) <= 1n)
  })
})

describe('a job that imports what is not granted', () => {
  it('does not run, costs nothing, and is told the name of the import', async () => {
    const imports = [
      ['env', 'exec'],
      ['wasi_snapshot_preview1', 'sock_open'],
      ['wasi_unstable', 'fd_write'],
    ] as const
    for (const [module, name] of imports) {
      const job = await buy(importing(module, name))
      assert.deepEqual([job.status, job.failure?.code], ['failed', 'IMPORT_NOT_GRANTED'])
      assert.match(job.failure?.message ?? '', new RegExp(`${module}.*${name}`))
      assert.equal(job.capturedMicrocredits, 0n)
    }
  })
})

describe('the price of a job that fails by its own fault', () => {
  it('is the bid where the usage costs more', async () => {
    const job = await buy(endlessLoop, { bidMicrocredits: 1_000n })
    assert.deepEqual([job.failure?.code, job.capturedMicrocredits], ['FUEL_EXHAUSTED', 1_000n])
  })

  it('is the usage where the bid is higher', async () => {
    await assertPaidByRule(await buy(endlessLoop, { bidMicrocredits: 900_000n }), 'FUEL_EXHAUSTED')
  })

  it('is the hold, and nothing comes back, where the usage costs more than that', async () => {
    const job = await buy(endlessLoop, { maxPriceMicrocredits: 500n })
    assert.deepEqual([job.capturedMicrocredits, job.releasedMicrocredits], [500n, 0n])
  })
})

describe('after all of that', () => {
  it('the same node process runs the next job', async () => {
    const job = await buy(smallestJob)
    assert.equal(job.status, 'completed')
    assert.equal(Buffer.from((await agent.fetchResult(job)).output).toString(), 'ok')
    const pid = Number(/process (\d+)/.exec(nodeProcess)?.[1])
    assert.equal(process.kill(pid, 0), true)
    assert.deepEqual(
      network.stderr.filter(line => /compute node ended/.test(line)),
      [],
    )
  })

  it('the journal verifies, the books balance, and the network’s own jobs were paid beside them', async () => {
    const outcome = await network.outcome
    assert.deepEqual(outcome.invariants, { conservation: true, fullReserve: true, journalVerified: true })
  })
})
