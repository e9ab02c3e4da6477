import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { testDomain } from '@deparrow/ledger/testing'
import { ContentFolder } from '../content/content-folder.ts'
import { JobPapers } from './job-papers.ts'
import { NodeSigner } from './node-crypto.ts'
import { NodeStore } from './node-store.ts'
import { ReceiptCourier } from './receipt-courier.ts'
import { noUsage, signReceipt } from './receipt-maker.ts'
import { keyOf, offerFor } from './test-market.spec.fixture.ts'
import { freshFolder } from './test-node.spec.fixture.ts'

it('an output stays while another receipt names it, also one that is not on its way yet', async t => {
  const dataFolder = freshFolder()
  t.after(() => rmSync(dataFolder, { recursive: true }))
  const signer = new NodeSigner(keyOf(31), testDomain)
  const store = new NodeStore(dataFolder, { address: signer.address, chainId: '31337', settlement: '0x' })
  const papers = new JobPapers(dataFolder)
  const folder = new ContentFolder(join(dataFolder, 'content'), 0)
  const outputCid = await folder.putOutput(Buffer.from('the same'))
  const result = { outcome: 'completed', usage: noUsage, startedAtMs: 1, outputCid, failure: null } as const
  const keepReceiptOf = (nonce: bigint) => {
    const job = store.accept(offerFor(signer.address, outputCid, null, { nonce }), 1, 9_000)
    store.keepReceipt(job, 1, sequence => signReceipt(signer, job, result, sequence))
  }
  keepReceiptOf(1n)
  const desk = {
    ask: async () => {
      keepReceiptOf(2n)
      return { acknowledged: false, code: 'JOB_ENDED', final: true } as const
    },
  }
  const isLogged = Promise.withResolvers<void>()
  const clock = { nowMs: () => 2 }
  const courier = new ReceiptCourier({ dataFolder, store, papers, folder, desk, clock, log: () => isLogged.resolve() })
  courier.start()
  await isLogged.promise
  await courier.stop()
  assert.ok(await folder.readOutput(outputCid))
  store.close()
  papers.close()
})
