import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { query } from './bench-ledger.ts'
import { closedLoop, type LoopResult } from './closed-loop.ts'
import { type Spread, seededRandom } from './transfers.ts'

/**
 * The usual design at its best: a PostgreSQL function that locks both rows in order, checks, moves and writes the transfer down, in
 * one round trip and one transaction a transfer, from a pool with a connection for each caller.
 */
export async function usualDesign(
  url: string,
  callerCount: number,
  callCount: number,
  spread: Spread,
): Promise<LoopResult> {
  const schema = `usual_${randomBytes(6).toString('hex')}`
  const walletCount = 10_000
  await query(url, `CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${setUp(walletCount)}`)
  const pool = new pg.Pool({ connectionString: url, max: callerCount, options: `-c search_path=${schema}` })
  const random = seededRandom(7)
  try {
    return await closedLoop(callerCount, callCount, index => {
      const other = 1 + Math.floor(random() * (walletCount - 1))
      const from = spread === 'hot' && index % 2 === 0 ? 0 : Math.floor(random() * (walletCount - 1))
      const to = spread === 'hot' && index % 2 === 1 ? 0 : other
      return pool.query({
        name: 'move',
        text: 'SELECT move_credits($1, $2, $3, 1)',
        values: [index, from, to === from ? to + 1 : to],
      })
    })
  } finally {
    await pool.end()
    await query(url, `DROP SCHEMA ${schema} CASCADE`)
  }
}

function setUp(walletCount: number): string {
  return `
    CREATE TABLE account (id INTEGER PRIMARY KEY, balance BIGINT NOT NULL CHECK (balance >= 0));
    CREATE TABLE transfer (id BIGINT PRIMARY KEY, payer INTEGER NOT NULL, payee INTEGER NOT NULL, amount BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL);
    INSERT INTO account SELECT id, 1000000 FROM generate_series(0, ${walletCount}) AS id;
    CREATE FUNCTION move_credits(command BIGINT, source INTEGER, target INTEGER, amount BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM 1 FROM account WHERE id IN (source, target) ORDER BY id FOR UPDATE;
      UPDATE account SET balance = balance - amount WHERE id = source;
      UPDATE account SET balance = balance + amount WHERE id = target;
      INSERT INTO transfer VALUES (command, source, target, amount, now());
    END $$;
    ANALYZE account;`
}
