import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type Figure, machine, table } from './ledger/figure.ts'

/** Sections by name, each run in a process of its own, so that none pays for what another left in memory. */
const sections: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  transfers: async () => (await import('./ledger/transfer-figures.ts')).transferFigures(needed('POSTGRES_URL')),
  settlements: async () => (await import('./ledger/settlement-figures.ts')).settlementFigures(needed('POSTGRES_URL')),
  kafka: async () => (await import('./ledger/kafka-figures.ts')).kafkaFigures(needed('KAFKA_BROKERS')),
  rebuild: async () => (await import('./ledger/rebuild-figures.ts')).rebuildFigures(),
  verify: async () => (await import('./ledger/verify-figures.ts')).verifyFigures(),
  tree: async () => (await import('./ledger/tree-figures.ts')).treeFigures(),
  memory: async () => (await import('./ledger/memory-figure.ts')).memoryFigures(),
}

/** What `deploy/compose.yaml` gives to the ledger's Node.js: a nursery large enough for what a batch needs until it is written. */
const ledgerFlags = ['--max-semi-space-size=64']

const method = `method: transfers are a closed loop of N callers in the ledger's process, one command each, signed beforehand; the first tenth
        warms up. Each is answered when it is durable. usual: one PostgreSQL transaction a transfer that locks both rows, checks, moves
        and writes it down, a connection for each caller; usual_function: the same in one round trip, by a function of the database.
        raw: batches of events of a transfer's size appended, nothing decided. pg_open_10k: 10 000 calls a second whether or not the last were answered.
        settle_signed: 64 callers, each job with order and receipt verified by the ledger, four commands.
        memory_1m: resident, at rest, with 100 000 open holds and the tree of a closed epoch,
        with the flags of npm start; all others have ${ledgerFlags.join(' ')}, which trades memory for speed. All on one machine with the engines.`

function needed(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: npm run engines, then source .engines/env`)
  return value
}

async function runSection(name: string): Promise<readonly Figure[]> {
  const script = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, [...ledgerFlags, script, '--section', name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`section ${name} ended with ${String(code)}`)
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as readonly Figure[]
}

function chosenSections(): readonly string[] {
  const at = process.argv.indexOf('--only')
  const names = at === -1 ? Object.keys(sections) : (process.argv[at + 1] ?? '').split(',')
  const unknown = names.find(name => sections[name] === undefined)
  if (unknown === undefined) return names
  console.error(`There is no section ${unknown}: ${Object.keys(sections).join(', ')}`)
  process.exit(2)
}

const section = process.argv.indexOf('--section')
if (section === -1) {
  const figures: Figure[] = []
  for (const name of chosenSections()) {
    console.error(`bench: ${name}`)
    figures.push(...(await runSection(name)))
  }
  console.log(`machine: ${machine()}\n${method}\n\n${table(figures)}`)
  if (process.argv.includes('--json')) console.log(JSON.stringify({ machine: machine(), figures }))
} else {
  const name = process.argv[section + 1] ?? ''
  console.log(JSON.stringify(await sections[name]?.()))
}
