import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { flipBit, halve, raiseChainLogVersion, raiseSchemaVersion } from '../support/damage.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'
import { processesNaming, runRebuild, runStart, type StartEnd } from '../support/run-start.ts'

const parent = temporaryFolder()
const used = join(parent.path, 'used')

/** A folder that a network has used and closed: contracts, a deposit, a job. */
before(async () => {
  mkdirSync(parent.path)
  const network = new NetworkProcess(used)
  await network.line(/receipt is checked/)
  await network.stop()
})
after(() => parent.remove())

/** Refused with exit code 1 and this reason; said for a person, and nothing is left running. */
async function assertRefused(folder: string, reason: RegExp, args: readonly string[] = []): Promise<void> {
  const end = await runStart(['--port', '0', '--data', folder, ...args])
  assert.equal(end.code, 1, end.stderr)
  assert.match(end.stderr, reason)
  assertPlain(end)
  assert.deepEqual(processesNaming(folder), [])
}

function assertPlain({ stderr }: StartEnd): void {
  assert.doesNotMatch(stderr, /\n\s+at |node:internal|should not happen|\.js:\d/)
  assert.ok(stderr.length < 1_000, stderr)
}

/** A network starts in the folder and its node joins. */
async function assertUsable(folder: string): Promise<void> {
  const network = new NetworkProcess(folder)
  await network.line(/has joined/)
  await network.stop()
}

function copyOfUsed(name: string): string {
  const folder = join(parent.path, name)
  cpSync(used, folder, { recursive: true })
  return folder
}

describe('a command line', () => {
  it('that asks for help gets it on standard output, and nothing is begun', async () => {
    const end = await runStart(['--help'])
    assert.equal(end.code, 0)
    for (const option of ['--once', '--fresh', '--json', '--data', '--port', '--rpc-port', '--p2p-port']) {
      assert.match(end.stdout, new RegExp(`^ {2}${option}\\b`, 'm'))
    }
    assert.equal(end.stderr, '')
  })

  it('that cannot be read ends with 2, the mistake and the usage on standard error', async () => {
    const folder = join(parent.path, 'never-made')
    const end = await runStart(['--data', folder, '--force'])
    assert.equal(end.code, 2)
    assert.match(end.stderr, /--force/)
    assert.match(end.stderr, /npm start -- \[options\] \[FILE\]/)
    assert.equal(end.stdout, '')
    assert.doesNotMatch(end.stderr, /\n\s+at |\.js:\d/)
    assert.equal(existsSync(folder), false)
  })

  it('that names a text which cannot be read ends with 1 before anything is begun', async () => {
    const folder = join(parent.path, 'no-text')
    await assertRefused(folder, /The text file \/no\/such\.txt cannot be read: there is no such file/, ['/no/such.txt'])
    await assertRefused(folder, /cannot be read: it is a folder/, [parent.path])
    assert.equal(existsSync(folder), false)
  })
})

describe('a port that is in use', () => {
  let taken: Server
  let port: number
  before(async () => {
    taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    port = (taken.address() as { port: number }).port
  })
  after(() => taken.close())

  it('is named with what to do, whichever it is, and the folder is usable afterwards', async () => {
    const folder = join(parent.path, 'ports')
    const flags = [
      ['--rpc-port', 'the chain'],
      ['--p2p-port', 'libp2p'],
      ['--port', 'the gateway'],
    ] as const
    for (const [flag, what] of flags) {
      const reason = new RegExp(`^Port ${port} for ${what} is in use: end what listens there, .*${flag} \\(0`, 'm')
      await assertRefused(folder, reason, [flag, String(port)])
    }
    await assertUsable(folder)
  })
})

/** What is changed in a folder, how, and what is said about it. */
type Case = readonly [what: string, change: (folder: string) => void, reason: RegExp]

