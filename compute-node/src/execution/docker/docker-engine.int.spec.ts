import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import Docker from 'dockerode'
import type { DockerJobRequest, JobLimits } from '../engine.ts'
import { defaultLimits, describeEngine, runJob, type Task } from '../testing/engine.behaviour.ts'
import { nodeLabel } from './container-options.ts'
import { defaultDockerHost, parseDockerHost } from './docker-address.ts'
import { DockerEngine } from './docker-engine.ts'

/** A real Docker Engine, and an image with a POSIX shell: `DEPARROW_REQUIRE_DOCKER=1` makes their absence a failure. */
const dockerHost = process.env['DOCKER_HOST'] ?? defaultDockerHost
const image = process.env['DEPARROW_TEST_IMAGE'] ?? 'busybox:latest'
const isRequired = process.env['DEPARROW_REQUIRE_DOCKER'] === '1'
const isGiven = process.env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock')

const nodeAddress = `0x${'00'.repeat(18)}7e57`

async function connect(): Promise<DockerEngine> {
  const engine = await DockerEngine.connect({ dockerHost, nodeAddress, pullTimeoutMs: 0 })
  assert.ok(engine, `no Docker Engine answers at ${dockerHost}`)
  return engine
}

function shell(
  script: string,
  limits: Partial<JobLimits> = {},
  rest: Partial<DockerJobRequest> = {},
): DockerJobRequest {
  const all = { ...defaultLimits, cpuMillisMax: 1000, ...limits }
  return { engine: 'docker', image, args: ['sh', '-c', script], env: {}, input: new Uint8Array(), limits: all, ...rest }
}

const scriptOf: Readonly<Record<Task, string>> = {
  'copy input to output': 'cat',
  'log "alive" and loop': 'echo alive >&2; while :; do :; done',
  loop: 'while :; do :; done',
  'exit with 3': 'exit 3',
  'flood output': 'yes',
  'flood log': 'yes >&2',
  'take memory without end': 'exec tail /dev/zero',
}

if (!isGiven && !isRequired) {
  it('Docker engine: set DOCKER_HOST and DEPARROW_TEST_IMAGE to run its tests', test => {
    test.skip('no Docker Engine is given')
  })
} else {
  describeEngine('the Docker engine as an engine', connect, (task, input, limits) =>
    shell(scriptOf[task], limits, { input }),
  )
  describe('the Docker engine', describeDockerEngine)
}

function describeDockerEngine(): void {
  const docker = new Docker(parseDockerHost(dockerHost))
  let engine: DockerEngine
  before(async () => {
    engine = await connect()
  })
  after(() => engine.close())

  const outputOf = async (script: string, rest: Partial<DockerJobRequest> = {}) => {
    const { end } = await runJob(engine, shell(script, {}, rest))
    assert.ok(end.outcome === 'completed', JSON.stringify({ ...end, usage: undefined }))
    return Buffer.from(end.output).toString()
  }
  const containers = () => docker.listContainers({ all: true, filters: { label: [`${nodeLabel}=${nodeAddress}`] } })

  it('refuses images that are not here and references that are none', async () => {
    for (const [reference, code] of [
      ['deparrow/no-such-image:1', 'IMAGE_NOT_AVAILABLE'],
      ['../containers/json?x', 'IMAGE_REFERENCE_INVALID'],
      ['', 'IMAGE_REFERENCE_INVALID'],
    ]) {
      const { end, startedCount } = await runJob(engine, shell('exit 0', {}, { image: reference ?? '' }))
      assert.ok(end.outcome === 'refused')
      assert.equal(end.code, code)
      assert.equal(startedCount, 0)
    }
  })

  it('reports a program that the image does not have as the job’s failure', async () => {
    const { end } = await runJob(engine, shell('', {}, { args: ['/no/such/program'] }))
    assert.ok(end.outcome === 'failed', end.outcome)
    assert.deepEqual([end.reason, end.exitCode], ['EXIT_CODE', 127])
  })

  it('refuses to start with less memory than a container needs', async () => {
    const { end } = await runJob(engine, shell('exit 0', { memoryBytesMax: 1_000_000 }))
    assert.ok(end.outcome === 'failed')
    assert.equal(end.reason, 'MEMORY_LIMIT')
  })

  it('gives the job its environment and an unprivileged user', async () => {
    assert.equal(await outputOf('echo $COLOUR; id -u', { env: { COLOUR: 'blue' } }), 'blue\n65534\n')
  })

  it('gives the job a read-only root and a small /tmp that runs nothing', async () => {
    const script = `
      touch /file 2>/dev/null || echo root is read-only
      echo 'echo ran' > /tmp/program; chmod 700 /tmp/program; /tmp/program 2>/dev/null || echo nothing runs in /tmp
      dd if=/dev/zero of=/tmp/file bs=1048576 count=100 2>/dev/null || echo /tmp is full`
    const { end } = await runJob(engine, shell(script, { memoryBytesMax: 128 * 1024 * 1024 }))
    assert.ok(end.outcome === 'completed', JSON.stringify({ ...end, usage: undefined }))
    assert.equal(Buffer.from(end.output).toString(), 'root is read-only\nnothing runs in /tmp\n/tmp is full\n')
  })

  it('gives the job no network and no capabilities', async () => {
    const output = await outputOf('cat /proc/net/route | wc -l; cat /proc/self/status')
    assert.match(output, /^[01]\n/)
    assert.match(output, /CapEff:\s0000000000000000/)
    assert.match(output, /NoNewPrivs:\s1/)
  })

  it('holds off a fork bomb', async () => {
    const script = 'i=0; while [ $i -lt 200 ]; do sleep 30 & i=$((i+1)); done; echo all'
    const { end } = await runJob(engine, shell(script, { wallMsMax: 10_000 }))
    assert.ok(end.outcome === 'failed', end.outcome)
    assert.equal(end.reason, 'EXIT_CODE')
  })

  it('reports processor time of at most the ordered share of the wall time', async () => {
    const half = { ...defaultLimits, cpuMillisMax: 500, wallMsMax: 1500 }
    const { end } = await runJob(engine, shell('while :; do :; done', {}, { limits: half }))
    assert.equal(end.outcome, 'timedOut')
    assert.ok(
      end.usage.cpuMs > 0 && end.usage.cpuMs <= end.usage.wallMs / 2,
      `${end.usage.cpuMs} of ${end.usage.wallMs}`,
    )
  })

  it('leaves no container behind', async () => {
    assert.deepEqual(await containers(), [])
  })

  it('removes what a killed node left behind, and nothing of other nodes', async () => {
    const create = (address: string) =>
      docker.createContainer({ Image: image, Cmd: ['sleep', '60'], Labels: { [nodeLabel]: address } })
    const left = await create(nodeAddress)
    const foreign = await create('0xf00d')
    await left.start()
    await (await connect()).close()
    assert.deepEqual(await containers(), [])
    assert.equal((await foreign.inspect()).State.Status, 'created')
    await foreign.remove({ force: true })
  })
}
