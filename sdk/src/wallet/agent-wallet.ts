import { type Address, type Clock, type Domain, type Hex, lowerHex, type Referral, type Signed } from '@deparrow/ledger'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Job } from '../api/job.ts'
import { domainOf, type NetworkView } from '../api/network.ts'
import { type NodeView, readNodeView } from '../api/node.ts'
import { operations } from '../api/operations.ts'
import { optional, read } from '../api/read.ts'
import type { Answer } from '../api/refusal.ts'
import { type Balance, type ClaimableRow, readBalance, type StatementPage } from '../api/wallet.ts'
import { type ChainAccess, openChain } from '../chain/chain-access.ts'
import { readChainBalance } from '../chain/chain-balance.ts'
import { type Claimed, claim, readClaimable } from '../chain/claim.ts'
import { type Funded, type FundRequest, fund } from '../chain/fund.ts'
import { type GatewayLimits, GraphqlClient, gatewayLimitsDefault } from '../http/graphql-client.ts'
import { refuseDevelopmentKey } from '../keys/published-development-keys.ts'
import type { SecretKey } from '../keys/secret-key.ts'
import { Budget } from './budget.ts'
import { storeContent } from './content-transfer.ts'
import { type Deposited, type DepositOptions, deposit, readStatement } from './deposit.ts'
import { type CheckedResult, checkReceipt, fetchResult } from './fetch-result.ts'
import { type FollowOptions, followJob, readJobById, readJobLog } from './follow-job.ts'
import { type JobPage, readJobs } from './job-list.ts'
import type { JobRequest } from './job-request.ts'
import { cancelJob, instructPayouts, type Movement, transfer, withdraw } from './movements.ts'
import { type ExpectedNetwork, fetchNetwork } from './network.ts'
import { NonceLanes } from './nonce-lanes.ts'
import { type ReferralRequest, signReferral } from './referral.ts'
import { type Session, signIn } from './sign-in.ts'
import { type Quote, quoteJob, submitJob } from './submit-job.ts'
import type { WalletContext } from './wallet-context.ts'

export type AgentWalletOptions = {
  /** The gateway, for example `http://127.0.0.1:8080`. */
  readonly url: string
  /** The chain and contract to sign for; anything else is refused. Default: what the gateway says. */
  readonly expect?: ExpectedNetwork
  /** What this wallet object may spend on jobs, in µcr. Default: what the wallet holds. */
  readonly budgetMicrocredits?: bigint
  readonly limits?: Partial<GatewayLimits>
  readonly clock?: Clock
} & (
  | { readonly account: LocalAccount; readonly privateKey?: never }
  /** 32 bytes, plain or in a {@link SecretKey}. */
  | { readonly privateKey: Hex | SecretKey; readonly account?: never }
)

/** A session shorter than this is renewed before it is used. */
const sessionReserveMs = 30_000

/**
 * A wallet of an agent on one network: it signs, so that its credits move, and checks what it is told. The key does not leave it.
 * Answers that a caller expects are values (`ok: false` with a refusal); a network that fails or lies throws a `DeparrowError`.
 */
export class AgentWallet {
  readonly #context: WalletContext
  #session: Promise<Session> | undefined
  #chain: Promise<ChainAccess> | undefined

  private constructor(options: AgentWalletOptions, account: LocalAccount, network: NetworkView) {
    const limits = { ...gatewayLimitsDefault, ...options.limits }
    const graphql = new GraphqlClient(options.url, limits)
    const address = lowerHex(account.address)
    this.#context = {
      gatewayUrl: options.url,
      account,
      address,
      network,
      domain: domainOf(network),
      graphql,
      limits,
      clock: options.clock ?? { nowMs: () => Date.now() },
      budget: new Budget(options.budgetMicrocredits),
      nonces: new NonceLanes(lane => this.#lastNonce(lane)),
      ask: (document, variables, signal) => graphql.request({ document, variables, signal }),
      token: async () => (await this.signIn()).token,
      chain: () => this.#openChain(),
    }
  }

  /**
   * Connects to a network with a key. Throws `DEVELOPMENT_KEY` for a published key off chain 31337, `NETWORK_MISMATCH` when the
   * network is not the expected one, and `NETWORK_UNREACHABLE`.
   */
  static async connect(options: AgentWalletOptions): Promise<AgentWallet> {
    const account = options.account ?? accountOf(options.privateKey)
    const network = await fetchNetwork(options.url, options)
    refuseDevelopmentKey(account.address, network.chainId)
    return new AgentWallet(options, account, network)
  }

  /** In lower case. */
  get address(): Address {
    return this.#context.address
  }

  /** The network as it was when the wallet connected. */
  get network(): NetworkView {
    return this.#context.network
  }

  /** The EIP-712 domain of everything that this wallet signs. */
  get domain(): Domain {
    return this.#context.domain
  }

  /** What orders of this wallet object stand for at most, in µcr. */
  get committedMicrocredits(): bigint {
    return this.#context.budget.committedMicrocredits()
  }

  /** A session with the gateway, the present one while it lasts. Called by what needs it. */
  signIn(): Promise<Session> {
    this.#session = this.#renew(this.#session)
    return this.#session
  }

