import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Address, type Hex, type Leaf, lowerHex, SumTree, zeroHash } from '@deparrow/ledger'
import { generatePrivateKey } from 'viem/accounts'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import { type Roots, startFakeGateway } from '../testing/fake-gateway.spec.fixture.ts'
import { AgentWallet } from './agent-wallet.ts'

const id = `0x${'12'.repeat(32)}` as Hex
const other = `0x${'cd'.repeat(20)}` as Address

async function connected(t: TestContext, roots: Roots) {
  const gateway = await startFakeGateway(roots)
  t.after(() => gateway.close())
  return AgentWallet.connect({ url: gateway.url, privateKey: generatePrivateKey() })
}

function leafOf(account: Address, availableMicrocredits: bigint): Leaf {
  return { account, availableMicrocredits, heldMicrocredits: 1n, nonces: [{ lane: 0, nonce: 3n }], receiptSequence: 0n }
}

const addressIn = (variables: Readonly<Record<string, unknown>>) => lowerHex(String(variables['address']) as Address)

/** What an honest gateway shows of an account in an epoch of two. */
function inclusionOf(account: Address, changes: object = {}) {
  const leaves = new Map([account, other].map(address => [address, leafOf(address, 5n)]))
  const tree = new SumTree(ledgerCrypto)
  for (const leaf of leaves.values()) tree.set(leaf)
  const { root, totalMicrocredits } = tree.root()
  const { siblings } = tree.prove(account, address => leaves.get(address as Address) as Leaf)
  const leaf = { account, available: '5', held: '1', nonces: [{ lane: '0', nonce: '3' }], receiptSequence: '0' }
  return {
    inclusion: {
      ...{ epoch: '7', root, total: String(totalMicrocredits), leaf: { ...leaf, ...changes }, other: null },
      siblings: siblings.map(({ hash, sumMicrocredits }) => ({ hash, sum: String(sumMicrocredits) })),
    },
  }
}

test('a balance is not believed that the proof does not hold', async t => {
  for (const changes of [
    { available: '6' },
    { held: '0' },
    { nonces: [] },
    { receiptSequence: '1' },
    { account: other },
  ]) {
    const wallet = await connected(t, {
      wallet: variables => inclusionOf(addressIn(variables), changes),
    })
    await assert.rejects(wallet.inclusion(), { code: 'ANSWER_INVALID' })
  }
})

test('a balance that is not shown as the schema says is not read', async t => {
  const wallet = await connected(t, {
    wallet: variables => ({ inclusion: { ...inclusionOf(addressIn(variables)).inclusion, root: '0x12' } }),
  })
  await assert.rejects(wallet.inclusion(), { code: 'ANSWER_INVALID' })
})

test('a balance that holds is given with its epoch and root, and nothing before the first epoch', async t => {
  const wallet = await connected(t, { wallet: variables => inclusionOf(addressIn(variables)) })
  const proven = await wallet.inclusion()
  assert.deepEqual([proven?.epoch, proven?.availableMicrocredits, proven?.heldMicrocredits], [7n, 5n, 1n])
  const early = await connected(t, { wallet: () => ({ inclusion: null }) })
  assert.equal(await early.inclusion(), undefined)
})

test('an acceptance that the ledger’s key did not sign is not believed, and none is none', async t => {
  const root = { shard: 0, root: zeroHash, position: '9', journalHash: zeroHash, signature: `0x${'11'.repeat(65)}` }
  const shown = { digest: id, position: '9', isAccepted: true, atMs: '7', index: 0, count: 1, siblings: [], root }
  const forging = await connected(t, { ledger: () => ({ acceptance: shown }) })
  await assert.rejects(forging.acceptance(id), { code: 'ANSWER_INVALID' })
  const silent = await connected(t, { ledger: () => ({ acceptance: null }) })
  assert.equal(await silent.acceptance(id), undefined)
})
