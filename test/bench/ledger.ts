import { type Figure, machine, table } from './ledger/figure.ts'
import { transferFigures } from './ledger/transfer-figures.ts'

const postgresUrl = process.env['POSTGRES_URL']
if (postgresUrl === undefined) {
  console.error('The bench needs PostgreSQL: npm run engines, then source .engines/env, or give POSTGRES_URL.')
  process.exit(2)
}

const figures: readonly Figure[] = [...(await transferFigures(postgresUrl))]

console.log(`machine: ${machine()}`)
console.log(table(figures))
if (process.argv.includes('--json')) console.log(JSON.stringify({ machine: machine(), figures }))
