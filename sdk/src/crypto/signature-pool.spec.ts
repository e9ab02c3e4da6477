import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type Hex, uintToBytes } from '@deparrow/ledger'
import { ledgerCrypto } from './ledger-crypto.ts'
import { signDigest } from './sign-digest.ts'
import { SignatureChecks, SignatureChecksClosedError, SignatureChecksFullError } from './signature-pool.ts'

const workerFile = new URL('./signature-worker.js', import.meta.url)

/** Pairs of which every third is no signature in one way or another, with what is to be found for each. */
function mixedPairs(count: number) {
  const hostile = ['0x', `0x${'00'.repeat(65)}`, `0x${'ff'.repeat(65)}`, '', `0x${'zz'.repeat(65)}`] as readonly Hex[]
  const digests = Array.from({ length: count }, (_, index) => ledgerCrypto.keccak256(uintToBytes(BigInt(index), 4)))
  const signatures = digests.map((digest, index) =>
    index % 3 === 2
      ? (hostile[index % hostile.length] as Hex)
      : signDigest(uintToBytes(BigInt(1 + (index % 7)), 32), digest),
  )
  const expected = digests.map((digest, index) => ledgerCrypto.recoverSigner(digest, signatures[index] as Hex))
  return { digests, signatures, expected }
}

/** A worker that ends by itself at the first batch, as `code` says. */
const failing = (code: string) => () =>
  new Worker(`require('node:worker_threads').parentPort.on('message', () => { ${code} })`, { eval: true })

describe('checking signatures on worker threads', () => {
  for (const threadCount of [1, 3]) {
    it(`gives each pair its signer, or nobody, with ${threadCount} thread(s)`, async () => {
      const checks = new SignatureChecks({ threadCount })
      const { digests, signatures, expected } = mixedPairs(700)
      assert.deepEqual(await checks.recoverMany(digests, signatures), expected)
      assert.equal(expected.filter(signer => signer === undefined).length, 233)
      await checks.close()
    })
  }

  it('leaves the digests of the caller as they are', async () => {
    const checks = new SignatureChecks()
    const { digests, signatures } = mixedPairs(3)
    const before = digests.map(digest => digest.slice())
    await checks.recoverMany(digests, signatures)
    assert.deepEqual(digests, before)
    await checks.close()
  })

  it('answers calls in their order, however long each takes', async () => {
    const checks = new SignatureChecks({ threadCount: 2 })
    const { digests, signatures, expected } = mixedPairs(300)
    const order: number[] = []
    const sizes = [300, 1, 150, 0, 2]
    await Promise.all(
      sizes.map(async (size, index) => {
        const found = await checks.recoverMany(digests.slice(0, size), signatures.slice(0, size))
        order.push(index)
        assert.deepEqual(found, expected.slice(0, size))
      }),
    )
    assert.deepEqual(order, [0, 1, 2, 3, 4])
    await checks.close()
  })

  it('finds nobody for a digest that is none', async () => {
    const checks = new SignatureChecks()
    const { digests, signatures } = mixedPairs(1)
    const wrong = [new Uint8Array(31), new Uint8Array(33), null as unknown as Uint8Array]
    const found = await checks.recoverMany(
      wrong,
      wrong.map(() => signatures[0] as Hex),
    )
    assert.deepEqual(found, [undefined, undefined, undefined])
    assert.notEqual((await checks.recoverMany(digests, signatures))[0], undefined)
    await checks.close()
  })

  it('refuses to be without a thread or without room', () => {
    for (const options of [{ threadCount: 0 }, { threadCount: Number.NaN }, { pairsMax: 0 }]) {
      assert.throws(() => new SignatureChecks(options), RangeError)
    }
  })

  it('refuses lists that do not pair', async () => {
    const checks = new SignatureChecks()
    await assert.rejects(checks.recoverMany([new Uint8Array(32)], []), RangeError)
    await checks.close()
  })

  it('refuses more than it has room for, and has room again when that is answered', async () => {
    const checks = new SignatureChecks({ pairsMax: 10 })
    const { digests, signatures, expected } = mixedPairs(10)
    const first = checks.recoverMany(digests, signatures)
    await assert.rejects(
      checks.recoverMany(digests.slice(0, 1), signatures.slice(0, 1)),
      (error: unknown) => error instanceof SignatureChecksFullError && error.name === 'SignatureChecksFullError',
    )
    assert.deepEqual(await first, expected)
    assert.deepEqual(await checks.recoverMany(digests, signatures), expected)
    await checks.close()
  })

  it('answers what is open before it closes, and refuses what comes after', async () => {
    const checks = new SignatureChecks()
    const { digests, signatures, expected } = mixedPairs(200)
    const open = checks.recoverMany(digests, signatures)
    const closing = checks.close()
    await assert.rejects(checks.recoverMany(digests, signatures), SignatureChecksClosedError)
    assert.deepEqual(await open, expected)
    await closing
    await checks.close()
  })
})

describe('a thread that ends', () => {
  const endings: readonly (readonly [string, () => Worker])[] = [
    ['throws', failing("throw new Error('broken')")],
    ['exits', failing('process.exit(1)')],
    ['cannot be loaded', () => new Worker(new URL('./no-such-worker.js', import.meta.url))],
    [
      'cannot be started',
      () => {
        throw new Error('no more threads')
      },
    ],
  ]
  for (const [name, createWorker] of endings) {
    it(`leaves nothing unanswered when it ${name}, each time`, async () => {
      let startedCount = 0
      const checks = new SignatureChecks({
        createWorker: () => {
          startedCount += 1
          return createWorker()
        },
      })
      const { digests, signatures, expected } = mixedPairs(300)
      for (let call = 0; call < 4; call++) assert.deepEqual(await checks.recoverMany(digests, signatures), expected)
      assert.equal(startedCount, 3)
      await checks.close()
    })
  }

  it('is replaced by one that works', async () => {
    let startedCount = 0
    const checks = new SignatureChecks({
      createWorker: () => {
        startedCount += 1
        return startedCount === 1 ? failing('process.exit(1)')() : new Worker(workerFile)
      },
    })
    const { digests, signatures, expected } = mixedPairs(40)
    for (let call = 0; call < 3; call++) assert.deepEqual(await checks.recoverMany(digests, signatures), expected)
    assert.equal(startedCount, 2)
    await checks.close()
  })
})

describe('the process around the pool', () => {
  it('ends by itself when every call is answered, though the pool is not closed', async () => {
    const entry = fileURLToPath(new URL('./crypto.js', import.meta.url))
    const code = `
      const { SignatureChecks, signDigest, addressOfPrivateKey } = await import(${JSON.stringify(entry)})
      const [key, digest] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
      const [found] = await new SignatureChecks().recoverMany([digest], [signDigest(key, digest)])
      console.log(found === addressOfPrivateKey(key))`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 20_000,
    })
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    const [exitCode] = await once(child, 'close')
    assert.deepEqual({ exitCode, output }, { exitCode: 0, output: 'true\n' })
  })
})
