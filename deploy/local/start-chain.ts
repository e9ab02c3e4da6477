import {
  type DeparrowAddresses,
  deployDeparrow,
  fundPosterBond,
  LOCAL_BOND_EPOCHS,
  localPeriods,
} from '@deparrow/contracts/deploy'
import { type LocalChain, startLocalChain } from '@deparrow/contracts/local-chain'
import type { Clock } from '@deparrow/ledger'
import { publishedAccount } from '@deparrow/sdk'
import { type Address, createPublicClient, createWalletClient, type Hex, http, type LocalAccount } from 'viem'
import { hardhat } from 'viem/chains'

/** The development chain with the contracts on it. */
export type RunningChain = {
  readonly chain: LocalChain
  readonly addresses: DeparrowAddresses
  readonly genesisHash: Hex
  /** Signs and pays for epochs. */
  readonly poster: LocalAccount
  /** Whether this start deployed the contracts, rather than found them. */
  readonly isNew: boolean
}

/** Roles of the published accounts on the development chain, by index. The deployer's is fixed by the generated addresses. */
const accounts = { deployer: 0, poster: 1, guardian: 2, distribution: 3 } as const

/**
 * Starts the chain, replaying what it holds, deploys the contracts where they are missing, for a ledger that signs as `ledgerSigner`, and fills up
 * the poster's bond.
 */
export async function startChain(
  { dataFolder, port, clock }: { dataFolder: string; port: number; clock: Clock },
  ledgerSigner: Address,
): Promise<RunningChain> {
  const chain = await startLocalChain({ dataFolder, port, clock })
  try {
    const transport = http(chain.rpcUrl)
    const publicClient = createPublicClient({ chain: hardhat, transport, pollingInterval: 100 })
    const deployer = publishedAccount(accounts.deployer)
    const poster = publishedAccount(accounts.poster)
    const distribution = publishedAccount(accounts.distribution)
    const deployment = await deployDeparrow({
      walletClient: createWalletClient({ chain: hardhat, transport, account: deployer }),
      publicClient,
      parameters: {
        ...localPeriods,
        poster: poster.address,
        guardian: publishedAccount(accounts.guardian).address,
        distribution: distribution.address,
        ledgerSigner,
      },
    })
    const payer = {
      walletClient: createWalletClient({ chain: hardhat, transport, account: distribution }),
      publicClient,
    }
    await fundPosterBond(payer, deployment.addresses.settlement, LOCAL_BOND_EPOCHS)
    const { hash } = await publicClient.getBlock({ blockNumber: 0n })
    const isNew = Object.keys(deployment.transactionHashes).length > 0
    return { chain, addresses: deployment.addresses, genesisHash: hash, poster, isNew }
  } catch (error) {
    await chain.close()
    throw error
  }
}