/** Two at a time: each case has a folder of its own. */
describe('a data folder', { concurrency: 2 }, () => {
  it('that is something else is refused and untouched, also with --fresh', async () => {
    const folder = join(parent.path, 'foreign')
    mkdirSync(folder)
    writeFileSync(join(folder, 'thesis.txt'), 'years of work')
    await assertRefused(folder, /holds something else than a network’s data; name another folder/)
    await assertRefused(folder, /holds something else than a network’s data/, ['--fresh'])
    assert.deepEqual(readdirSync(folder), ['thesis.txt'])
    assert.equal(readFileSync(join(folder, 'thesis.txt'), 'utf8'), 'years of work')
  })

  it('that a network is using is refused, also with --fresh, and that network goes on', async () => {
    const folder = join(parent.path, 'twice')
    const [one, other] = [new NetworkProcess(folder), new NetworkProcess(folder)]
    const loser = await Promise.race([one.exit.then(() => one), other.exit.then(() => other)])
    const winner = loser === one ? other : one
    assert.equal((await loser.exit).code, 1)
    assert.match(loser.stderr.join('\n'), /another network runs on it; end that one, or name another folder/)
    await winner.line(/GraphQL at/)
    const fresh = await runStart(['--port', '0', '--data', folder, '--fresh'])
    assert.equal(fresh.code, 1)
    assert.match(fresh.stderr, /another network runs on it/)
    await winner.line(/receipt is checked/)
    await winner.stop()
  })

  const newerThanThis: readonly Case[] = [
    ['layout', newerLayout, /written by a newer DEparrow \(layout 2, this one knows 1\)/],
    ['journal', newer('journal.sqlite', 'journal'), /newer DEparrow: its journal database has schema/],
    ['read model', newer('read-model.sqlite', 'read'), /newer DEparrow: its read database has schema/],
    ['market', newer('market.sqlite', 'market'), /newer DEparrow: its market database has schema/],
    ['chain', newerChain, /has version 2, this program reads up to version 1\. Run the newer program/],
  ]
  for (const [what, change, reason] of newerThanThis) {
    it(`that a newer version wrote is refused: its ${what}`, async () => {
      const folder = copyOfUsed(`newer-${what}`)
      change(folder)
      await assertRefused(folder, reason)
    })
  }

  const damaged: readonly Case[] = [
    ['marker', write('deparrow.json', '{"ver'), /its deparrow\.json is damaged; restore it from a backup/],
    ['chain, one bit of it', flip(join('chain', 'chain.log'), '"type":"tx"'), /Line \d+ of .*chain\.log is damaged/],
    [
      'journal, one bit of it',
      flip('journal.sqlite', '"kind":"deposit"'),
      /The journal in .* is damaged: the event at position \d+ was changed.*Restore the folder/,
    ],
    ['journal, half of it', half('journal.sqlite'), /journal\.sqlite is damaged/],
    ['market, half of it', half('market.sqlite'), /market\.sqlite is damaged/],
    ['agent’s key', write(join('keys', 'agent.json'), '{}'), /agent\.json/],
  ]
  for (const [what, change, reason] of damaged) {
    it(`that is damaged is refused: its ${what}`, async () => {
      const folder = copyOfUsed(`bad-${what.replaceAll(/\W/g, '-')}`)
      change(folder)
      await assertRefused(folder, reason)
    })
  }

  it('whose read model is damaged is refused with the command that builds it anew, and that does', async () => {
    const folder = copyOfUsed('cut-read-model')
    halve(join(folder, 'read-model.sqlite'))
    await assertRefused(
      folder,
      /read-model\.sqlite is damaged.*"npm run rebuild -- --data .*cut-read-model" builds it anew/,
    )
    const { code, stdout } = await runRebuild(['--data', folder])
    assert.equal(code, 0)
    assert.match(stdout, /^rebuilt from \d+ events/)
    await assertUsable(folder)
  })
})

describe('a network that is interrupted', () => {
  it('ends at once with 130, whatever its main job was waiting for', async () => {
    const folder = join(parent.path, 'interrupted')
    const network = new NetworkProcess(folder)
    await network.line(/connects with its own key/)
    network.kill('SIGINT')
    const startedAtMs = performance.now()
    assert.equal((await network.exit).code, 130)
    assert.ok(performance.now() - startedAtMs < 10_000)
    assert.deepEqual(processesNaming(folder), [])
  })
})

function newerLayout(folder: string): void {
  writeFileSync(join(folder, 'deparrow.json'), '{"version":2}\n')
}

function newerChain(folder: string): void {
  raiseChainLogVersion(join(folder, 'chain', 'chain.log'))
}

function newer(file: string, area: string) {
  return (folder: string) => raiseSchemaVersion(join(folder, file), area)
}

function flip(file: string, text: string) {
  return (folder: string) => flipBit(join(folder, file), text)
}

function half(file: string) {
  return (folder: string) => halve(join(folder, file))
}

function write(file: string, text: string) {
  return (folder: string) => writeFileSync(join(folder, file), text)
}
