import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress } from 'viem'
import { emissionAbi, emissionBytecode } from '../../generated/index.ts'
import { CAP_WEI, deployer, loadContracts, stranger, viem } from '../support/chain.ts'

const { revertWithCustomError } = viem.assertions

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

describe('the emission contract', () => {
  const other = stranger.account.address
  const deploy = (args: readonly [`0x${string}`, `0x${string}`, `0x${string}`, bigint]) =>
    deployer.deployContract({ abi: emissionAbi, bytecode: emissionBytecode, args })

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
