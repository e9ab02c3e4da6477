/** The contracts with the model's parameters, on a chain whose blocks come when the model says, several in one second if need be. */
import { artifacts, network } from 'hardhat'
import {
  type Abi,
  type Address,
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
  getContractAddress,
  type Hex,
} from 'viem'
import {
  disputedReceiptsAbi,
  disputesAbi,
  dpcTokenAbi,
  emissionAbi,
  epochEvidenceAbi,
  settlementAbi,
} from '../../generated/index.ts'
import { CREDIT_WEI } from '../support/constants.ts'
import { addressOf, seconds, twinParams, wei } from './names.ts'

const connection = await network.create({ override: { allowBlocksWithSameTimestamp: true } })
const { provider, networkHelpers, viem } = connection
const publicClient = await viem.getPublicClient()

/** Who takes part in games, beside the deployer. */
export const parties = ['alice', 'bob', 'nora', 'mallory', 'dave', 'grief', 'watcher', 'poster'] as const
const callers = [...parties, 'guardian', 'anybody'] as const

/** What each party has in its wallet and in its purse when a game begins; the poster adds its bond out of it. */
export const START_WEI = 10_000n * CREDIT_WEI
export const PURSE_WEI = 100n * CREDIT_WEI

const errorsAbi: Abi = [
  ...settlementAbi,
  ...epochEvidenceAbi,
  ...disputesAbi,
  ...disputedReceiptsAbi,
  ...dpcTokenAbi,
  ...(await artifacts.readArtifact('JudgeHarness')).abi,
  ...(await artifacts.readArtifact('SumTreeHarness')).abi,
].filter(({ type }) => type === 'error')

export type Call = { readonly to: Address; readonly data: Hex }
/** A transaction and who sends it. */
export type Sending = { readonly caller: string; readonly call: Call }
/** What became of a transaction: the name of the custom error by which it was refused, or nothing. */
export type Sent = { readonly error?: string }

/** A deployment to play one game after the other with. */
export class TwinChain {
  private constructor(
    readonly addresses: Readonly<Record<'token' | 'settlement' | 'disputes' | 'receipts' | 'facts', Address>>,
    private readonly startedAt: bigint,
    private readonly snapshot: { restore(): Promise<void> },
  ) {}

  /** Deploys the contracts and gives everybody DPC, approvals and a purse. */
  static async deploy(): Promise<TwinChain> {
    const addresses = await deployContracts()
    const { token, settlement, disputes } = addresses
    const [deployer] = await viem.getWalletClients()
    const distribution = deployer?.account.address as Address
    for (const name of callers) {
      await networkHelpers.impersonateAccount(addressOf(name))
      await networkHelpers.setBalance(addressOf(name), CREDIT_WEI)
      const give = [addressOf(name), START_WEI + PURSE_WEI]
      await request(distribution, { to: token, data: encode(dpcTokenAbi, 'transfer', give) })
      for (const spender of [settlement, disputes])
        await request(addressOf(name), { to: token, data: encode(dpcTokenAbi, 'approve', [spender, 2n ** 255n]) })
      await request(addressOf(name), { to: disputes, data: encode(disputesAbi, 'fund', [PURSE_WEI]) })
    }
    const startedAt = BigInt(await networkHelpers.time.latest())
    return new TwinChain(addresses, startedAt, await networkHelpers.takeSnapshot())
  }

  /** Back to where a game begins, with so much of a bond behind the poster, in µcr. */
  async begin(posterBond: number): Promise<void> {
    await this.snapshot.restore()
    await this.send('poster', this.settlement('addBond', [wei(posterBond)]), 0)
  }

  /** The domain of everything that is signed. */
  get domain(): { readonly chainId: number; readonly verifyingContract: Address } {
    return { chainId: 31_337, verifyingContract: this.addresses.settlement.toLowerCase() as Address }
  }

  settlement(name: string, args: readonly unknown[]): Call {
    return { to: this.addresses.settlement, data: encode(settlementAbi, name, args) }
  }

  /** When a time of the model is on this chain. */
  timeOf(now: number): bigint {
    return this.startedAt + seconds(now)
  }

  /** Sends a transaction that is mined at this time of the model. */
  async send(caller: string, call: Call, now: number): Promise<Sent> {
    await networkHelpers.time.setNextBlockTimestamp(this.timeOf(now))
    try {
      await request(addressOf(caller), call)
      return {}
    } catch (thrown) {
      return { error: nameOfError(thrown) }
    }
  }

  /** Reads from a contract as it stands in the latest block. */
  async read<T>(to: Address, abi: Abi | readonly unknown[], name: string, args: readonly unknown[]): Promise<T> {
    const data = encode(abi as Abi, name, args)
    const answer = await provider.request({ method: 'eth_call', params: [{ to, data }, 'latest'] })
    return decodeFunctionResult({ abi: abi as Abi, functionName: name, data: answer as Hex }) as T
  }
}

export const encode = (abi: Abi | readonly unknown[], functionName: string, args: readonly unknown[]): Hex =>
  encodeFunctionData({ abi: abi as Abi, functionName, args })

/** More than any transaction of a game takes, so that nothing has to be estimated. */
const GAS = '0xe00000'

const request = (from: Address, { to, data }: Call) =>
  provider.request({ method: 'eth_sendTransaction', params: [{ from, to, data, gas: GAS, gasPrice: '0x77359400' }] })

/** The custom error that a transaction was reverted with. Throws what is no revert with one of the contracts' errors. */
function nameOfError(thrown: unknown): string {
  const found = (thrown as { data?: unknown }).data
  const data = typeof found === 'string' ? found : (found as { data?: unknown } | undefined)?.data
  if (typeof data !== 'string' || data.length < 10) throw thrown
  return decodeErrorResult({ abi: errorsAbi, data: data as Hex }).errorName
}

async function deployContracts() {
  const [deployer] = await viem.getWalletClients()
  const distribution = deployer?.account.address as Address
  const evidence = await viem.deployContract('EpochEvidence')
  const facts = await viem.deployContract('TwinFacts')
  const first = BigInt(await publicClient.getTransactionCount({ address: distribution }))
  const at = (offset: bigint) => getContractAddress({ from: distribution, nonce: first + offset })
  const [token, emission, settlement, disputes, receipts] = [0n, 1n, 2n, 3n, 4n].map(at) as [
    Address,
    Address,
    Address,
    Address,
    Address,
  ]
  await viem.deployContract('DPCToken', [emission])
  await viem.deployContract('Emission', [token, settlement, distribution, 50_000_000n * CREDIT_WEI])
  const parameters = {
    ...{ token, emission, disputes, poster: addressOf('poster'), guardian: addressOf('guardian') },
    windowSeconds: seconds(twinParams.windowSeconds),
    inboxAgeSeconds: seconds(twinParams.inboxAgeSeconds),
    answerSeconds: seconds(twinParams.answerSeconds),
    roundsMax: BigInt(twinParams.rowMax),
    exitSeconds: seconds(twinParams.exitSeconds),
    epochBondWei: wei(twinParams.epochBond),
    compensationMaxMicrocredits: BigInt(twinParams.orderCap),
  }
  await viem.deployContract('Settlement', [parameters], { libraries: { EpochEvidence: evidence.address } })
  const disputing = [settlement, addressOf('ledger'), wei(twinParams.demandBond), receipts] as const
  await viem.deployContract('Disputes', disputing)
  await viem.deployContract('DisputedReceipts', [disputes, addressOf('ledger')])
  await request(distribution, { to: emission, data: encode(emissionAbi, 'genesis', []) })
  return { token, settlement, disputes, receipts, facts: facts.address }
}
