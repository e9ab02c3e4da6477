import { deployDeparrow, fundPosterBond, LOCAL_BOND_EPOCHS, localPeriods } from '@deparrow/contracts/deploy'
import { startLocalChain } from '@deparrow/contracts/local-chain'
import { publishedAccount } from '@deparrow/sdk'
import { type Address, createPublicClient, createWalletClient, http, isAddress } from 'viem'
import { hardhat } from 'viem/chains'
import { listenForward } from './forward.ts'

/** Published accounts by index: the deployer's first transactions fix the addresses of the contracts. */
const accounts = { deployer: 0, poster: 1, guardian: 2, distribution: 3 } as const

/**
 * Runs the development chain with the contracts on it until SIGTERM. The chain itself listens on loopback alone, because its keys are
 * published; what `CHAIN_HOST` and `CHAIN_PORT` name forwards to it, and belongs into a network of containers or onto loopback too.
 */
async function main(): Promise<void> {
  const { CHAIN_FOLDER: dataFolder = '.', CHAIN_HOST: host = '127.0.0.1', CHAIN_PORT: port = '8545' } = process.env
  const ledgerSigner = readLedgerSigner()
  const stopped = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.resolve())
  const clock = { nowMs: () => Date.now() }
  const chain = await startLocalChain({ dataFolder, port: 0, clock, log: message => console.error(message) })
  try {
    const { settlement, token } = await deploy(chain.rpcUrl, ledgerSigner)
    const forward = await listenForward({ host, port: Number(port) }, chain.rpcUrl)
    console.error(JSON.stringify({ message: 'started', port: forward.port, settlement, token }))
    await stopped.promise
    await forward.close()
  } finally {
    await chain.close()
  }
}

/** Whose certificates and acceptances the contract of disputes will take for the ledger's; it can never be changed. */
function readLedgerSigner(): Address {
  const { LEDGER_SIGNER: given = '' } = process.env
  if (isAddress(given)) return given
  throw new LedgerSignerError(given)
}

/** Does what is missing; on a chain that has the contracts and a whole bond, nothing. */
async function deploy(rpcUrl: string, ledgerSigner: Address) {
  const transport = http(rpcUrl)
  const addressOf = (index: number) => publishedAccount(index).address
  const walletOf = (index: number) =>
    createWalletClient({ chain: hardhat, transport, account: publishedAccount(index) })
  const publicClient = createPublicClient({ chain: hardhat, transport, pollingInterval: 100 })
  const { addresses } = await deployDeparrow({
    walletClient: walletOf(accounts.deployer),
    publicClient,
    parameters: {
      ...localPeriods,
      poster: addressOf(accounts.poster),
      guardian: addressOf(accounts.guardian),
      distribution: addressOf(accounts.distribution),
      ledgerSigner,
    },
  })
  const payer = { walletClient: walletOf(accounts.distribution), publicClient }
  await fundPosterBond(payer, addresses.settlement, LOCAL_BOND_EPOCHS)
  return addresses
}

/** Thrown when the environment does not say who signs for the ledger. */
class LedgerSignerError extends Error {
  override readonly name = 'LedgerSignerError'
  constructor(given: string) {
    super(
      `LEDGER_SIGNER takes the address of the ledger's key, not ${JSON.stringify(given)}: prepare.js writes it into chain.env beside the secrets.`,
    )
  }
}

await main()
