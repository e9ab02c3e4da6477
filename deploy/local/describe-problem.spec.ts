import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeployerNonceError, DeploymentMismatchError } from '@deparrow/contracts/deploy'
import { describeProblem } from './describe-problem.ts'
import { parseOptions } from './options.ts'

const deployer = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

test('a chain with the contracts of another version or ledger names the folder and how to start anew', () => {
  const parsed = parseOptions(['--data', 'earlier'])
  assert.ok(parsed.kind === 'options')
  for (const error of [
    new DeployerNonceError({ deployer, expectedNonce: 5, nonce: 6, missing: 'disputes' }),
    new DeploymentMismatchError({ address: deployer, what: 'the ledger signer', expected: '0x1', found: '0x2' }),
  ]) {
    const problem = describeProblem(error, parsed.options)
    assert.match(problem, /^The chain in the data folder earlier holds .* --fresh, or .* --data\.$/)
    assert.ok(problem.includes(error.message))
  }
})
