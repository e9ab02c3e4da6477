import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ledgerConfigDefaults, type Pricing, pricingDigest } from '@deparrow/ledger'
import { ethersCrypto, testDomain } from '@deparrow/ledger/testing'
import { ledgerSigner, offerFor, TestMarket } from '../daemon/test-market.spec.fixture.ts'
import { fakeNetwork, temporaryFolder } from './cli.spec.fixture.ts'
import { runCommandLine } from './run.ts'

/** As a gateway tells it. */
function told({ rates, feeBasisPoints, burnBasisPoints }: Pricing) {
  return {
    cpuCoreHour: String(rates.cpuCoreHourMicrocredits),
    gpuHour: String(rates.gpuHourMicrocredits),
    memoryGibHour: String(rates.memoryGibHourMicrocredits),
    storageGibHour: String(rates.storageGibHourMicrocredits),
    egressGib: String(rates.egressGibMicrocredits),
    fuelCoreHour: String(rates.fuelCoreHourMicrocredits),
    feeBasisPoints,
    burnBasisPoints,
  }
}

test('a started node takes a job at a pricing that was changed after it was built: its gateway tells it', async t => {
  const market = await TestMarket.start()
  const dearer = { ...ledgerConfigDefaults, feeBasisPoints: 600 }
  const { chainId, verifyingContract: settlement } = testDomain
  const own = { settlement, ledgerSigner: ledgerSigner.address, meshAddresses: market.addresses }
  const url = await fakeNetwork(t, chainId, { ledger: { config: { pricing: told(dearer), pending: null } } }, own)
  const stops: (() => void)[] = []
  const host = {
    argv: ['node', 'deparrow', '--url', url, '--data', await temporaryFolder(t), '--json', 'node', 'start'],
    env: {},
    exitCode: 0,
    stdout: { write: () => true },
    stderr: { write: () => true },
    once: (_signal: string, stop: () => void) => stops.push(stop),
    removeListener: () => undefined,
  }
  const ended = runCommandLine(host)
  t.after(async () => {
    for (const stop of stops) stop()
    await ended
    await market.stop()
  })
  await market.until(() => market.hellos.length > 0)
  const [node] = market.hellos
  assert.ok(node)
  const certificate = { pricingDigest: pricingDigest(ethersCrypto, dearer) }
  assert.deepEqual(await market.assign(offerFor(node.address, market.put('no module'), null, { certificate })), {
    accepted: true,
  })
})
