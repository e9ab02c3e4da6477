import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Engine, JobEnd, JobLimits, JobRequest } from '../engine.ts'

/** What the suite asks a program to do; each engine brings its own programs. */
export type Task =
  | 'copy input to output'
  | 'log "alive" and loop'
  | 'loop'
  | 'exit with 3'
  | 'flood output'
  | 'flood log'
  | 'take memory without end'

export const defaultLimits: JobLimits = {
  memoryBytesMax: 32 * 1024 * 1024,
  wallMsMax: 20_000,
  outputBytesMax: 1_000_000,
  logBytesMax: 100_000,
}

export type RunRecord = { readonly end: JobEnd; readonly log: string; readonly startedCount: number }

/** Runs a job to its end and keeps what the engine reported on the way. `onLog` sees each piece as it comes. */
export async function runJob<Request extends JobRequest>(
  engine: Engine<Request>,
  request: Request,
  { signal = new AbortController().signal, onLog }: { signal?: AbortSignal; onLog?: () => void } = {},
): Promise<RunRecord> {
  const pieces: Uint8Array[] = []
  let startedCount = 0
  const end = await engine.run(request, {
    signal,
    onStarted: () => {
      startedCount += 1
    },
    onLog: chunk => {
      pieces.push(chunk)
      onLog?.()
    },
  })
  return { end, log: Buffer.concat(pieces).toString(), startedCount }
}

/** What every engine does, whatever runs the job. */
export function describeEngine<Request extends JobRequest>(
  name: string,
  createEngine: () => Promise<Engine<Request>>,
  requestFor: (task: Task, input: Uint8Array, limits: JobLimits) => Request,
): void {
  describe(name, () => {
    let engine: Engine<Request>
    before(async () => {
      engine = await createEngine()
    })
    after(() => engine.close())

    const request = (task: Task, limits: Partial<JobLimits> = {}, input = new Uint8Array()) =>
      requestFor(task, input, { ...defaultLimits, ...limits })

    it('hands standard input to the job and its standard output back', async () => {
      const input = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256)
      const { end, startedCount } = await runJob(engine, request('copy input to output', {}, input))
      assert.ok(end.outcome === 'completed', JSON.stringify(end.outcome))
      assert.deepEqual(Buffer.from(end.output), Buffer.from(input))
      assert.equal(end.usage.outputBytes, input.length)
      assert.equal(startedCount, 1)
    })

    it('reports an exit code other than 0 as the job’s failure', async () => {
      const { end } = await runJob(engine, request('exit with 3'))
      assert.ok(end.outcome === 'failed')
      assert.deepEqual([end.reason, end.exitCode], ['EXIT_CODE', 3])
    })

    it('ends a job at its wall-clock limit and never reports more than it used', async () => {
      const { end } = await runJob(engine, request('loop', { wallMsMax: 300 }))
      assert.equal(end.outcome, 'timedOut')
      assert.ok(end.usage.wallMs >= 290)
      assert.ok(end.usage.cpuMs <= end.usage.wallMs)
    })

    it('streams the log while the job runs, and cancels it when asked', async () => {
      const abort = new AbortController()
      const { end, log } = await runJob(engine, request('log "alive" and loop'), {
        signal: abort.signal,
        onLog: () => abort.abort(),
      })
      assert.equal(end.outcome, 'cancelled')
      assert.equal(log.trim(), 'alive')
      assert.equal(end.usage.logBytes, log.length)
    })

    it('does not start a job that is cancelled already', async () => {
      const { end, startedCount } = await runJob(engine, request('loop'), { signal: AbortSignal.abort() })
      assert.equal(end.outcome, 'cancelled')
      assert.equal(startedCount, 0)
      assert.equal(end.usage.cpuMs, 0)
    })

    it('stops a flood of output at its limit and hands back no more than that', async () => {
      const { end } = await runJob(engine, request('flood output', { outputBytesMax: 10_000 }))
      assert.ok(end.outcome === 'failed')
      assert.equal(end.reason, 'OUTPUT_LIMIT')
      assert.equal(end.output.length, 10_000)
      assert.equal(end.usage.outputBytes, 10_000)
    })

    it('stops a flood of log at its limit and passes no more than that on', async () => {
      const { end, log } = await runJob(engine, request('flood log', { logBytesMax: 10_000 }))
      assert.ok(end.outcome === 'failed')
      assert.equal(end.reason, 'LOG_LIMIT')
      assert.equal(log.length, 10_000)
      assert.equal(end.usage.logBytes, 10_000)
    })

    it('stops a job that takes memory without end', async () => {
      const { end } = await runJob(engine, request('take memory without end'))
      assert.ok(end.outcome === 'failed', JSON.stringify(end.outcome))
      assert.equal(end.reason, 'MEMORY_LIMIT')
      assert.ok(end.usage.memoryBytesPeak <= defaultLimits.memoryBytesMax)
    })

    it('runs jobs side by side', async () => {
      const inputs = [Buffer.from('one'), Buffer.from('two'), Buffer.from('three')]
      const runs = await Promise.all(inputs.map(input => runJob(engine, request('copy input to output', {}, input))))
      assert.deepEqual(
        runs.map(({ end }) => ('output' in end ? Buffer.from(end.output).toString() : end.outcome)),
        ['one', 'two', 'three'],
      )
    })

    it('cancels what still runs when it closes, closes twice without harm, and refuses jobs from then on', async () => {
      const closing = await createEngine()
      const { end } = await runJob(closing, request('log "alive" and loop'), { onLog: () => void closing.close() })
      assert.equal(end.outcome, 'cancelled')
      await closing.close()
      const refused = await runJob(closing, request('loop'))
      assert.ok(refused.end.outcome === 'refused')
      assert.equal(refused.end.code, 'ENGINE_CLOSED')
      assert.equal(refused.startedCount, 0)
    })
  })
}
