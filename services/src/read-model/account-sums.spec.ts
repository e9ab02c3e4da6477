import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AccountName, StoreDamagedError } from '@deparrow/ledger'
import { AccountSums } from './account-sums.ts'

function add(sums: AccountSums, account: string, amount: number): void {
  const bytes = Buffer.from(`"${account}"`)
  sums.add(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 1, bytes.length - 1, amount)
}

function balancesIn(sums: AccountSums): Map<AccountName, bigint> {
  const balances = new Map<AccountName, bigint>()
  sums.addTo(balances)
  return balances
}

const wallet = (number: number) => `wallet:0x${number.toString(16).padStart(40, '0')}`

const hold = (number: number) => `hold:0x${number.toString(16).padStart(64, '0')}`

describe('sums by account', () => {
  it('are exact for more accounts than there was room at the beginning', () => {
    const sums = new AccountSums()
    const count = 80_000
    for (let round = 1; round <= 3; round++) {
      for (let number = 0; number < count; number++) {
        add(sums, wallet(number), number * round)
        if (number % 2 === 0) add(sums, hold(number), -round)
      }
    }
    const balances = balancesIn(sums)
    assert.equal(balances.size, count * 1.5)
    for (let number = 0; number < count; number++) {
      assert.equal(balances.get(wallet(number) as AccountName), BigInt(number * 6))
      if (number % 2 === 0) assert.equal(balances.get(hold(number) as AccountName), -6n)
    }
  })

  it('tell apart names that differ in one byte, or begin alike', () => {
    const sums = new AccountSums()
    const names = [
      'burn',
      'reserve',
      'rewards',
      'treasury',
      'clearing:1',
      'clearing:10',
      wallet(1),
      wallet(2),
      `payable${wallet(1).slice(6)}`,
    ]
    names.forEach((name, index) => {
      add(sums, name, index + 1)
    })
    assert.deepEqual(balancesIn(sums), new Map(names.map((name, index) => [name, BigInt(index + 1)])))
  })

  it('add to what is there', () => {
    const sums = new AccountSums()
    add(sums, 'burn', 5)
    const balances = new Map<AccountName, bigint>([['burn', 2n]])
    sums.addTo(balances)
    assert.deepEqual([...balances], [['burn', 7n]])
  })

  for (const account of [
    '',
    'Burn',
    'wallet:0x',
    `${wallet(1)}0`,
    wallet(1).toUpperCase(),
    'hold:0x12',
    'clearing:-1',
    'burn\\n',
    'wallet:é',
  ]) {
    it(`are refused for ${JSON.stringify(account)}, which is no account`, () => {
      assert.throws(() => add(new AccountSums(), account, 1), StoreDamagedError)
    })
  }

  it('are refused beyond what a double holds exactly', () => {
    const sums = new AccountSums()
    add(sums, 'burn', Number.MAX_SAFE_INTEGER)
    assert.throws(() => add(sums, 'burn', 1), StoreDamagedError)
    add(sums, 'burn', -1)
    assert.deepEqual([...balancesIn(sums)], [['burn', BigInt(Number.MAX_SAFE_INTEGER - 1)]])
  })
})
