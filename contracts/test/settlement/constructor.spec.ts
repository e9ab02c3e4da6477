import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress } from 'viem'
import { deploySettlement, loadContracts, publicClient, strangeParameters, viem } from '../support/chain.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts } = viem.assertions
const MAX_UINT64 = 2n ** 64n - 1n
const YEAR_SECONDS = 31_536_000n

describe('the settlement contract', () => {
  it('cannot be deployed without token, emission, disputes, poster or guardian', async () => {
    const { settlement, addresses } = await loadContracts()
    for (const role of ['token', 'emission', 'disputes', 'poster', 'guardian']) {
      const parameters = { ...strangeParameters(), [role]: zeroAddress }
      await revertWithCustomError(deploySettlement(parameters, addresses.evidence), settlement, 'AddressZero')
    }
  })

  it('cannot be deployed with a period that no time can pass, or an age that outlasts the parts of an epoch', async () => {
    const { settlement, addresses } = await loadContracts()
    for (const [name, seconds, longest] of [
      ['windowSeconds', MAX_UINT64, YEAR_SECONDS],
      ['windowSeconds', YEAR_SECONDS + 1n, YEAR_SECONDS],
      ['inboxAgeSeconds', MAX_UINT64, 3_600n],
      ['inboxAgeSeconds', 3_601n, 3_600n],
      ['answerSeconds', MAX_UINT64, YEAR_SECONDS],
      ['answerSeconds', YEAR_SECONDS + 1n, YEAR_SECONDS],
      ['exitSeconds', MAX_UINT64, 10n * YEAR_SECONDS],
      ['exitSeconds', 10n * YEAR_SECONDS + 1n, 10n * YEAR_SECONDS],
    ] as const) {
      const deploying = deploySettlement({ ...strangeParameters(), [name]: seconds }, addresses.evidence)
      await reverts(deploying, settlement, 'PeriodTooLong', [seconds, longest])
    }
  })

  it('cannot be deployed without a round of demands, since one would still be opened, and hold a living operator back until the exit', async () => {
    const { settlement, addresses } = await loadContracts()
    const parameters = { ...strangeParameters(), roundsMax: 0n, answerSeconds: YEAR_SECONDS }
    const exitSeconds = 3n * parameters.windowSeconds + 1n
    const deploying = deploySettlement({ ...parameters, exitSeconds }, addresses.evidence)
    await revertWithCustomError(deploying, settlement, 'RoundsZero')
  })

  it('cannot be deployed with rounds without end, or without a bond', async () => {
    const { settlement, addresses } = await loadContracts()
    const rounds = deploySettlement({ ...strangeParameters(), roundsMax: 65n }, addresses.evidence)
    await reverts(rounds, settlement, 'RoundsTooMany', [65n, 64n])
    const bondless = deploySettlement({ ...strangeParameters(), epochBondWei: 0n }, addresses.evidence)
    await revertWithCustomError(bondless, settlement, 'AmountZero')
    await deploySettlement({ ...strangeParameters(), epochBondWei: 1n }, addresses.evidence)
  })

  it('cannot be deployed with an exit that could start while demands hold the epochs of a living operator back', async () => {
    const { settlement, addresses } = await loadContracts()
    const parameters = strangeParameters()
    const { windowSeconds, roundsMax, answerSeconds } = parameters
    const lively = 3n * (windowSeconds + 2n * roundsMax * answerSeconds)
    for (const exitSeconds of [0n, lively]) {
      const deploying = deploySettlement({ ...parameters, exitSeconds }, addresses.evidence)
      await reverts(deploying, settlement, 'ExitTooSoon', [exitSeconds, lively])
    }
    await deploySettlement({ ...parameters, exitSeconds: lively + 1n }, addresses.evidence)
  })

  it('names the block before which nobody has to look for its events', async () => {
    const { settlement, addresses } = await loadContracts()
    const blockNumber = await settlement.read.deploymentBlock()
    const codeAt = (at: bigint) => publicClient.getCode({ address: addresses.settlement, blockNumber: at })
    assert.equal(await codeAt(blockNumber - 1n), undefined)
    assert.notEqual(await codeAt(blockNumber), undefined)
  })
})
