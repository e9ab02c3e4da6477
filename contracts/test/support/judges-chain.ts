/**
 * The chain of the specs of judges and demands. It is not that of `chain.ts`, whose contracts stand where the deployer's first transactions
 * put them: here harness contracts come first.
 */
import { openChain } from './clients.ts'

export const { viem, networkHelpers, publicClient, deployer, poster, guardian, distribution, alice, bob, stranger } =
  await openChain()
