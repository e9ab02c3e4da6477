import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { query } from './bench-ledger.ts'
import { closedLoop, type LoopResult } from './closed-loop.ts'
import { type Spread, seededRandom } from './transfers.ts'

const walletCount = 10_000

/** Moves one µcr in a transaction of its own; `id` is the transfer's key. */
type MoveCredits = (pool: pg.Pool, id: number, source: number, target: number) => Promise<unknown>

/**
 * The usual design: a transaction for each transfer, as an application writes it, with statements that lock both rows in their order, check,
 * move, and write the transfer down; from a pool with a connection for each caller.
 */
export const inStatements: MoveCredits = async (pool, id, source, target) => {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const values = [source, target]
    const lock = {
      name: 'lock',
      text: 'SELECT id, balance FROM account WHERE id IN ($1, $2) ORDER BY id FOR UPDATE',
      values,
    }
    const { rows } = await client.query<{ id: number; balance: string }>(lock)
    if (Number(rows.find(row => row.id === source)?.balance ?? 0) < 1) throw new Error(`account ${source} is empty`)
    await client.query({
      name: 'take',
      text: 'UPDATE account SET balance = balance - 1 WHERE id = $1',
      values: [source],
    })
    await client.query({
      name: 'give',
      text: 'UPDATE account SET balance = balance + 1 WHERE id = $1',
      values: [target],
    })
    const insert = 'INSERT INTO transfer VALUES ($1, $2, $3, 1, now())'
    await client.query({ name: 'write', text: insert, values: [id, source, target] })
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

/** The same in a function of the database: one round trip a transfer, which few applications go as far as. */
export const inOneFunction: MoveCredits = (pool, id, source, target) =>
  pool.query({ name: 'move', text: 'SELECT move_credits($1, $2, $3, 1)', values: [id, source, target] })

/** Transfers a second by N callers, between any two of 10 000 accounts, or all of them out of or into account 0. */
export async function usualDesign(
  url: string,
  move: MoveCredits,
  callerCount: number,
  callCount: number,
  spread: Spread,
): Promise<LoopResult> {
  const schema = `usual_${randomBytes(6).toString('hex')}`
  await query(url, `CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${setUp}`)
  const pool = new pg.Pool({ connectionString: url, max: callerCount, options: `-c search_path=${schema}` })
  const random = seededRandom(7)
  try {
    return await closedLoop(callerCount, callCount, index => {
      const other = 1 + Math.floor(random() * (walletCount - 1))
      const from = spread === 'hot' && index % 2 === 0 ? 0 : Math.floor(random() * (walletCount - 1))
      const to = spread === 'hot' && index % 2 === 1 ? 0 : other
      return move(pool, index, from, to === from ? to + 1 : to)
    })
  } finally {
    await pool.end()
    await query(url, `DROP SCHEMA ${schema} CASCADE`)
  }
}

const setUp = `
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
