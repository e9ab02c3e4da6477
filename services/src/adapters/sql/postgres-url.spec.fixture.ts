import { it } from 'node:test'

/**
 * `POSTGRES_URL`, or `undefined` when the suites against a real PostgreSQL are to be left out. Where engines are required
 * (`DEPARROW_REQUIRE_ENGINES=1`, as in CI) a missing address is a failing test.
 */
export function postgresUrl(): string | undefined {
  const url = process.env['POSTGRES_URL']
  if (url !== undefined && url !== '') return url
  if (process.env['DEPARROW_REQUIRE_ENGINES'] === '1') {
    it('has the address of a PostgreSQL server in POSTGRES_URL', () => {
      throw new Error('DEPARROW_REQUIRE_ENGINES=1, but POSTGRES_URL is not set')
    })
  }
  return undefined
}
