import { dpcTokenAbi } from '@deparrow/contracts'
import type { Address } from '@deparrow/ledger'
import type { ChainAccess } from './chain-access.ts'

/** DPC and Ether that an address holds on chain, in wei. */
export async function readChainBalance(
  access: ChainAccess,
  address: Address,
): Promise<{ readonly dpcWei: bigint; readonly etherWei: bigint }> {
  const { token } = access.network
  const [dpcWei, etherWei] = await Promise.all([
    access.publicClient.readContract({ address: token, abi: dpcTokenAbi, functionName: 'balanceOf', args: [address] }),
    access.publicClient.getBalance({ address }),
  ])
  return { dpcWei, etherWei }
}
