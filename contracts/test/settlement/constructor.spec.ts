import { describe, it } from 'node:test'
import { zeroAddress } from 'viem'
import { settlementAbi, settlementBytecode } from '../../generated/index.ts'
import { deployer, loadContracts, stranger, viem } from '../support/chain.ts'

const MAX_UINT64 = 2n ** 64n - 1n

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

  it('cannot be deployed with a window that no time can pass, or an age that outlasts the parts of an epoch', async () => {
    const { settlement } = await loadContracts()
    const { address } = stranger.account
    for (const [windowSeconds, inboxAgeSeconds, tooLong, longest] of [
      [MAX_UINT64, 0n, MAX_UINT64, 31_536_000n],
      [31_536_001n, 0n, 31_536_001n, 31_536_000n],
      [2n, MAX_UINT64, MAX_UINT64, 3_600n],
      [2n, 3_601n, 3_601n, 3_600n],
    ] as const) {
      const args = [address, address, address, address, windowSeconds, inboxAgeSeconds] as const
      const deploying = deployer.deployContract({ abi: settlementAbi, bytecode: settlementBytecode, args })
      await viem.assertions.revertWithCustomErrorWithArgs(deploying, settlement, 'PeriodTooLong', [tooLong, longest])
    }
  })
})
