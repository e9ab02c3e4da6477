import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createPublicClient, type Hex, http } from 'viem'
import { LocalChainLockedError } from './errors.ts'
import { createFolder, NEVER_MS, openChain, readBlocks, signTransfer } from './test-chain.spec.fixture.ts'

const PROGRAM = fileURLToPath(new URL('chain-process.spec.fixture.js', import.meta.url))

async function spawnChain(t: TestContext, dataFolder: string, blockIntervalMs: number) {
  const child = spawn(process.execPath, [PROGRAM, dataFolder, String(blockIntervalMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [rpcUrl] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, client: createPublicClient({ transport: http(rpcUrl), pollingInterval: 5 }) }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

test('a process killed right after it answered has lost no transaction', async t => {
  const dataFolder = createFolder(t)
  const signed = await Promise.all([0, 1, 2, 3, 4].map(nonce => signTransfer(nonce)))
  const { child, client } = await spawnChain(t, dataFolder, 1_000)
  const hashes: Hex[] = []
  for (const serializedTransaction of signed) hashes.push(await client.sendRawTransaction({ serializedTransaction }))
  await kill(child)

  const chain = await openChain(t, { dataFolder, clock: { nowMs: () => Date.now() } })
  assert.deepEqual(
    (await readBlocks(chain)).flatMap(block => block.transactions),
    hashes,
  )
})

test('a process killed right after a block was read comes back with that block', async t => {
  const dataFolder = createFolder(t)
  const { child, client } = await spawnChain(t, dataFolder, 20)
  for (const nonce of [0, 1, 2]) {
    const hash = await client.sendRawTransaction({ serializedTransaction: await signTransfer(nonce) })
    await client.waitForTransactionReceipt({ hash })
  }
  const block = await client.getBlock()
  await kill(child)

  const chain = await openChain(t, { dataFolder, blockIntervalMs: NEVER_MS })
  const replayed = (await readBlocks(chain))[Number(block.number)]
  assert.deepEqual([replayed?.hash, replayed?.stateRoot], [block.hash, block.stateRoot])
})

test('is refused a folder that another process uses, and told which; the kill frees the folder', async t => {
  const dataFolder = createFolder(t)
  const { child } = await spawnChain(t, dataFolder, 1_000)
  await assert.rejects(openChain(t, { dataFolder }), (error: LocalChainLockedError) => {
    assert.ok(error instanceof LocalChainLockedError)
    assert.equal(error.pid, child.pid)
    assert.match(error.message, /choose another data folder/)
    return true
  })
  await kill(child)
  const chain = await openChain(t, { dataFolder })
  assert.equal(chain.chainId, 31337)
})
