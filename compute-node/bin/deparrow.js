#!/usr/bin/env node
/**
 * Starts the command on the Node.js that it was built for. A globally installed command runs on the system's Node.js, which may
 * be too old, so that this file uses nothing newer than Node.js 18. A node daemon gets a small young generation: it saves 35 MB
 * of resident memory.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const nodeMajorMin = 24
const smallYoungGeneration = '--max-semi-space-size=2'

const words = process.argv.slice(2)
const isNewEnough = Number(process.versions.node.split('.')[0]) >= nodeMajorMin
const isDaemon = words
  .filter(word => !word.startsWith('-'))
  .some((word, at, all) => word === 'node' && all[at + 1] === 'start')
const isTuned = process.execArgv.includes(smallYoungGeneration)

if (isNewEnough && (isTuned || !isDaemon)) {
  // Whoever read the output has seen enough, as in `deparrow job list | head`.
  process.stdout.on('error', error => process.exit(error.code === 'EPIPE' ? 0 : 70))
  const { runCommandLine } = await import('../dist/src/cli/run.js')
  await runCommandLine(process)
  // The command is done; whatever a library still holds open must not keep the process, but what was written must get out.
  process.stdout.write('', () => process.stderr.write('', () => process.exit()))
} else {
  startAgain(isNewEnough ? process.execPath : ownNode())
}

function ownNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json')
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
    return join(dirname(manifest), process.platform === 'win32' ? `${bin.node}.exe` : bin.node)
  } catch {
    process.stderr.write(
      `deparrow needs Node.js ${nodeMajorMin}; this is ${process.versions.node}. Install it and try again.\n`,
    )
    process.exit(2)
  }
}

function startAgain(executable) {
  const options = isDaemon && !isTuned ? [smallYoungGeneration] : []
  const argv = [...process.execArgv, ...options, fileURLToPath(import.meta.url), ...words]
  if (typeof process.execve === 'function') process.execve(executable, [executable, ...argv], process.env)
  const child = spawn(executable, argv, { stdio: 'inherit' })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', error => {
    process.stderr.write(`deparrow cannot start ${executable}: ${error.message}\n`)
    process.exitCode = 2
  })
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeAllListeners(name)
    if (signal === null) process.exitCode = code
    else process.kill(process.pid, signal)
  })
}
