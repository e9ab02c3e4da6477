import {
  disputedReceiptsAbi,
  disputesAbi,
  dpcTokenAbi,
  emissionAbi,
  localAddresses,
  nodeRegistryAbi,
  settlementAbi,
} from '@deparrow/contracts'
import { type Address, lowerHex } from '@deparrow/ledger'
import {
  AnswerInvalidError,
  DeparrowError,
  developmentChainId,
  NetworkMismatchError,
  NetworkUnreachableError,
} from '@deparrow/sdk/network'
import {
  type Abi,
  BaseError,
  type Chain,
  createPublicClient,
  defineChain,
  HttpRequestError,
  http,
  type PublicClient,
  TimeoutError,
  type Transport,
} from 'viem'
import type {
  Contract,
  DisputesContract,
  EmissionContract,
  ReceiptsContract,
  RegistryContract,
  SettlementContract,
  TokenContract,
} from './contracts.ts'
import { ContractMissingError, SettlementUnnamedError } from './errors.ts'

export type ChainChoice = {
  /** JSON-RPC over http or https. It may carry an access key, and is never repeated whole. */
  readonly rpcUrl: string
  /** Default: where our own deployment on this chain has it. */
  readonly settlement?: Address | undefined
  /** Default: where our own deployment on this chain has it; on other chains no registry is looked at. */
  readonly registry?: Address | undefined
  /** The chain that must answer. */
  readonly chainId?: number | undefined
  /** How long to wait for an answer. */
  readonly timeoutMs?: number
}

/** Periods that were fixed when the contracts were deployed, in seconds, but for `roundsMax`. */
export type SettlementPeriods = {
  readonly windowSeconds: bigint
  readonly inboxAgeSeconds: bigint
  readonly answerSeconds: bigint
  readonly exitSeconds: bigint
  readonly roundsMax: bigint
}

/** The contracts of one deployment, each checked to name the others, and the chain that they are on. */
export type SettlementChain = {
  /** Scheme, host and port of the RPC, for messages. */
  readonly rpcOrigin: string
  readonly chain: Chain
  readonly client: ChainClient
  readonly settlement: SettlementContract
  readonly token: TokenContract
  readonly emission: EmissionContract
  /** `undefined` where no contract of demands stands at the address that settlement obeys. */
  readonly disputes: DisputesContract | undefined
  readonly receipts: ReceiptsContract | undefined
  readonly registry: RegistryContract | undefined
  /** No event is older. */
  readonly deploymentBlock: bigint
  readonly periods: SettlementPeriods
}

export type ChainClient = PublicClient<Transport, Chain>

const timeoutMsDefault = 15_000

/** A development chain has a block each second and answers at once; elsewhere blocks take seconds. */
const pollingMs = { development: 100, other: 2_000 } as const

/**
 * Opens the chain behind an RPC and finds all contracts from the address of `Settlement` alone. Throws `NETWORK_UNREACHABLE`, `NETWORK_MISMATCH` for
 * another chain and for contracts that do not belong together, `CONTRACT_MISSING`, `SETTLEMENT_UNKNOWN`, `ANSWER_INVALID`.
 */
export async function openSettlementChain(choice: ChainChoice): Promise<SettlementChain> {
  const rpcOrigin = originOf(choice.rpcUrl)
  const transport = http(choice.rpcUrl, {
    timeout: choice.timeoutMs ?? timeoutMsDefault,
    retryCount: 2,
    batch: { batchSize: 50 },
  })
  return answered(rpcOrigin, async () => {
    const chainId = await createPublicClient({ transport }).getChainId()
    if (choice.chainId !== undefined && choice.chainId !== chainId) {
      throw new NetworkMismatchError(`at ${rpcOrigin} the chain`, String(choice.chainId), String(chainId))
    }
    const chain = defineChain({
      id: chainId,
      name: `chain ${chainId}`,
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [choice.rpcUrl] } },
    })
    const pollingInterval = chainId === developmentChainId ? pollingMs.development : pollingMs.other
    const client: ChainClient = createPublicClient({ chain, transport, pollingInterval })
    return findContracts({ rpcOrigin, chain, client }, choice)
  })
}

/**
 * Turns whatever goes wrong between here and the chain into `NETWORK_UNREACHABLE`, or into `ANSWER_INVALID` for what cannot be read as an
 * answer; other errors pass.
 */
export async function answered<T>(rpcOrigin: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof BaseError) {
      if (isSilence(cause)) throw new NetworkUnreachableError(rpcOrigin, { cause })
      throw new AnswerInvalidError(rpcOrigin, lowerFirst(cause.shortMessage.replace(/\.$/, '')), { cause })
    }
    const isMalformed = cause instanceof SyntaxError || cause instanceof RangeError || cause instanceof TypeError
    if (isMalformed) throw new AnswerInvalidError(rpcOrigin, 'it is none of a chain', { cause })
    throw cause
  }
}

function isSilence(error: BaseError): boolean {
  return error.walk(cause => cause instanceof HttpRequestError || cause instanceof TimeoutError) !== null
}

type Opened = Pick<SettlementChain, 'rpcOrigin' | 'chain' | 'client'>

