import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { checkImports } from './check-imports.ts'

const root = mkdtempSync(join(tmpdir(), 'import-rules-'))
after(() => rmSync(root, { recursive: true }))

function problemsOf(file: string, code: string): readonly string[] {
  const path = join(root, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, code)
  const problems = checkImports(root).violations.map(({ problem }) => problem)
  rmSync(path)
  return problems
}

describe('the import checker', () => {
  const refused: readonly (readonly [string, string, string, RegExp])[] = [
    ['a package in the ledger', 'ledger/src/a.ts', "import { z } from 'zod'", /depends on nothing/],
    ['a Node module in the ledger', 'ledger/src/a.ts', "import { readFileSync } from 'node:fs'", /depends on nothing/],
    ['a type from a package in the ledger', 'ledger/src/a.ts', "import type { Hex } from 'viem'", /depends on nothing/],
    ['a re-exported type in the ledger', 'ledger/src/a.ts', "export type { Hex } from 'viem'", /depends on nothing/],
    ['a dynamic import in the ledger', 'ledger/src/a.ts', "const z = await import('zod')", /depends on nothing/],
    ['a clock in the ledger', 'ledger/src/a.ts', 'export const now = () => Date.now()', /may not use Date/],
    ['chance in the ledger', 'ledger/src/a.ts', 'export const dice = () => Math.random()', /may not use Math.random/],
    [
      'the decider in the audit',
      'ledger/src/audit/a.ts',
      "import { decide } from '../journal/decide.ts'",
      /may not import/,
    ],
    ['services in the node', 'compute-node/src/a.ts', "import { x } from '@deparrow/services'", /may not import/],
    [
      'the node’s inside in the services',
      'services/src/a.ts',
      "import { x } from '@deparrow/compute-node'",
      /may not import/,
    ],
    ['the SDK in the services', 'services/src/a.ts', "import { x } from '@deparrow/sdk'", /may not import/],
    [
      'a neighbour of the SDK’s cryptography in the services',
      'services/src/a.ts',
      "import { x } from '@deparrow/sdk/crypto-other'",
      /may not import/,
    ],
    [
      'a neighbour of the SDK’s answers in the services',
      'services/src/a.ts',
      "import { x } from '@deparrow/sdk/disputes-other'",
      /may not import/,
    ],
    [
      'the SDK’s answers in the contracts',
      'contracts/test/a.ts',
      "import { x } from '@deparrow/sdk/disputes'",
      /may not import/,
    ],
    [
      'the SDK’s cryptography in the ledger',
      'ledger/src/a.ts',
      "import { x } from '@deparrow/sdk/crypto'",
      /may not import/,
    ],
    ['services in the SDK', 'sdk/src/a.ts', "import { x } from '@deparrow/services'", /may not import/],
    [
      'a path into another package',
      'sdk/src/a.ts',
      "import { x } from '../../ledger/src/index.ts'",
      /leaves the package/,
    ],
    ['a package that is not declared', 'sdk/src/a.ts', "import x from 'left-pad'", /not a dependency/],
  ]
  for (const [what, file, code, expected] of refused) {
    it(`refuses ${what}`, () => {
      const problems = problemsOf(file, code)
      assert.equal(problems.length, 1, `found ${JSON.stringify(problems)}`)
      assert.match(problems[0] ?? '', expected)
    })
  }

  it('lets protocol, cryptography and answers into the services, and a test of the ledger use libraries of its choice', () => {
    assert.deepEqual(problemsOf('services/src/a.ts', "import { x } from '@deparrow/sdk/crypto'"), [])
    assert.deepEqual(problemsOf('services/src/a.ts', "import { x } from '@deparrow/sdk/disputes'"), [])
    assert.deepEqual(problemsOf('services/src/a.ts', "import { x } from '@deparrow/compute-node/protocol'"), [])
    assert.deepEqual(problemsOf('ledger/src/a.spec.ts', "import { it } from 'node:test'"), [])
  })

  it('is not fooled by a comment', () => {
    assert.deepEqual(problemsOf('ledger/src/a.ts', "// import { z } from 'zod'\n/* Date.now() */ export {}"), [])
  })
})