  /** Credits of this wallet, or of another. */
  async balance(of: Address = this.address): Promise<Balance> {
    const data = await this.#context.ask(operations.balance, { address: of })
    return readBalance(read.object(data, 'wallet'))
  }

  /** DPC and Ether of this wallet on chain, or of another, in wei. */
  async chainBalance(of: Address = this.address): Promise<{ readonly dpcWei: bigint; readonly etherWei: bigint }> {
    return readChainBalance(await this.#context.chain(), of)
  }

  /** What moved, newest first. */
  statement(page: { readonly first?: number; readonly before?: bigint } = {}): Promise<StatementPage> {
    return readStatement(this.#context, page.first ?? 50, page.before)
  }

  /** Compute nodes that are connected now. */
  async nodes(): Promise<readonly NodeView[]> {
    return read.objects(await this.#context.ask(operations.nodes, {}), 'nodes').map(readNodeView)
  }

  /** Development DPC and Ether for gas; only on chain 31337. */
  fund(request: FundRequest): Promise<Answer<Funded>> {
    return fund(this.#context, request)
  }

  /** Turns DPC into credits and waits until they are there. */
  deposit(amountMicrocredits: bigint, options?: DepositOptions): Promise<Answer<Deposited>> {
    return deposit(this.#context, amountMicrocredits, options)
  }

  /** Stores bytes with the network and returns their CID, which was computed here. */
  storeContent(bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
    return storeContent(this.#context, bytes, signal)
  }

  quote(request: JobRequest): Promise<Answer<Quote>> {
    return quoteJob(this.#context, request)
  }

  /** Signs an order and buys a job with it. */
  submitJob(request: JobRequest): Promise<Answer<{ readonly job: Job }>> {
    return submitJob(this.#context, request)
  }

  /** Follows a job until it is settled. */
  followJob(id: Hex, options?: FollowOptions): Promise<Job> {
    return followJob(this.#context, id, options)
  }

  job(id: Hex): Promise<Job> {
    return readJobById(this.#context, id)
  }

  /** The end of a job's log, at most `bytesMax` bytes. */
  jobLog(id: Hex, bytesMax = 65_536): Promise<string> {
    return readJobLog(this.#context, id, bytesMax)
  }

  /** Jobs of this wallet, newest first. */
  jobs(page: { readonly first?: number; readonly before?: string } = {}): Promise<JobPage> {
    return readJobs(this.#context, page.first ?? 50, page.before)
  }

  /** Downloads and checks a job's output; see {@link fetchResult}. */
  fetchResult(job: Job, signal?: AbortSignal): Promise<CheckedResult> {
    return fetchResult(this.#context, job, signal)
  }

  /** Checks a job's order and receipt without its output. */
  checkReceipt(job: Job): Promise<CheckedResult['receipt']> {
    return checkReceipt(this.#context, job)
  }

  cancelJob(id: Hex): Promise<Answer<{ readonly job: Job }>> {
    return cancelJob(this.#context, id)
  }

  transfer(request: Parameters<typeof transfer>[1]): Promise<Answer<Movement>> {
    return transfer(this.#context, request)
  }

  withdraw(request: Parameters<typeof withdraw>[1]): Promise<Answer<Movement>> {
    return withdraw(this.#context, request)
  }

  instructPayouts(request: Parameters<typeof instructPayouts>[1]): Promise<Answer<Movement>> {
    return instructPayouts(this.#context, request)
  }

  /** Signs who referred a node that pays out to this wallet; see {@link signReferral}. */
  signReferral(request: ReferralRequest): Promise<Answer<{ readonly referral: Signed<Referral> }>> {
    return signReferral(this.#context, request)
  }

  /** What final epochs owe a wallet and can be claimed now; `undefined` for nothing. */
  claimable(of: Address = this.address): Promise<ClaimableRow | undefined> {
    return readClaimable(this.#context, of)
  }

  /** Claims on chain what final epochs owe this wallet, or another one: the DPC goes to the wallet that it is owed to. */
  claim(options: { readonly for?: Address } = {}): Promise<Answer<Claimed>> {
    return claim(this.#context, lowerHex(options.for ?? this.address))
  }

  async #renew(previous: Promise<Session> | undefined): Promise<Session> {
    const present = await previous?.catch(() => undefined)
    if (present !== undefined && present.expiresAtMs > this.#context.clock.nowMs() + sessionReserveMs) return present
    return signIn(this.#context)
  }

  #openChain(): Promise<ChainAccess> {
    if (this.#chain !== undefined) return this.#chain
    const opening = openChain(this.#context.network)
    this.#chain = opening
    opening.catch(() => {
      this.#chain = undefined
    })
    return opening
  }

  async #lastNonce(lane: number): Promise<bigint> {
    const data = await this.#context.ask(operations.lastNonce, { address: this.address, lane })
    return optional(read.amount, read.object(data, 'wallet'), 'lastNonce') ?? 0n
  }
}

function accountOf(key: Hex | SecretKey): LocalAccount {
  return privateKeyToAccount(typeof key === 'string' ? key : key.reveal())
}
