import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { AgentWallet, Job, JobRequest } from '@deparrow/sdk'
import { accepted, gatewayUrlOf, newAgent } from '../support/agents.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'
import { usageCostMicrocredits } from '../support/usage-cost.ts'

/** A real Docker Engine, and an image with a POSIX shell: `DEPARROW_REQUIRE_DOCKER=1` makes their absence a failure. */
const image = process.env['DEPARROW_TEST_IMAGE'] ?? 'busybox:latest'
const isRequired = process.env['DEPARROW_REQUIRE_DOCKER'] === '1'
const isGiven = (process.env['DOCKER_HOST'] ?? '') !== '' || existsSync('/var/run/docker.sock')

const weiPerMicrocredit = 10n ** 12n
const holdMicrocredits = 1_000_000n
const limits = {
  memoryBytesMax: 64 * 2 ** 20,
  wallMsMax: 20_000,
  outputBytesMax: 2 ** 20,
  logBytesMax: 2 ** 16,
  cpuMillicoresMax: 1_000,
}

if (!isGiven && !isRequired) {
  it('Docker jobs: set DOCKER_HOST and DEPARROW_TEST_IMAGE to run their tests', test => {
    test.skip('no Docker Engine is given')
  })
} else {
  describe('a network with a Docker Engine', describeDockerJobs)
}

function describeDockerJobs(): void {
  const folder = temporaryFolder()
  let network: NetworkProcess
  let agent: AgentWallet

  before(async () => {
    network = new NetworkProcess(folder.path)
    const url = await gatewayUrlOf(network)
    await network.outcome
    agent = await newAgent(url, 10_000_000n)
  })
  after(async () => {
    await network.stop()
    folder.remove()
  })

  /** Buys a shell script and follows it until it is settled; checks what holds for every job, however it ended. */
  async function buy(script: string, request: Partial<JobRequest> = {}): Promise<Job> {
    const asked = { image, args: ['sh', '-c', script], limits, maxPriceMicrocredits: holdMicrocredits, ...request }
    const { job } = accepted(await agent.submitJob(asked as JobRequest))
    const ended = await agent.followJob(job.id)
    const { capturedMicrocredits: captured, earnedMicrocredits: earned, feeMicrocredits: fee } = ended
    assert.ok(captured !== null && earned !== null && fee !== null)
    assert.equal(captured, earned + fee)
    assert.equal(fee, (captured * 500n + 9_999n) / 10_000n, '5 %, rounded up')
    assert.equal(ended.releasedMicrocredits, holdMicrocredits - captured)
    return ended
  }

  async function assertPaidByUsage(job: Job): Promise<void> {
    const receipt = await agent.checkReceipt(job)
    const { least, most } = usageCostMicrocredits(receipt, { engine: 'docker', rates: agent.network.rates })
    const captured = job.capturedMicrocredits ?? 0n
    assert.ok(captured >= least && captured <= most, `${captured} of ${least} to ${most} µcr`)
  }

  /** Failed by its own fault, with no output, and paid for what it used. */
  async function assertFailed(job: Job, code: string): Promise<void> {
    assert.deepEqual([job.status, job.outcome, job.failure?.code], ['failed', 'failedByJob', code])
    assert.equal(job.outputCid, null)
    await assertPaidByUsage(job)
  }

  it('offers Docker jobs beside WebAssembly', async () => {
    const [node] = await agent.nodes()
    assert.deepEqual([...(node?.engines ?? [])].sort(), ['docker', 'wasm'])
  })

  it('runs a container, and its node is paid out on chain what the receipt is worth', async () => {
    const payee = (await agent.nodes())[0]?.payoutWallet
    assert.ok(payee)
    const dpcBefore = (await agent.chainBalance(payee)).dpcWei
    const input = new TextEncoder().encode('bytes in, bytes out\n'.repeat(1_000))
    const script = 'cat; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo "done as $NAME" >&2'
    const job = await buy(script, { input, env: { NAME: 'nobody' } })
    assert.deepEqual([job.engine, job.status, job.outcome], ['docker', 'completed', 'completed'])
    const { output, receipt } = await agent.fetchResult(job)
    assert.deepEqual(output, input)
    assert.equal(await agent.jobLog(job.id), 'done as nobody\n')
    assert.ok(receipt.cpuMs > 0n && receipt.cpuMs <= receipt.endedAtMs - receipt.startedAtMs, `${receipt.cpuMs} ms`)
    assert.ok(receipt.memoryBytesPeak > 0n && receipt.memoryBytesPeak <= BigInt(limits.memoryBytesMax))
    assert.equal(receipt.fuel, 0n)
    assert.ok((job.capturedMicrocredits ?? 0n) > 0n)
    await assertPaidByUsage(job)

    const earned = job.earnedMicrocredits ?? 0n
    while ((await agent.balance(payee)).availableMicrocredits > 0n) await wait(100)
    const owed = (await agent.balance(payee)).payableMicrocredits
    while (((await agent.claimable(payee))?.unclaimedMicrocredits ?? 0n) < owed) await wait(100)
    const claimed = accepted(await agent.claim({ for: payee }))
    // Beside it stands what emission has added by then.
    assert.ok(owed >= earned && claimed.paidMicrocredits >= owed, `${claimed.paidMicrocredits}, ${owed}, ${earned} µcr`)
    assert.equal((await agent.chainBalance(payee)).dpcWei, dpcBefore + claimed.paidMicrocredits * weiPerMicrocredit)
  })

  it('costs exactly the bid where one is made and the job completes', async () => {
    const job = await buy('echo cheap', { bidMicrocredits: 1_234n })
    assert.deepEqual([job.status, job.capturedMicrocredits], ['completed', 1_234n])
  })

  it('gives a job no network: one that needs it fails by its own fault', async () => {
    const job = await buy('nc -w 2 1.1.1.1 80 < /dev/null')
    await assertFailed(job, 'EXIT_CODE')
    assert.match(await agent.jobLog(job.id), /unreachable/i)
  })

  it('gives a job no disk to write to', async () => {
    const job = await buy('echo x > /evil')
    await assertFailed(job, 'EXIT_CODE')
    assert.match(await agent.jobLog(job.id), /Read-only file system/)
  })

  it('ends a job that takes more memory than it may', async () => {
    const job = await buy('exec tail /dev/zero')
    await assertFailed(job, 'MEMORY_LIMIT')
    assert.ok((await agent.checkReceipt(job)).memoryBytesPeak <= BigInt(limits.memoryBytesMax))
  })

  it('ends a job that floods its output, and one that runs too long', async () => {
    await assertFailed(await buy('yes'), 'OUTPUT_LIMIT')
    const slow = await buy('while :; do :; done', { limits: { ...limits, wallMsMax: 1_000 } })
    assert.deepEqual([slow.status, slow.outcome], ['failed', 'timedOut'])
    assert.ok((slow.capturedMicrocredits ?? 0n) > 0n)
    await assertPaidByUsage(slow)
  })

  it('takes nothing for an image that its node does not have', async () => {
    const job = await buy('exit 0', { image: 'deparrow/no-such-image:1' } as Partial<JobRequest>)
    assert.deepEqual([job.outcome, job.failure?.code], ['failedByNode', 'IMAGE_NOT_AVAILABLE'])
    assert.equal(job.capturedMicrocredits, 0n)
  })

  it('still runs containers after all of that, and the books are whole', async () => {
    assert.equal((await buy('echo alive')).status, 'completed')
    const { books } = (await newAgent(await gatewayUrlOf(network))).network
    assert.deepEqual([books.balanced, books.fullReserve, books.holds], [true, true, 0n])
  })
}
