import { resolve } from 'node:path'
import {
  type Address,
  BaseError,
  createPublicClient,
  createWalletClient,
  defineChain,
  formatEther,
  HttpRequestError,
  http,
  InsufficientFundsError,
  type PrivateKeyAccount,
  type PublicClient,
  TimeoutError,
  WaitForTransactionReceiptTimeoutError,
} from 'viem'
import { predictAddresses } from './addresses.ts'
import { type DeployCommandOptions, deployUsage, parseDeployOptions } from './command-options.ts'
import { type DeployProgress, deployDeparrow } from './deploy.ts'
import { readDeployerKey } from './deployer-key.ts'
import { checkDeploymentFile, planOf, writeDeploymentFile } from './deployment-file.ts'
import { describeDryRun } from './dry-run.ts'
import { DEVELOPMENT_CHAIN_ID, isPublishedAccount } from './published-accounts.ts'
import { type DeployRefusal, deployExitCodeOf, deployExitCodes, type OrRefusal, refuse } from './refusal.ts'

/** The eight transactions as measured, 25 468 930, rounded up. */
const DEPLOY_GAS = 26_800_000n

/** What the deploy command takes from its surroundings. */
export type DeployCommandContext = {
  readonly args: readonly string[]
  /** The value of `DEPARROW_DEPLOYER_KEY_FILE`. */
  readonly keyFile: string | undefined
  /** Names of files are meant from here. */
  readonly folder: string
  /** Takes a line of progress. */
  readonly print: (line: string) => void
  /** Takes a line about what went wrong. */
  readonly printError: (line: string) => void
  /** How often to ask for a receipt. */
  readonly pollingIntervalMs: number
}

/**
 * The command `npm run deploy -w contracts`: deploys to a named network, prints each step and writes a `DeploymentRecord`. Run
 * again it verifies the deployment and changes nothing. Answers the exit code, see `deployExitCodes`; never throws.
 */
export async function runDeployCommand(context: DeployCommandContext): Promise<number> {
  if (context.args.includes('--help')) {
    context.print(deployUsage)
    return deployExitCodes.done
  }
  const outcome = await deployAsAsked(context).catch(
    (error: unknown) => ({ ok: false, refusal: refusalOf(error) }) as const,
  )
  if (outcome.ok) return deployExitCodes.done
  context.printError(`${outcome.refusal.code}: ${outcome.refusal.message}`)
  if (outcome.refusal.code === 'USAGE') context.printError('See --help.')
  return deployExitCodeOf(outcome.refusal)
}

async function deployAsAsked(context: DeployCommandContext): Promise<OrRefusal<undefined>> {
  const options = parseDeployOptions(context.args)
  if (!options.ok) return options
  const { keyFile } = context
  const deployer = await readDeployerKey(keyFile && resolve(context.folder, keyFile))
  if (!deployer.ok) return deployer
  const published = refusePublished(options.value, deployer.value)
  if (published !== undefined) return { ok: false, refusal: published }
  return deployTo(options.value, deployer.value, context)
}

/** Whoever reads Hardhat's documentation could post epochs, cancel them, certify what nobody held, or take what genesis mints. */
function refusePublished(
  { expectedChainId, parameters }: DeployCommandOptions,
  deployer: PrivateKeyAccount,
): DeployRefusal | undefined {
  if (expectedChainId === DEVELOPMENT_CHAIN_ID) return undefined
  const { poster, guardian, distribution, ledgerSigner } = parameters
  const roles = { deployer: deployer.address, poster, guardian, distribution, 'ledger signer': ledgerSigner }
  for (const [role, address] of Object.entries(roles))
    if (isPublishedAccount(address))
      return {
        code: 'PUBLISHED_ACCOUNT',
        message: `The key of the ${role} ${address} is published with Hardhat, so anybody can use it; it is good for chain ${DEVELOPMENT_CHAIN_ID} only.`,
      }
  return undefined
}

