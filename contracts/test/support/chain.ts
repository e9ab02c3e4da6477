/** One in-process chain for all specs of settlement; each test starts from a fixture's snapshot. */
import { type Address, getContract, type Hex } from 'viem'
import { deployDeparrow } from '../../deploy/deploy.ts'
import { fundPosterBond, linkSettlement } from '../../deploy/index.ts'
import { dpcTokenAbi, emissionAbi, nodeRegistryAbi, settlementAbi } from '../../generated/index.ts'
import { openChain } from './clients.ts'
import { CREDIT_WEI } from './constants.ts'

export * from './constants.ts'

export const {
  viem,
  networkHelpers,
  publicClient,
  deployer,
  poster,
  guardian,
  distribution,
  alice,
  bob,
  carol,
  stranger,
} = await openChain()

export const WINDOW_SECONDS = 100n
export const INBOX_AGE_SECONDS = 10n
export const ANSWER_SECONDS = 20n
export const ROUNDS_MAX = 3n
/** The least that the contract allows, 3 × (W + 2·K·A), and a second. */
export const EXIT_SECONDS = 661n
export const UNBOND_SECONDS = 50n
/** Enough for the longest line of epochs that a spec leaves unfinalised. */
const BOND_EPOCHS = 100n
export const CAP_WEI = 10n ** 27n
export const EPOCH_BOND_WEI = 1_000n * CREDIT_WEI
export const COMPENSATION_MAX_MICROCREDITS = 1_000_000_000n
export const GENESIS_MICROCREDITS = 150_000_000n * 1_000_000n

export const deployParameters = {
  poster: poster.account.address,
  guardian: guardian.account.address,
  distribution: distribution.account.address,
  ledgerSigner: guardian.account.address,
  windowSeconds: WINDOW_SECONDS,
  inboxAgeSeconds: INBOX_AGE_SECONDS,
  answerSeconds: ANSWER_SECONDS,
  roundsMax: ROUNDS_MAX,
  exitSeconds: EXIT_SECONDS,
  epochBondWei: EPOCH_BOND_WEI,
  compensationMaxMicrocredits: COMPENSATION_MAX_MICROCREDITS,
  unbondSeconds: UNBOND_SECONDS,
}

/** What a settlement contract is given that nobody else knows of; everybody in it is a stranger. */
export const strangeParameters = () => {
  const { address } = stranger.account
  const { windowSeconds, inboxAgeSeconds, answerSeconds, roundsMax, exitSeconds, epochBondWei } = deployParameters
  const { compensationMaxMicrocredits } = deployParameters
  return {
    ...{ token: address, emission: address, disputes: address, poster: address, guardian: address },
    ...{ windowSeconds, inboxAgeSeconds, answerSeconds, roundsMax, exitSeconds, epochBondWei },
    compensationMaxMicrocredits,
  }
}

/** Deploys another settlement contract; evidence is judged by the library of the first. */
export function deploySettlement(parameters: ReturnType<typeof strangeParameters>, evidence: Address): Promise<Hex> {
  const bytecode = linkSettlement(evidence)
  return deployer.deployContract({ abi: settlementAbi, bytecode, args: [parameters] })
}

/** The contracts as just deployed for users, with a bond and old enough genesis items; alice, bob and carol hold 1 000 DPC each and have
 * approved them, and are payees 1, 2 and 3. Every spec shares this one fixture: a second one would start from the state
 * that the test before left behind. */
export const loadContracts = () => networkHelpers.loadFixture(deployContracts)

async function deployContracts() {
  const { addresses } = await deployDeparrow({ walletClient: deployer, publicClient, parameters: deployParameters })
  const client = { public: publicClient, wallet: distribution }
  await fundPosterBond({ walletClient: distribution, publicClient }, addresses.settlement, BOND_EPOCHS)
  await asDisputes(addresses.disputes)
  const token = getContract({ address: addresses.token, abi: dpcTokenAbi, client })
  const emission = getContract({ address: addresses.emission, abi: emissionAbi, client })
  const settlement = getContract({
    address: addresses.settlement,
    abi: settlementAbi,
    client: { ...client, wallet: poster },
  })
  const registry = getContract({ address: addresses.registry, abi: nodeRegistryAbi, client })
  for (const { account } of [alice, bob, carol]) {
    await token.write.transfer([account.address, 1_000n * CREDIT_WEI])
    await token.write.approve([addresses.settlement, 1_000n * CREDIT_WEI], { account })
  }
  await settlement.write.registerPayees([[alice, bob, carol].map(({ account }) => account.address)])
  await networkHelpers.time.increase(INBOX_AGE_SECONDS)
  return { addresses, token, emission, settlement, registry }
}

/** Lets specs send as the disputes contract, which has no key. */
async function asDisputes(disputes: Address): Promise<void> {
  await networkHelpers.impersonateAccount(disputes)
  await networkHelpers.setBalance(disputes, CREDIT_WEI)
}

export type Contracts = Awaited<ReturnType<typeof deployContracts>>
