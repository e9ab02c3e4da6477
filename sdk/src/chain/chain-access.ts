import { settlementAbi } from '@deparrow/contracts'
import { type Hex, lowerHex } from '@deparrow/ledger'
import {
  type Account,
  BaseError,
  type Chain,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  defineChain,
  type HttpTransport,
  http,
  type LocalAccount,
  type PublicClient,
  type TransactionReceipt,
  type WalletClient,
} from 'viem'
import type { NetworkView } from '../api/network.ts'
import { ChainRejectedError, NetworkMismatchError, NetworkUnreachableError } from '../errors.ts'
import { developmentChainId } from '../keys/published-development-keys.ts'

/** The chain that a network settles on, seen and signed for with one wallet. */
export type ChainAccess = {
  readonly publicClient: PublicClient<HttpTransport, Chain>
  readonly chain: Chain
  readonly network: NetworkView
  /** A client that signs with this key on this chain. */
  walletClient(account: LocalAccount): WalletClient<HttpTransport, Chain, Account>
}

/** A development chain has a block each second and answers at once; elsewhere blocks take seconds. */
const pollingMsDevelopment = 100
const pollingMsDefault = 1_000

/** How long a transaction may take to be mined before the wallet gives up waiting (not the transaction). */
const miningTimeoutMs = 120_000

/**
 * Opens the chain of a network and checks that it is the one that the gateway named: chain id, and the token of the settlement
 * contract. Throws {@link NetworkMismatchError} or {@link NetworkUnreachableError}.
 */
export async function openChain(network: NetworkView): Promise<ChainAccess> {
  const chain = defineChain({
    id: network.chainId,
    name: `chain ${network.chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [network.rpcUrl] } },
  })
  const pollingInterval = network.chainId === developmentChainId ? pollingMsDevelopment : pollingMsDefault
  const transport = http(network.rpcUrl, { timeout: 15_000, retryCount: 2 })
  const publicClient = createPublicClient({ chain, transport, pollingInterval })
  await checkChain(publicClient, network)
  return {
    publicClient,
    chain,
    network,
    walletClient: account => createWalletClient({ account, chain, transport, pollingInterval }),
  }
}

/**
 * Sends a transaction and waits until it is mined. `send` builds and sends it. Throws {@link ChainRejectedError} when the chain
 * refuses it or it reverts.
 */
export async function sendAndWait(
  access: ChainAccess,
  what: string,
  send: () => Promise<Hex>,
): Promise<TransactionReceipt> {
  try {
    const hash = await send()
    const receipt = await access.publicClient.waitForTransactionReceipt({ hash, timeout: miningTimeoutMs })
    if (receipt.status !== 'success') throw new ChainRejectedError(what, `transaction ${hash} reverted`)
    return receipt
  } catch (error) {
    if (error instanceof ChainRejectedError) throw error
    throw new ChainRejectedError(what, reasonOf(error), { cause: error })
  }
}

async function checkChain(client: PublicClient<HttpTransport, Chain>, network: NetworkView): Promise<void> {
  let chainId: number
  try {
    chainId = await client.getChainId()
  } catch (error) {
    throw new NetworkUnreachableError(network.rpcUrl, { cause: error })
  }
  if (chainId !== network.chainId) {
    throw new NetworkMismatchError(`at ${network.rpcUrl} the chain`, String(network.chainId), String(chainId))
  }
  const token = await readToken(client, network)
  if (token !== network.token) {
    throw new NetworkMismatchError('a settlement contract for the token', network.token, token)
  }
}

async function readToken(client: PublicClient<HttpTransport, Chain>, network: NetworkView): Promise<string> {
  try {
    const call = { address: network.settlement, abi: settlementAbi, functionName: 'token' } as const
    return lowerHex(await client.readContract(call))
  } catch {
    return `none at ${network.settlement}`
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof BaseError)) return error instanceof Error ? error.message : 'unknown reason'
  const reverted = error.walk(cause => cause instanceof ContractFunctionRevertedError)
  if (reverted instanceof ContractFunctionRevertedError) {
    return reverted.data?.errorName ?? reverted.reason ?? reverted.shortMessage
  }
  return error.shortMessage
}