async function deployTo(
  { rpcUrl, expectedChainId, parameters, outFile, isDryRun }: DeployCommandOptions,
  deployer: PrivateKeyAccount,
  context: DeployCommandContext,
): Promise<OrRefusal<undefined>> {
  const { print, pollingIntervalMs: pollingInterval } = context
  const path = resolve(context.folder, outFile)
  const addresses = predictAddresses(deployer.address, parameters.firstNonce)
  const plan = planOf({ chainId: expectedChainId, deployer: deployer.address, addresses }, parameters)
  const file = await checkDeploymentFile(path, plan)
  if (!file.ok) return file

  const transport = http(rpcUrl, { retryCount: 2 })
  const chain = namedChain(expectedChainId, rpcUrl)
  const publicClient = createPublicClient({ chain, transport, pollingInterval })
  const chainId = await publicClient.getChainId()
  if (chainId !== expectedChainId)
    return refuse('WRONG_CHAIN', `The chain behind --rpc-url has id ${chainId}, and ${expectedChainId} is expected.`)
  print(`Chain ${chainId}, deployer ${deployer.address}.`)

  const poster = await checkPoster(publicClient, parameters.poster)
  if (!poster.ok) return poster
  if (isDryRun) {
    for (const line of await describeDryRun(publicClient, deployer.address, parameters)) print(line)
    return { ok: true, value: undefined }
  }
  const funds = await checkFunds(publicClient, deployer.address, addresses.token)
  if (!funds.ok) return funds
  const walletClient = createWalletClient({ chain, transport, account: deployer })
  const report = (progress: DeployProgress) => print(describeProgress(progress))
  const { deploymentBlock, transactionHashes } = await deployDeparrow({
    walletClient,
    publicClient,
    parameters,
    report,
  })
  const isNew = Object.keys(transactionHashes).length > 0
  print(`Verified: what the contracts say is what was asked for.${isNew ? '' : ' Nothing was sent.'}`)
  const isWritten = await writeDeploymentFile(path, { ...plan, deploymentBlock: String(deploymentBlock) })
  print(isWritten ? `Wrote ${path}.` : `${path} says so already.`)
  return { ok: true, value: undefined }
}

/** The poster is fixed for ever, and the contract takes epochs from an account without code only. */
async function checkPoster(client: PublicClient, poster: Address): Promise<OrRefusal<undefined>> {
  if ((await client.getCode({ address: poster })) === undefined) return { ok: true, value: undefined }
  return refuse(
    'POSTER_HAS_CODE',
    `The poster ${poster} has code, and settlement takes epochs from plain accounts only.`,
  )
}

/**
 * A deployment that has not begun is not begun without the coin for all of it. One that has begun is gone on with: the chain
 * itself says when the coin does not suffice for what is missing.
 */
async function checkFunds(client: PublicClient, deployer: Address, token: Address): Promise<OrRefusal<undefined>> {
  const [code, balanceWei, { maxFeePerGas }] = await Promise.all([
    client.getCode({ address: token }),
    client.getBalance({ address: deployer }),
    client.estimateFeesPerGas(),
  ])
  const neededWei = DEPLOY_GAS * maxFeePerGas
  if (code !== undefined || balanceWei >= neededWei) return { ok: true, value: undefined }
  return refuse(
    'INSUFFICIENT_FUNDS',
    `The deployer ${deployer} has ${formatEther(balanceWei)} of the chain's coin, and the deployment may take ${formatEther(neededWei)} at the present gas price.`,
  )
}

/** Enough for viem to sign for the chain; the name of its coin is nowhere shown. */
function namedChain(id: number, rpcUrl: string) {
  return defineChain({
    id,
    name: `chain ${id}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  })
}

function describeProgress({ step, status, address, transactionHash }: DeployProgress): string {
  const what = step === 'genesis' ? 'genesis mint' : `${step} at ${address}`
  if (status === 'found') return `${what}: found, done before.`
  return `${what}: ${status} in transaction ${transactionHash}.`
}

const refusalsByError: Readonly<Record<string, DeployRefusal['code']>> = {
  DeploymentMismatchError: 'DEPLOYMENT_MISMATCH',
  DeployerNonceError: 'DEPLOYER_NONCE',
  DeployerBusyError: 'DEPLOYER_BUSY',
  DeployTransactionError: 'TRANSACTION_REVERTED',
}

/** viem's messages hold the URL, which may carry an access key; its short messages do not. */
function refusalOf(error: unknown): DeployRefusal {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: 'Something that is no error was thrown.' }
  const known = refusalsByError[error.name]
  if (known !== undefined) return { code: known, message: error.message }
  if (!(error instanceof BaseError))
    return { code: 'INTERNAL', message: `An error that should not happen (${error.name}): ${error.message}` }
  const isA = (kind: abstract new (...args: never[]) => unknown) => error.walk(cause => cause instanceof kind) !== null
  if (isA(InsufficientFundsError))
    return {
      code: 'INSUFFICIENT_FUNDS',
      message: 'The deployer cannot pay for the next transaction: send it more coin and run this again.',
    }
  if (isA(HttpRequestError) || isA(TimeoutError) || isA(WaitForTransactionReceiptTimeoutError))
    return {
      code: 'CHAIN_UNREACHABLE',
      message: 'The JSON-RPC server behind --rpc-url does not answer, or not in time; run this again to go on.',
    }
  return { code: 'CHAIN_REFUSED', message: `The chain refused: ${error.shortMessage.replaceAll(/\s+/g, ' ')}` }
}
