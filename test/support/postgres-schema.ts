import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { Pool } from 'pg'

/** A PostgreSQL schema of its own for one test, with a connection that may do anything in it. */
export type TestSchema = { readonly name: string; readonly admin: Pool; remove(): Promise<void> }

/**
 * `POSTGRES_URL`, or `undefined` when tests against a real PostgreSQL are to be left out. Where engines are required
 * (`DEPARROW_REQUIRE_ENGINES=1`, as in CI) a missing address is a failing test.
 */
export function postgresUrl(): string | undefined {
  const url = process.env['POSTGRES_URL']
  if (url !== undefined && url !== '') return url
  it('PostgreSQL: set POSTGRES_URL to run its tests', test => {
    if (process.env['DEPARROW_REQUIRE_ENGINES'] === '1')
      throw new Error('engines are required and POSTGRES_URL is not set')
    test.skip('no PostgreSQL is given')
  })
  return undefined
}

export async function createSchema(url: string): Promise<TestSchema> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = new Pool({ connectionString: url, max: 1 })
  await admin.query(`CREATE SCHEMA ${name}`)
  return {
    name,
    admin,
    async remove() {
      await admin.query(`DROP SCHEMA ${name} CASCADE`)
      await admin.end()
    },
  }
}
