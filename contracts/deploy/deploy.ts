import type { Account, Address, Chain, Hash, PublicClient, Transport, WalletClient } from 'viem'
import { settlementAbi } from '../generated/index.ts'
import { type DeparrowAddresses, predictAddresses } from './addresses.ts'
import { DeployerBusyError, DeployerNonceError, DeployTransactionError } from './errors.ts'
import { type ChosenParameters, completeParameters } from './parameters.ts'
import { type DeployStep, type PlannedStep, planSteps } from './plan.ts'
import { verifyDeployment } from './verify.ts'

/** What a deployment needs. */
export type DeployRequest = {
  /** Signs the deployment transactions; its account is the deployer. */
  walletClient: WalletClient<Transport, Chain, Account>
  /** Reads the same chain. */
  publicClient: PublicClient
  parameters: ChosenParameters
  /** Told of each step when it is found done, sent and mined. */
  report?: (progress: DeployProgress) => void
}

/** How a step stands. `found`: it had been done before. */
export type DeployProgress = {
  step: DeployStep
  /** The contract that the step creates, or calls. */
  address: Address
} & ({ status: 'found'; transactionHash?: never } | { status: 'sent' | 'mined'; transactionHash: Hash })

/** A verified deployment. */
export type Deployment = {
  addresses: DeparrowAddresses
  /** Hashes of the transactions that this call sent; a step that had been done before has none. */
  transactionHashes: Partial<Record<DeployStep, Hash>>
  /** The block in which `Settlement` was deployed: no event is older. */
  deploymentBlock: bigint
}

/** How long to wait for transactions that the deployer sent before: as long as viem waits for a receipt. */
const SENT_TIMEOUT_MS = 180_000

/**
 * Deploys all contracts and mints the genesis amounts, doing only what is missing: a deployment that was
 * interrupted is taken up where it stopped, and a finished one is only verified. Transactions are sent together, but for those whose
 * gas can only be estimated once the ones before are mined.
 *
 * Throws `DeployerBusyError` when earlier transactions of the deployer stay unmined, `DeployerNonceError` when the deployer's nonce has gone elsewhere, `DeployTransactionError` when a transaction
 * reverts, `DeploymentMismatchError` when what stands there was deployed with other parameters.
 */
export async function deployDeparrow(request: DeployRequest): Promise<Deployment> {
  const { walletClient, publicClient, parameters, report = () => undefined } = request
  const complete = completeParameters(parameters)
  const deployer = walletClient.account.address
  const addresses = predictAddresses(deployer, complete.firstNonce)
  await awaitSentTransactions(publicClient, deployer)

  const steps = await planSteps(publicClient, addresses, complete)
  const missing = steps.filter(({ isDone }) => !isDone)
  for (const { step, address, isDone } of steps) if (isDone) report({ step, address, status: 'found' })
  await requireNonce(publicClient, deployer, missing[0])
  const transactionHashes = await sendSteps({ ...request, report }, missing)

  await verifyDeployment(publicClient, addresses, complete)
  const deploymentBlock = await publicClient.readContract({
    address: addresses.settlement,
    abi: settlementAbi,
    functionName: 'deploymentBlock',
  })
  return { addresses, transactionHashes, deploymentBlock }
}

async function sendSteps(
  { walletClient, publicClient, report }: Required<DeployRequest>,
  missing: PlannedStep[],
): Promise<Deployment['transactionHashes']> {
  const hashes: Partial<Record<DeployStep, Hash>> = {}
  const underWay: { step: DeployStep; address: Address; transactionHash: Hash }[] = []
  const awaitMined = async () => {
    for (const { step, address, transactionHash } of underWay.splice(0)) {
      const receipt = await publicClient.waitForTransactionReceipt({ hash: transactionHash })
      if (receipt.status === 'reverted') throw new DeployTransactionError({ step, transactionHash })
      report({ step, address, status: 'mined', transactionHash })
    }
  }
  for (const planned of missing) {
    const { step, address, nonce, data, to } = planned
    if (planned.gasMeasured !== undefined) await awaitMined()
    const gas =
      planned.gasMeasured === undefined
        ? planned.gas
        : await publicClient.estimateGas({ account: walletClient.account.address, data })
    const transactionHash = await walletClient.sendTransaction({
      nonce,
      data,
      ...(to === undefined ? {} : { to }),
      ...(gas === undefined ? {} : { gas }),
    })
    hashes[step] = transactionHash
    underWay.push({ step, address, transactionHash })
    report({ step, address, status: 'sent', transactionHash })
  }
  await awaitMined()
  return hashes
}

/** A deployment that was interrupted may have transactions under way; what they do is only known once they are mined. */
async function awaitSentTransactions(publicClient: PublicClient, deployer: Address): Promise<void> {
  const sent = await publicClient.getTransactionCount({ address: deployer, blockTag: 'pending' })
  const deadline = Date.now() + SENT_TIMEOUT_MS
  while ((await publicClient.getTransactionCount({ address: deployer, blockTag: 'latest' })) < sent) {
    if (Date.now() > deadline) throw new DeployerBusyError({ deployer, sentCount: sent, timeoutMs: SENT_TIMEOUT_MS })
    await new Promise(resolve => setTimeout(resolve, publicClient.pollingInterval))
  }
}

/** Genesis is a call that anybody may make and needs no particular nonce; a contract's address does. */
async function requireNonce(
  publicClient: PublicClient,
  deployer: Address,
  next: PlannedStep | undefined,
): Promise<void> {
  if (next === undefined) return
  const nonce = await publicClient.getTransactionCount({ address: deployer })
  if (next.step === 'genesis') next.nonce = nonce
  else if (nonce !== next.nonce)
    throw new DeployerNonceError({ deployer, expectedNonce: next.nonce, nonce, missing: next.step })
}