async function findContracts(opened: Opened, choice: ChainChoice): Promise<SettlementChain> {
  const { client, chain } = opened
  const own = chain.id === developmentChainId ? localAddresses : undefined
  const named = choice.settlement ?? own?.settlement
  if (named === undefined) throw new SettlementUnnamedError(chain.id)
  const settlement = contractAt(named, settlementAbi)
  await requireCode(opened, 'settlement contract', settlement.address)
  const [, name, version, saidChainId, verifyingContract] = await client
    .readContract({ ...settlement, functionName: 'eip712Domain' })
    .catch(error => refuseStrange(error, settlement.address))
  requireSame('a settlement contract of DEparrow', 'DEparrow 1', `${name} ${version}`)
  requireSame('its chain', String(chain.id), String(saidChainId))
  requireSame('its address', settlement.address, verifyingContract)
  const [token, emission, disputes, deploymentBlock, periods] = await Promise.all([
    client.readContract({ ...settlement, functionName: 'token' }),
    client.readContract({ ...settlement, functionName: 'emission' }),
    client.readContract({ ...settlement, functionName: 'disputes' }),
    client.readContract({ ...settlement, functionName: 'deploymentBlock' }),
    readPeriods(client, settlement),
  ])
  return {
    ...opened,
    settlement,
    ...(await findMoney(opened, settlement.address, token, emission)),
    ...(await findDisputes(opened, settlement.address, lowerHex(disputes))),
    registry: await findRegistry(opened, settlement.address, choice.registry, own?.registry),
    deploymentBlock,
    periods,
  }
}

async function readPeriods(client: ChainClient, settlement: SettlementContract): Promise<SettlementPeriods> {
  const names = ['windowSeconds', 'inboxAgeSeconds', 'answerSeconds', 'exitSeconds', 'roundsMax'] as const
  const values = await Promise.all(names.map(functionName => client.readContract({ ...settlement, functionName })))
  return Object.fromEntries(names.map((name, index) => [name, values[index]])) as SettlementPeriods
}

async function findMoney(opened: Opened, settlement: Address, tokenAddress: Address, emissionAddress: Address) {
  const token = contractAt(tokenAddress, dpcTokenAbi)
  const emission = contractAt(emissionAddress, emissionAbi)
  await requireCode(opened, 'DPC token', token.address)
  await requireCode(opened, 'emission contract', emission.address)
  const [minter, minted, receiver] = await Promise.all([
    opened.client.readContract({ ...token, functionName: 'emission' }),
    opened.client.readContract({ ...emission, functionName: 'token' }),
    opened.client.readContract({ ...emission, functionName: 'settlement' }),
  ])
  requireSame('the minter of the token', emission.address, minter)
  requireSame('the token of the emission contract', token.address, minted)
  requireSame('the settlement contract of the emission contract', settlement, receiver)
  return { token, emission }
}

async function findDisputes(opened: Opened, settlement: Address, address: Address) {
  const { client } = opened
  if (!(await hasCode(client, address))) return { disputes: undefined, receipts: undefined }
  const disputes = contractAt(address, disputesAbi)
  const [judged, receiptsAddress] = await Promise.all([
    client.readContract({ ...disputes, functionName: 'settlement' }),
    client.readContract({ ...disputes, functionName: 'receipts' }),
  ]).catch(error => refuseStrange(error, address))
  requireSame('the settlement contract of the disputes contract', settlement, judged)
  if (!(await hasCode(client, receiptsAddress))) return { disputes, receipts: undefined }
  const receipts = contractAt(receiptsAddress, disputedReceiptsAbi)
  const keeper = await client
    .readContract({ ...receipts, functionName: 'disputes' })
    .catch(error => refuseStrange(error, receipts.address))
  requireSame('the disputes contract of the receipts contract', disputes.address, keeper)
  return { disputes, receipts }
}

/** No contract names the registry: it is the one that is given, or that of our own deployment when it belongs to this settlement contract. */
async function findRegistry(
  opened: Opened,
  settlement: Address,
  given: Address | undefined,
  own: Address | undefined,
): Promise<RegistryContract | undefined> {
  const address = given ?? own
  if (address === undefined) return undefined
  const registry = contractAt(address, nodeRegistryAbi)
  if (given !== undefined) await requireCode(opened, 'node registry', registry.address)
  else if (!(await hasCode(opened.client, registry.address))) return undefined
  const judged = await opened.client
    .readContract({ ...registry, functionName: 'settlement' })
    .catch(error => refuseStrange(error, registry.address))
  if (given === undefined && lowerHex(judged) !== settlement) return undefined
  requireSame('the settlement contract of the node registry', settlement, judged)
  return registry
}

function contractAt<A extends Abi>(address: Address, abi: A): Contract<A> {
  return { address: lowerHex(address), abi }
}

async function hasCode(client: ChainClient, address: Address): Promise<boolean> {
  const code = await client.getCode({ address })
  return code !== undefined && code !== '0x'
}

async function requireCode({ client, chain }: Opened, what: string, address: Address): Promise<void> {
  if (!(await hasCode(client, address))) throw new ContractMissingError(what, address, chain.id)
}

function requireSame(what: string, expected: string, found: string): void {
  if (expected.toLowerCase() !== found.toLowerCase()) throw new NetworkMismatchError(what, expected, found)
}

/** Code that does not know the function is another contract; silence is silence. */
function refuseStrange(error: unknown, address: Address): never {
  if (error instanceof BaseError && isSilence(error)) throw error
  throw new NetworkMismatchError('a contract of DEparrow at', address, 'another contract')
}

function originOf(rpcUrl: string): string {
  const url = URL.parse(rpcUrl)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin
  throw new DeparrowError('RPC_URL_INVALID', 'The RPC must be the http or https address of a JSON-RPC server.')
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
