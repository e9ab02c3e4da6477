import { describe, it } from 'node:test'
import { zeroAddress } from 'viem'
import { settlementAbi, settlementBytecode } from '../../generated/index.ts'
import { deployer, loadContracts, stranger, viem } from '../support/chain.ts'

describe('the settlement contract', () => {
  it('cannot be deployed without token, emission contract, poster or guardian', async () => {
    const { settlement } = await loadContracts()
    for (const missing of [0, 1, 2, 3]) {
      const [token, emission, poster, guardian] = [0, 1, 2, 3].map(i =>
        i === missing ? zeroAddress : stranger.account.address,
      ) as [`0x${string}`, `0x${string}`, `0x${string}`, `0x${string}`]
      const args = [token, emission, poster, guardian, 2n, 0n] as const
      const deploying = deployer.deployContract({ abi: settlementAbi, bytecode: settlementBytecode, args })
      await viem.assertions.revertWithCustomError(deploying, settlement, 'AddressZero')
    }
  })
})
