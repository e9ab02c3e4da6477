import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress } from 'viem'
import { predictAddresses } from '../../deploy/index.ts'
import { dpcTokenAbi, dpcTokenBytecode, emissionAbi, emissionBytecode } from '../../generated/index.ts'
import { CAP_WEI, deployer, loadContracts, publicClient, stranger, viem } from '../support/chain.ts'

const { revertWithCustomError } = viem.assertions

const other = stranger.account.address
const deploy = (args: readonly [`0x${string}`, `0x${string}`, `0x${string}`, bigint]) =>
  deployer.deployContract({ abi: emissionAbi, bytecode: emissionBytecode, args })

describe('genesis', () => {
  it('mints 15 % of the cap into settlement and 5 % to the distribution wallet', async () => {
    const { token, settlement, emission, addresses } = await loadContracts()
    assert.equal(await token.read.totalSupply(), (CAP_WEI * 20n) / 100n)
    assert.equal(await token.read.balanceOf([addresses.settlement]), (CAP_WEI * 15n) / 100n)
    assert.equal(await emission.read.GENESIS_DISTRIBUTION_WEI(), (CAP_WEI * 5n) / 100n)
    const inboxWei = (await settlement.read.inboxTotal([2n])) * 10n ** 12n
    assert.equal(inboxWei, await token.read.balanceOf([addresses.settlement]))
  })

  it('happens once', async () => {
    const { emission, token } = await loadContracts()
    const supply = await token.read.totalSupply()
    for (const { account } of [deployer, stranger])
      await revertWithCustomError(emission.write.genesis({ account }), emission, 'GenesisAlreadyMinted')
    assert.equal(await token.read.totalSupply(), supply)
  })
})

describe('genesis called by somebody in the middle of a deployment', () => {
  it('mints nothing while settlement does not stand, so that the deployment can go on', async () => {
    const nonce = await publicClient.getTransactionCount({ address: deployer.account.address })
    const { token: tokenAt, emission, settlement } = predictAddresses(deployer.account.address, nonce)
    await deployer.deployContract({ abi: dpcTokenAbi, bytecode: dpcTokenBytecode, args: [emission] })
    await deploy([tokenAt, settlement, other, 0n])
    const early = stranger.writeContract({ address: emission, abi: emissionAbi, functionName: 'genesis' })
    await assert.rejects(early)
    const supply = await publicClient.readContract({ address: tokenAt, abi: dpcTokenAbi, functionName: 'totalSupply' })
    assert.equal(supply, 0n)
  })
})

describe('the emission contract', () => {
  it('cannot be deployed without token, settlement or distribution wallet', async () => {
    const { emission } = await loadContracts()
    for (const args of [
      [zeroAddress, other, other, 0n],
      [other, zeroAddress, other, 0n],
      [other, other, zeroAddress, 0n],
    ] as const)
      await revertWithCustomError(deploy(args), emission, 'EmissionAddressZero')
  })

  it('cannot give the treasury more than there is, or fractions of a microcredit', async () => {
    const { emission } = await loadContracts()
    for (const treasuryWei of [(CAP_WEI * 15n) / 100n + 10n ** 12n, 1n])
      await revertWithCustomError(deploy([other, other, other, treasuryWei]), emission, 'GenesisTreasuryInvalid')
  })
})
