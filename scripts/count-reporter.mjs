import { appendFileSync } from 'node:fs'

/**
 * A reporter for Node's test runner that writes how many tests passed and failed as one line of JSON to the file named by
 * `DEPARROW_TEST_COUNTS`. Suites count through their tests; skipped tests count as skipped alone.
 */
export default async function countReporter(source) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.details?.type === 'suite') continue
    if (data.skip !== undefined || data.todo !== undefined) counts.skipped += 1
    else if (type === 'test:pass') counts.passed += 1
    else counts.failed += 1
  }
  appendFileSync(process.env.DEPARROW_TEST_COUNTS, `${JSON.stringify(counts)}\n`)
}
