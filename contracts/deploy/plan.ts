import { type Abi, type Address, encodeDeployData, encodeFunctionData, type Hex, type PublicClient } from 'viem'
import {
  disputedReceiptsAbi,
  disputedReceiptsBytecode,
  disputesAbi,
  disputesBytecode,
  dpcTokenAbi,
  dpcTokenBytecode,
  emissionAbi,
  emissionBytecode,
  epochEvidenceBytecode,
  nodeRegistryAbi,
  nodeRegistryBytecode,
  settlementAbi,
} from '../generated/index.ts'
import type { DeparrowAddresses } from './addresses.ts'
import { linkSettlement } from './link.ts'
import type { DeployParameters } from './parameters.ts'

/** The steps of a deployment, in the order of their transactions. */
export type DeployStep =
  | 'token'
  | 'emission'
  | 'settlement'
  | 'evidence'
  | 'registry'
  | 'disputes'
  | 'disputedReceipts'
  | 'genesis'

/** One transaction of a deployment. */
export type PlannedStep = {
  step: DeployStep
  /** What the step creates, or calls. */
  address: Address
  nonce: number
  data: Hex
  /** By name, what the constructor is given. */
  constructorArguments: Readonly<Record<string, unknown>>
  to?: Address
  gas?: bigint
  /**
   * Of a constructor that reads what the steps before it create, so that its gas can only be estimated once these are mined: what it took
   * when it was measured. It is not sent with that, because a creation that fails takes its nonce, and with it the address, for ever.
   */
  gasMeasured?: bigint
  isDone: boolean
}

/** As measured on Osaka, rounded up; both fit into a transaction there, which has 2^24 gas at most (EIP-7825). */
const DISPUTES_GAS = 9_800_000n
const DISPUTED_RECEIPTS_GAS = 5_200_000n

/** Enough for the genesis mint: two balances and two inbox items. The next hardfork asks several times as much for new state; what is left is returned. */
const GENESIS_GAS = 3_000_000n

/** What `Settlement` is given. */
export function settlementParameters(
  { token, emission, disputes }: Pick<DeparrowAddresses, 'token' | 'emission' | 'disputes'>,
  parameters: DeployParameters,
) {
  const { poster, guardian, windowSeconds, inboxAgeSeconds, answerSeconds, roundsMax, exitSeconds } = parameters
  const { epochBondWei, compensationMaxMicrocredits } = parameters
  return {
    ...{ token, emission, disputes, poster, guardian },
    ...{ windowSeconds, inboxAgeSeconds, answerSeconds, roundsMax, exitSeconds },
    ...{ epochBondWei, compensationMaxMicrocredits },
  }
}

/** Every transaction of a deployment; what stands on the chain already is marked as done. */
export async function planSteps(
  publicClient: PublicClient,
  addresses: DeparrowAddresses,
  parameters: DeployParameters,
): Promise<PlannedStep[]> {
  const creations = creationsOf(addresses, parameters)
  const codes = await Promise.all(creations.map(({ step }) => publicClient.getCode({ address: addresses[step] })))
  const steps: PlannedStep[] = creations.map((creation, index) => ({
    ...creation,
    address: addresses[creation.step],
    nonce: parameters.firstNonce + index,
    isDone: codes[index] !== undefined,
  }))
  const { emission } = addresses
  const isGenesisMinted =
    steps.some(({ step, isDone }) => step === 'emission' && isDone) &&
    (await publicClient.readContract({ address: emission, abi: emissionAbi, functionName: 'isGenesisMinted' }))
  steps.push({
    step: 'genesis',
    address: emission,
    nonce: parameters.firstNonce + steps.length,
    data: encodeFunctionData({ abi: emissionAbi, functionName: 'genesis' }),
    constructorArguments: {},
    to: emission,
    gas: GENESIS_GAS,
    isDone: isGenesisMinted,
  })
  return steps
}

type Creation = Pick<PlannedStep, 'data' | 'constructorArguments' | 'gasMeasured'> & {
  step: Exclude<DeployStep, 'genesis'>
}

/** The contracts in the order of `predictAddresses`. */
function creationsOf(addresses: DeparrowAddresses, parameters: DeployParameters): Creation[] {
  const { token, emission, settlement, evidence, disputes, disputedReceipts: receipts } = addresses
  const { distribution, genesisTreasuryWei, unbondSeconds, ledgerSigner, askerBondWei } = parameters
  return [
    creation('token', dpcTokenAbi, dpcTokenBytecode, { emission }),
    creation('emission', emissionAbi, emissionBytecode, { token, settlement, distribution, genesisTreasuryWei }),
    creation('settlement', settlementAbi, linkSettlement(evidence), {
      parameters: settlementParameters(addresses, parameters),
    }),
    creation('evidence', [], epochEvidenceBytecode, {}),
    creation('registry', nodeRegistryAbi, nodeRegistryBytecode, { token, settlement, unbondSeconds }),
    {
      ...creation('disputes', disputesAbi, disputesBytecode, { settlement, ledgerSigner, askerBondWei, receipts }),
      gasMeasured: DISPUTES_GAS,
    },
    {
      ...creation('disputedReceipts', disputedReceiptsAbi, disputedReceiptsBytecode, { disputes, ledgerSigner }),
      gasMeasured: DISPUTED_RECEIPTS_GAS,
    },
  ]
}

/** The arguments stand in the order of the constructor. */
function creation(
  step: Creation['step'],
  abi: Abi,
  bytecode: Hex,
  constructorArguments: Record<string, unknown>,
): Creation {
  const args = Object.values(constructorArguments)
  const data = args.length === 0 ? bytecode : encodeDeployData({ abi, bytecode, args })
  return { step, data, constructorArguments }
}
