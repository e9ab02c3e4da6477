// Compiles the sample jobs with AssemblyScript. `--check` writes nothing and fails if a committed binary differs from its source.
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const folder = dirname(fileURLToPath(import.meta.url))
const jobs = ['renderer', 'text-statistics']

/** No garbage collector (a job ends soon), no abort import (a failed assertion traps), nothing but WASI from outside. */
const options = [
  '--optimizeLevel',
  '3',
  '--shrinkLevel',
  '0',
  '--converge',
  '--runtime',
  'stub',
  '--use',
  'abort=',
  '--noAssert',
]

async function compile(job) {
  const files = new Map()
  const source = `${job}/assembly/index.ts`
  const { error, stderr } = await asc.main([source, '--outFile', 'job.wasm', ...options], {
    readFile: (name, base) => readFile(join(folder, relative('.', join(base, name))), 'utf8').catch(() => null),
    writeFile: (name, content) => void files.set(name, content),
    listFiles: () => [],
  })
  const binary = files.get('job.wasm')
  if (error || binary === undefined) throw new Error(`${source} does not compile:\n${stderr}`, { cause: error })
  return Buffer.from(binary)
}

let differences = 0
for (const job of jobs) {
  const target = join(folder, job, `${job}.wasm`)
  const built = await compile(job)
  if (!process.argv.includes('--check')) {
    await writeFile(target, built)
    console.error(`${job}.wasm: ${built.length} bytes`)
  } else if (!built.equals(await readFile(target))) {
    console.error(`${job}.wasm is not what its source compiles to; run the build without --check`)
    differences += 1
  }
}
process.exitCode = differences === 0 ? 0 : 1
