import { dpcTokenAbi } from '@deparrow/contracts'
import { type DeparrowAddresses, deployDefaults, deployDeparrow, fundPosterBond } from '@deparrow/contracts/deploy'
import { type Address, type Domain, lowerHex, weiPerMicrocredit } from '@deparrow/ledger'
import { createPublicClient, createWalletClient, type PublicClient } from 'viem'
import { hardhat } from 'viem/chains'
import type { Person } from './person.ts'
import type { SimulatedChain } from './simulated-chain.ts'

const hourSeconds = 3_600n

/** An epoch is final the next morning; a demand has an hour for its answer. */
export const periods = {
  windowSeconds: 6n * hourSeconds,
  inboxAgeSeconds: 600n,
  answerSeconds: hourSeconds,
  roundsMax: 36n,
  exitSeconds: deployDefaults.exitSeconds,
  unbondSeconds: deployDefaults.unbondSeconds,
} as const

/** Those whose keys the contracts name. */
export type Officers = {
  readonly deployer: Person
  readonly poster: Person
  readonly guardian: Person
  readonly distribution: Person
  readonly ledgerSigner: Person
  readonly treasurer: Person
}

/** The deployed contracts, and how they are read. */
export type Contracts = {
  readonly addresses: DeparrowAddresses
  readonly domain: Domain
  readonly client: PublicClient
  /** What was paid for the poster's bond. */
  readonly bondWei: bigint
}

/** For how many epochs the poster has a bond: each malicious one costs it one. */
const bondEpochs = 12n

export async function deployContracts(chain: SimulatedChain, officers: Officers): Promise<Contracts> {
  const { deployer, poster, guardian, distribution } = officers
  const { transport } = chain
  const client = createPublicClient({ chain: hardhat, transport, pollingInterval: 1 })
  const walletOf = ({ account }: Person) => createWalletClient({ chain: hardhat, transport, account })
  for (const { address } of Object.values(officers)) await chain.endow(address)
  const { addresses } = await deployDeparrow({
    walletClient: walletOf(deployer),
    publicClient: client,
    parameters: {
      ...periods,
      poster: poster.address,
      guardian: guardian.address,
      distribution: distribution.address,
      ledgerSigner: officers.ledgerSigner.address,
    },
  })
  await fundPosterBond({ walletClient: walletOf(distribution), publicClient: client }, addresses.settlement, bondEpochs)
  const domain = { chainId: hardhat.id, verifyingContract: lowerHex(addresses.settlement) }
  return { addresses, domain, client, bondWei: bondEpochs * deployDefaults.epochBondWei }
}

/** DPC of an account, in wei. */
export function dpcWei({ client, addresses }: Contracts, account: Address): Promise<bigint> {
  return client.readContract({ address: addresses.token, abi: dpcTokenAbi, functionName: 'balanceOf', args: [account] })
}

export const wei = (microcredits: bigint): bigint => microcredits * weiPerMicrocredit
