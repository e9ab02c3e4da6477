import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const mainPath = fileURLToPath(new URL('./main.js', import.meta.url))

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>(resolve => {
    execFile(process.execPath, [mainPath, ...args], { env: environment, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

describe('a process of a role', () => {
  it('ends with exit code 2 and one message when its configuration cannot be used', async () => {
    const { code, stdout, stderr } = await run([], { DEPARROW_ROLE: 'relay', KAFKA_BROKERS: 'kafka:9092' })
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^ConfigError: STORE_URL is missing; set it to .*\n$/)
  })

  it('ends with exit code 2 when the command line cannot be read', async () => {
    for (const args of [['--dry-run'], ['--check', '--help']]) {
      const { code, stderr } = await run(args, { DEPARROW_ROLE: 'relay' })
      assert.equal(code, 2)
      assert.match(stderr, /^usage: /)
    }
  })

  it('ends with exit code 1 and one message, without a stack, when it cannot start', async () => {
    const environment = {
      DEPARROW_ROLE: 'ledger',
      STORE_URL: 'sqlite::memory:',
      INTERNAL_PORT: '0',
      INTERNAL_SECRET_FILE: '/nowhere/secret',
      LEDGER_KEY_FILE: '/nowhere/key',
      LEDGER_KEY_PASSWORD_FILE: '/nowhere/password',
      RPC_URL: 'http://127.0.0.1:9',
      SETTLEMENT_ADDRESS: `0x${'11'.repeat(20)}`,
    }
    const { code, stderr } = await run([], environment)
    assert.equal(code, 1)
    assert.equal(stderr, 'SecretFileError: There is no file /nowhere/secret.\n')
  })

  it('prints its configuration on request, without secrets, and starts nothing', async () => {
    const environment = {
      DEPARROW_ROLE: 'projector',
      STORE_URL: 'postgres://deparrow:hunter2@127.0.0.1:9/deparrow',
      READ_MODEL_URL: 'sqlite:read.sqlite',
    }
    const { code, stdout } = await run(['--check'], environment)
    assert.equal(code, 0)
    assert.match(stdout, /^storeUrl = postgres:\/\/127\.0\.0\.1:9\/deparrow$/m)
    assert.ok(!stdout.includes('hunter2'))
  })

  it('lists the variables of its role on request', async () => {
    const { code, stdout } = await run(['--help'], { DEPARROW_ROLE: 'relay' })
    assert.equal(code, 0)
    assert.match(stdout, /^KAFKA_BROKERS$/m)
    assert.doesNotMatch(stdout, /MESH_PORT/)
  })
})
