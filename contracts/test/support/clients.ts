import { network } from 'hardhat'

/** An in-process chain of its own and eight of its wallets. Throws when the chain has fewer. */
export async function openChain() {
  const { viem, networkHelpers } = await network.create()
  const publicClient = await viem.getPublicClient()
  const [deployer, poster, guardian, distribution, alice, bob, carol, stranger] = await viem.getWalletClients()
  if (!deployer || !poster || !guardian || !distribution || !alice || !bob || !carol || !stranger)
    throw new Error('The specs need a chain with eight accounts.')
  return { viem, networkHelpers, publicClient, deployer, poster, guardian, distribution, alice, bob, carol, stranger }
}
