import { type Address, isAddressEqual, type PublicClient } from 'viem'
import {
  disputedReceiptsAbi,
  disputesAbi,
  dpcTokenAbi,
  emissionAbi,
  nodeRegistryAbi,
  settlementAbi,
} from '../generated/index.ts'
import type { DeparrowAddresses } from './addresses.ts'
import { DeploymentMismatchError } from './errors.ts'
import type { DeployParameters } from './parameters.ts'

/** The cap of DPC in wei, as `CAP_WEI` in `src/types/Amounts.sol`. */
const CAP_WEI = 10n ** 27n

type Parameters = Omit<DeployParameters, 'firstNonce'>

/**
 * Reads back everything that is fixed at deployment and compares it with the parameters.
 * Throws `DeploymentMismatchError` at the first difference, in the order token, emission, settlement, registry, disputes, receipts
 * contract.
 */
export async function verifyDeployment(
  publicClient: PublicClient,
  addresses: DeparrowAddresses,
  parameters: Parameters,
): Promise<void> {
  await verifyToken(publicClient, addresses)
  await verifyEmission(publicClient, addresses, parameters)
  await verifySettlement(publicClient, addresses, parameters)
  await verifyRegistry(publicClient, addresses, parameters)
  await verifyDisputes(publicClient, addresses, parameters)
  await verifyDisputedReceipts(publicClient, addresses, parameters)
}

async function verifyToken(client: PublicClient, { token, emission }: DeparrowAddresses): Promise<void> {
  const contract = { address: token, abi: dpcTokenAbi } as const
  const [minter, cap] = await Promise.all([
    client.readContract({ ...contract, functionName: 'emission' }),
    client.readContract({ ...contract, functionName: 'cap' }),
  ])
  expectAddress(token, 'the minter', emission, minter)
  expectEqual(token, 'the cap', CAP_WEI, cap)
}

async function verifyEmission(
  client: PublicClient,
  { token, emission, settlement }: DeparrowAddresses,
  parameters: Parameters,
): Promise<void> {
  const contract = { address: emission, abi: emissionAbi } as const
  const [foundToken, foundSettlement, distribution, treasury] = await Promise.all([
    client.readContract({ ...contract, functionName: 'token' }),
    client.readContract({ ...contract, functionName: 'settlement' }),
    client.readContract({ ...contract, functionName: 'distribution' }),
    client.readContract({ ...contract, functionName: 'genesisTreasuryWei' }),
  ])
  expectAddress(emission, 'the token', token, foundToken)
  expectAddress(emission, 'the settlement contract', settlement, foundSettlement)
  expectAddress(emission, 'the distribution wallet', parameters.distribution, distribution)
  expectEqual(emission, "the treasury's genesis amount", parameters.genesisTreasuryWei, treasury)
}

async function verifySettlement(
  client: PublicClient,
  { token, emission, settlement, disputes }: DeparrowAddresses,
  parameters: Parameters,
): Promise<void> {
  const contract = { address: settlement, abi: settlementAbi } as const
  const expectedAddresses = [
    ['token', 'the token', token],
    ['emission', 'the emission contract', emission],
    ['disputes', 'the disputes contract', disputes],
    ['poster', 'the poster', parameters.poster],
    ['guardian', 'the guardian', parameters.guardian],
  ] as const
  for (const [functionName, what, expected] of expectedAddresses)
    expectAddress(settlement, what, expected, await client.readContract({ ...contract, functionName }))
  const expectedAmounts = [
    ['windowSeconds', 'the window in seconds'],
    ['inboxAgeSeconds', 'the inbox age in seconds'],
    ['answerSeconds', 'the time to answer in seconds'],
    ['roundsMax', 'the rounds of demands'],
    ['exitSeconds', 'the exit period in seconds'],
    ['epochBondWei', 'the bond of an epoch in wei'],
    ['compensationMaxMicrocredits', 'the highest compensation in microcredits'],
  ] as const
  for (const [functionName, what] of expectedAmounts)
    expectEqual(settlement, what, parameters[functionName], await client.readContract({ ...contract, functionName }))
}

async function verifyRegistry(
  client: PublicClient,
  { token, settlement, registry }: DeparrowAddresses,
  { unbondSeconds }: Parameters,
): Promise<void> {
  const contract = { address: registry, abi: nodeRegistryAbi } as const
  const [foundToken, foundSettlement, foundSeconds] = await Promise.all([
    client.readContract({ ...contract, functionName: 'token' }),
    client.readContract({ ...contract, functionName: 'settlement' }),
    client.readContract({ ...contract, functionName: 'unbondSeconds' }),
  ])
  expectAddress(registry, 'the token', token, foundToken)
  expectAddress(registry, 'the settlement contract', settlement, foundSettlement)
  expectEqual(registry, 'the unbonding period in seconds', unbondSeconds, foundSeconds)
}

/** Token, poster, periods and rounds it takes over from settlement when it is created. */
async function verifyDisputes(
  client: PublicClient,
  { settlement, disputes, disputedReceipts }: DeparrowAddresses,
  { ledgerSigner, askerBondWei }: Parameters,
): Promise<void> {
  const contract = { address: disputes, abi: disputesAbi } as const
  const [foundSettlement, foundReceipts, foundSigner, foundBondWei] = await Promise.all([
    client.readContract({ ...contract, functionName: 'settlement' }),
    client.readContract({ ...contract, functionName: 'receipts' }),
    client.readContract({ ...contract, functionName: 'ledgerSigner' }),
    client.readContract({ ...contract, functionName: 'askerBondWei' }),
  ])
  expectAddress(disputes, 'the settlement contract', settlement, foundSettlement)
  expectAddress(disputes, 'the receipts contract', disputedReceipts, foundReceipts)
  expectAddress(disputes, 'the ledger signer', ledgerSigner, foundSigner)
  expectEqual(disputes, 'the bond of a demand in wei', askerBondWei, foundBondWei)
}

async function verifyDisputedReceipts(
  client: PublicClient,
  { disputes, disputedReceipts }: DeparrowAddresses,
  { ledgerSigner }: Parameters,
): Promise<void> {
  const contract = { address: disputedReceipts, abi: disputedReceiptsAbi } as const
  const [foundDisputes, foundSigner] = await Promise.all([
    client.readContract({ ...contract, functionName: 'disputes' }),
    client.readContract({ ...contract, functionName: 'ledgerSigner' }),
  ])
  expectAddress(disputedReceipts, 'the disputes contract', disputes, foundDisputes)
  expectAddress(disputedReceipts, 'the ledger signer', ledgerSigner, foundSigner)
}

function expectAddress(address: Address, what: string, expected: Address, found: Address): void {
  if (!isAddressEqual(expected, found)) throw new DeploymentMismatchError({ address, what, expected, found })
}

function expectEqual(address: Address, what: string, expected: bigint, found: bigint): void {
  if (expected !== found)
    throw new DeploymentMismatchError({ address, what, expected: String(expected), found: String(found) })
}
