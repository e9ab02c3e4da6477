import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type ComputeNodeProcess = {
  /** Process id of the running node; `undefined` while it is being started again. */
  pid(): number | undefined
  /** Ends the node and waits until it is gone. */
  stop(): Promise<void>
}

/** A node that ends by itself is started again after this; doubles with each end that comes within a minute, up to 8 s. */
const restartDelayMs = 250

const restartDelayMsMax = 8_000

const healthyAfterMs = 60_000

/** Runs `deparrow node start` as a process of its own, and again whenever it ends. What it prints goes to `node.log` in its folder. */
export function startComputeNode(
  gatewayUrl: string,
  dataFolder: string,
  report: (text: string) => void,
): ComputeNodeProcess {
  let child: ChildProcess | undefined
  let restart: NodeJS.Timeout | undefined
  let delayMs = restartDelayMs
  let isStopping = false

  const start = () => {
    const startedAtMs = performance.now()
    const log = openSync(join(dataFolder, 'node.log'), 'a')
    child = fork(commandPath(), ['--url', gatewayUrl, '--data', dataFolder, '--json', 'node', 'start'], {
      execArgv: [
        '--max-semi-space-size=2',
        '--optimize-for-size',
        '--import',
        import.meta.resolve('./exit-with-parent.js'),
      ],
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    child.once('exit', (code, signal) => {
      child = undefined
      if (isStopping) return
      if (performance.now() - startedAtMs > healthyAfterMs) delayMs = restartDelayMs
      report(`the compute node ended (${signal ?? `exit code ${code}`}); it is started again in ${delayMs} ms`)
      restart = setTimeout(start, delayMs)
      delayMs = Math.min(delayMs * 2, restartDelayMsMax)
    })
  }
  start()

  return {
    pid: () => child?.pid,
    async stop() {
      isStopping = true
      clearTimeout(restart)
      if (child === undefined) return
      const ended = new Promise(resolve => child?.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

function commandPath(): string {
  return fileURLToPath(new URL('../../../compute-node/bin/deparrow.js', import.meta.url))
}
