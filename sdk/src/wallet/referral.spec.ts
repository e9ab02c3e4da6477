import assert from 'node:assert/strict'
import { test } from 'node:test'
import { referralType, zeroAddress } from '@deparrow/ledger'
import { generatePrivateKey } from 'viem/accounts'
import { recoverSigner } from '../signing/typed-data.ts'
import { startFakeGateway } from '../testing/fake-gateway.spec.fixture.ts'
import { domain } from '../testing/fake-job.spec.fixture.ts'
import { AgentWallet } from './agent-wallet.ts'

const node = `0x${'a1'.repeat(20)}` as const
const referrer = `0x${'b2'.repeat(20)}` as const

async function connected(close: (fn: () => Promise<void>) => void): Promise<AgentWallet> {
  const gateway = await startFakeGateway({})
  close(async () => gateway.close())
  return AgentWallet.connect({ url: gateway.url, privateKey: generatePrivateKey() })
}

test('a referral for nobody, for the node itself or for the wallet that signs is not signed', async t => {
  const wallet = await connected(fn => t.after(fn))
  for (const wrong of [zeroAddress, node, wallet.address]) {
    const answer = await wallet.signReferral({ node, referrer: wrong })
    assert.ok(!answer.ok && answer.refusal.code === 'MALFORMED')
  }
})

test('a referral names node, wallet and referrer in lower case, for a day, under the wallet’s signature', async t => {
  const wallet = await connected(fn => t.after(fn))
  const upper = `0x${'B2'.repeat(20)}` as const
  const answer = await wallet.signReferral({ node, referrer: upper })
  assert.ok(answer.ok)
  const { message } = answer.referral
  assert.deepEqual([message.node, message.wallet, message.referrer], [node, wallet.address, referrer])
  assert.ok(Math.abs(Number(message.deadline) - Date.now() / 1_000 - 86_400) < 60)
  assert.equal(await recoverSigner(domain, referralType, answer.referral), wallet.address)
})
