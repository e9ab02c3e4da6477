/** What the calls cost that everybody pays for, over and over. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, type Hash, pad, toHex } from 'viem'
import { encodeRows, type PayoutRow } from '../../rows/rows.ts'
import {
  alice,
  type Contracts,
  CREDIT_WEI,
  distribution,
  isCoverageRun,
  loadContracts,
  networkHelpers,
  publicClient,
  stranger,
} from '../support/chain.ts'
import { claimOf, headerFor, postFinalEpoch } from '../support/operator.ts'
import { FOREVER, randomNonce, signPermit, signReceive } from '../support/signatures.ts'

/** One transaction's worth of rows, as in `docs/settlement.md`: ids below 2^16, increments below 2^32, cumulatives below 2^40. */
const PAYEES = 4_096
const PAYEE_GAS_MAX = 700n
const FIRST_CLAIM_GAS_MAX = 80_000n
const CLAIM_GAS_MAX = 65_000n
const DEPOSIT_GAS_MAX = 120_000n

describe('gas', { skip: isCoverageRun }, () => {
  it('of a posting with 4 096 rows is at most 700 a payee, everything included', async t => {
    const contracts = await loadContracts()
    await registerMany(contracts, PAYEES)
    const previous = await postFinalEpoch(contracts, { parts: inParts(rowsOf(PAYEES, 0, 0)) })
    const gas = await gasOfPosting(contracts, rowsOf(PAYEES, Number(previous), 2 ** 40 - 2 ** 33))
    t.diagnostic(`${PAYEES} rows: ${gas} gas, ${gas / BigInt(PAYEES)} a payee`)
    assert.ok(gas <= PAYEE_GAS_MAX * BigInt(PAYEES), `${gas} gas`)
  })

  it('of a claim out of 4 096 rows is at most 80 000 the first time and 65 000 after that', async t => {
    const contracts = await loadContracts()
    await registerMany(contracts, PAYEES)
    const used: bigint[] = []
    let previous = 0
    for (const _ of ['first', 'second']) {
      const rows = rowsOf(PAYEES, previous, 0)
      previous = Number(await postFinalEpoch(contracts, { parts: [rows] }))
      const hash = await contracts.settlement.write.claim(claimOf(BigInt(previous), rows, PAYEES - 1), {
        account: stranger.account,
      })
      used.push(await gasOf(hash))
    }
    const [first = 0n, second = 0n] = used
    t.diagnostic(`first claim: ${first} gas; next claim: ${second} gas`)
    assert.ok(first <= FIRST_CLAIM_GAS_MAX, `${first} gas`)
    assert.ok(second <= CLAIM_GAS_MAX, `${second} gas`)
  })

  it('of a deposit by permit or authorisation is at most 120 000', async t => {
    const { settlement, addresses, token } = await loadContracts()
    const value = 3n * CREDIT_WEI
    const { account } = distribution
    await token.write.approve([addresses.settlement, 0n], { account: alice.account })
    const permit = await signPermit(distribution, addresses, { value, nonce: 0n })
    const byPermit = settlement.write.depositWithPermit([value, FOREVER, permit.v, permit.r, permit.s], { account })
    const permitGas = await gasOf(await byPermit)
    const nonce = randomNonce()
    const { v, r, s } = await signReceive(distribution, addresses, { value, nonce })
    const args = [account.address, value, 0n, FOREVER, nonce, v, r, s] as const
    const authorisationGas = await gasOf(await settlement.write.depositWithAuthorization(args))
    t.diagnostic(`deposit by permit: ${permitGas} gas; by authorisation: ${authorisationGas} gas`)
    for (const gas of [permitGas, authorisationGas]) assert.ok(gas <= DEPOSIT_GAS_MAX, `${gas} gas`)
  })
})

const gasOf = async (hash: Hash): Promise<bigint> => (await publicClient.getTransactionReceipt({ hash })).gasUsed

async function registerMany({ settlement }: Contracts, count: number): Promise<void> {
  const accounts = Array.from({ length: count - 3 }, (_, i): Address => pad(toHex(i + 1), { size: 20 }))
  for (let at = 0; at < accounts.length; at += 256)
    await settlement.write.registerPayees([accounts.slice(at, at + 256)])
}

/** Posts the rows and takes it back. */
async function gasOfPosting(contracts: Contracts, rows: PayoutRow[]): Promise<bigint> {
  const before = await networkHelpers.takeSnapshot()
  const header = await headerFor(contracts, { rows })
  const gas = await gasOf(await contracts.settlement.write.postEpoch([header, encodeRows(rows)]))
  await before.restore()
  return gas
}

const inParts = (rows: PayoutRow[]): PayoutRow[][] => [rows]

/** Each payee earns between one and a hundred credits, the same in each epoch. */
function rowsOf(count: number, previousEpoch: number, before: number): PayoutRow[] {
  return Array.from({ length: count }, (_, i) => {
    const incrementMicrocredits = 1_000_003n + 24_000n * BigInt(i)
    const earlier = previousEpoch === 0 ? 0n : before === 0 ? incrementMicrocredits : BigInt(before)
    return {
      payeeId: i + 1,
      incrementMicrocredits,
      cumulativeMicrocredits: earlier + incrementMicrocredits,
      previousEpoch,
    }
  })
}
