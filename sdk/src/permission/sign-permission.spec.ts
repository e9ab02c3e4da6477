import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Address, permissionRevocationType, type SpendPermission, spendPermissionType } from '@deparrow/ledger'
import { Actor, TestLedger, testDomain, testStartMs } from '@deparrow/ledger/testing'
import { privateKeyToAccount } from 'viem/accounts'
import { recoverSigner } from '../signing/typed-data.ts'
import { type PermissionRequest, signPermission, signRevocation } from './sign-permission.ts'

const wallet = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const delegate = privateKeyToAccount(`0x${'22'.repeat(32)}`)

const lower = (address: string) => address.toLowerCase() as Address

const request: PermissionRequest = {
  delegate: delegate.address,
  jobMicrocreditsMax: 1_000_000n,
  hourMicrocreditsMax: 5_000_000n,
  dayMicrocreditsMax: 20_000_000n,
  expires: BigInt(testStartMs / 1_000 + 86_400),
  nonce: 1n,
}

async function fieldRefused(fields: Partial<PermissionRequest>): Promise<string | undefined> {
  const answer = await signPermission(wallet, testDomain, { ...request, ...fields })
  assert.ok(!answer.ok && answer.refusal.code === 'MALFORMED')
  return answer.refusal.field
}

test('a permission is not signed with a field that the ledger could not read, and the field is named', async () => {
  const others = Array.from({ length: 33 }, (_, index) => new Actor(index + 1).address)
  assert.equal(await fieldRefused({ delegate: '0x12' }), 'delegate')
  assert.equal(await fieldRefused({ jobMicrocreditsMax: -1n }), 'jobMicrocreditsMax')
  assert.equal(await fieldRefused({ dayMicrocreditsMax: 2n ** 64n }), 'dayMicrocreditsMax')
  assert.equal(await fieldRefused({ counterparties: others }), 'counterparties')
  assert.equal(await fieldRefused({ expires: 2n ** 64n }), 'expires')
})

test('a permission is not signed for the wallet itself', async () => {
  assert.equal(await fieldRefused({ delegate: wallet.address }), 'delegate')
})

test('a revocation is not signed for a nonce that cannot be', async () => {
  const answer = await signRevocation(wallet, testDomain, { delegate: delegate.address, nonce: 2n ** 64n })
  assert.ok(!answer.ok && answer.refusal.field === 'nonce')
})

test('a permission names everybody and every engine unless told otherwise, with addresses in lower case', async () => {
  const answer = await signPermission(wallet, testDomain, request)
  assert.ok(answer.ok)
  const message: SpendPermission = {
    ...request,
    wallet: lower(wallet.address),
    delegate: lower(delegate.address),
    counterparties: [],
    engines: [],
  }
  assert.deepEqual(answer.signed.message, message)
  assert.equal(await recoverSigner(testDomain, spendPermissionType, answer.signed), lower(wallet.address))
})

test('the ledger takes what is signed here: a permission, and its revocation by wallet or delegate', async () => {
  for (const signer of [wallet, delegate]) {
    const ledger = new TestLedger()
    const counterparties = [new Actor(7).address]
    const granted = await signPermission(wallet, testDomain, { ...request, counterparties, engines: ['wasm'] })
    assert.ok(granted.ok)
    ledger.accept({ type: 'GrantPermission', permission: granted.signed })
    const ended = { wallet: wallet.address, delegate: delegate.address, nonce: 1n }
    const revoked = await signRevocation(signer, testDomain, ended)
    assert.ok(revoked.ok)
    assert.equal(await recoverSigner(testDomain, permissionRevocationType, revoked.signed), lower(signer.address))
    ledger.accept({ type: 'RevokePermission', revocation: revoked.signed })
  }
})
