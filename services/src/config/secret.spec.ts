import assert from 'node:assert/strict'
import { it } from 'node:test'
import { inspect } from 'node:util'
import { Secret } from './secret.ts'

it('a secret is printed by nothing', () => {
  const holder = { secret: new Secret('opensesame') }
  const printed = [String(holder.secret), JSON.stringify(holder), inspect(holder, { depth: 9, showHidden: true })]
  for (const text of [...printed, `${holder.secret}`]) assert.ok(!text.includes('opensesame'), text)
  assert.equal(holder.secret.reveal(), 'opensesame')
})

it('a secret is equal to its own text and to no other', () => {
  const secret = new Secret('opensesame')
  for (const text of ['', 'opensesam', 'opensesame ', 'Opensesame']) assert.equal(secret.equals(text), false)
  assert.equal(secret.equals('opensesame'), true)
})
