import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Address,
  acceptanceRootType,
  acceptanceType,
  bytesToHex,
  concatBytes,
  type Domain,
  type Hex,
  hexToBytes,
  lowerHex,
  type SignedAcceptance,
} from '@deparrow/ledger'
import { keccak256, TypedDataEncoder, Wallet } from 'ethers'
import { checkAcceptance } from './check-acceptance.ts'

const domain: Domain = { chainId: 31_337, verifyingContract: `0x${'5e'.repeat(20)}` }
const ledgerKey = new Wallet(`0x${'11'.repeat(32)}`)
const otherKey = new Wallet(`0x${'22'.repeat(32)}`)
const ledger = { domain, ledgerSigner: lowerHex(ledgerKey.address) as Address }
const own: Hex = `0x${'a1'.repeat(32)}`
const other: Hex = `0x${'b2'.repeat(32)}`
const journalHash: Hex = `0x${'c3'.repeat(32)}`

/** A leaf by ethers, which knows EIP-712 on its own. */
function leaf(digest: Hex, position: bigint, isAccepted = true): Uint8Array {
  const struct = TypedDataEncoder.hashStruct(
    'Acceptance',
    { Acceptance: [...acceptanceType.fields] },
    { digest, position, isAccepted, atMs: 7n },
  )
  return hexToBytes(keccak256(concatBytes(Uint8Array.of(0), hexToBytes(struct))))
}

/** An acceptance of the first of two commands, as a ledger would hand it out, made without the ledger's code. */
async function acceptance(key = ledgerKey, network = domain, isAccepted = true): Promise<SignedAcceptance> {
  const sibling = leaf(other, 42n)
  const root = keccak256(concatBytes(Uint8Array.of(1), leaf(own, 41n, isAccepted), sibling)) as Hex
  const message = { shard: 2, root, position: 42n, journalHash }
  const typed = { name: 'DEparrow', version: '1', ...network }
  const signature = (await key.signTypedData(typed, { AcceptanceRoot: [...acceptanceRootType.fields] }, message)) as Hex
  return {
    acceptance: { digest: own, position: 41n, isAccepted, atMs: 7n },
    index: 0,
    count: 2,
    siblings: [bytesToHex(sibling)],
    root: { message, signature },
  }
}

describe('checking the ledger’s acceptance of a command', () => {
  it('says where the command stands, and what the journal must be behind it', async () => {
    const accepted = { digest: own, position: 41n, atMs: 7n, shard: 2, journalPosition: 42n, journalHash }
    assert.deepEqual(await checkAcceptance(ledger, own, await acceptance()), accepted)
  })

  it('does not take a refusal for an acceptance', async () => {
    assert.equal(await checkAcceptance(ledger, own, await acceptance(ledgerKey, domain, false)), undefined)
  })

  it('takes integers as text, and digests and keys in any case', async () => {
    const text = JSON.stringify(await acceptance(), (_, value) => (typeof value === 'bigint' ? String(value) : value))
    const upper: Hex = `0x${own.slice(2).toUpperCase()}`
    const named = { domain, ledgerSigner: ledgerKey.address as Address }
    assert.equal((await checkAcceptance(named, upper, JSON.parse(text)))?.position, 41n)
  })

  it('gives nothing for another command of the same batch', async () => {
    assert.equal(await checkAcceptance(ledger, other, await acceptance()), undefined)
  })

  it('gives nothing for what another key, or the same key for another network, has signed', async () => {
    assert.equal(await checkAcceptance(ledger, own, await acceptance(otherKey)), undefined)
    assert.equal(await checkAcceptance(ledger, own, await acceptance(ledgerKey, { ...domain, chainId: 1 })), undefined)
    const elsewhere = { ...ledger, domain: { ...domain, verifyingContract: `0x${'77'.repeat(20)}` as const } }
    assert.equal(await checkAcceptance(elsewhere, own, await acceptance()), undefined)
  })

  it('gives nothing for a proof that does not lead to the root, and for what is no acceptance', async () => {
    const whole = await acceptance()
    const broken: readonly unknown[] = [
      { ...whole, acceptance: { ...whole.acceptance, position: 40n } },
      { ...whole, index: 1 },
      { ...whole, siblings: [] },
      { ...whole, root: { ...whole.root, signature: '0x' } },
      { ...whole, acceptance: undefined },
      {},
      null,
      'accepted',
    ]
    for (const shown of broken) {
      assert.equal(await checkAcceptance(ledger, own, shown as SignedAcceptance), undefined)
    }
  })
})
