import { type Address, type Clock, type Domain, type Hex, lowerHex, type Referral, type Signed } from '@deparrow/ledger'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { CommandName, SignedCommand } from '../api/commands.ts'
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
import type { NonceLane } from '../commands/command.ts'
import type { CommandRequests } from '../commands/commands.ts'
import { type GatewayLimits, GraphqlClient, gatewayLimitsDefault } from '../http/graphql-client.ts'
import { refuseDevelopmentKey } from '../keys/published-development-keys.ts'
import type { SecretKey } from '../keys/secret-key.ts'
import type { AcceptedCommand } from '../proof/check-acceptance.ts'
import { Budget } from './budget.ts'
import { cancelJob } from './cancel-job.ts'
import { storeContent } from './content-transfer.ts'
import { type Deposited, type DepositOptions, deposit } from './deposit.ts'
import { type Escrows, escrowsOf } from './escrows.ts'
import { type CheckedResult, checkReceipt, fetchResult } from './fetch-result.ts'
import { type FollowOptions, followJob, readJobById, readJobLog } from './follow-job.ts'
import { type FollowWalletOptions, followWallet } from './follow-wallet.ts'
import {
  type BalanceAsOf,
  type HoldPage,
  type HoldRequest,
  type Moment,
  type RewardPage,
  readBalanceAsOf,
  readHolds,
  readRewards,
  readStatement,
  type StatementRequest,
} from './history.ts'
import { type Ious, iousOf } from './ious.ts'
import { type JobPage, readJobs } from './job-list.ts'
import type { JobRequest } from './job-request.ts'
import { type ExpectedNetwork, fetchNetwork } from './network.ts'
import { NonceLanes } from './nonce-lanes.ts'
import type { ListPage } from './own-reads.ts'
import { type Permissions, permissionsOf } from './permissions.ts'
import { isRootOnChain, type ProvenInclusion, readCheckedAcceptance, readCheckedInclusion } from './proofs.ts'
import { type ReferralRequest, signReferral } from './referral.ts'
import { handIn, type Movement, sendCommand, signCommand } from './send-command.ts'
import { type LinkedMovement, type LinkedRequest, sendLinked } from './send-linked.ts'
import { type Session, signIn } from './sign-in.ts'
import { type Quote, quoteJob, submitJob } from './submit-job.ts'
import { type Treasury, treasuryOf } from './treasury.ts'
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
  /** Credits set aside for another agent. */
  readonly escrows: Escrows
  /** Promises to pay. */
  readonly ious: Ious
  /** What other keys may spend from this wallet. */
  readonly permissions: Permissions
  /** What only the treasurer and payout wallets sign. */
  readonly treasury: Treasury
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
      nonces: new NonceLanes(place => this.#lastNonce(place)),
      ask: (document, variables, signal) => graphql.request({ document, variables, signal }),
      token: async () => (await this.signIn()).token,
      chain: () => this.#openChain(),
    }
    this.escrows = escrowsOf(this.#context)
    this.ious = iousOf(this.#context)
    this.permissions = permissionsOf(this.#context)
    this.treasury = treasuryOf(this.#context)
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

  /**
   * What moved, newest first.
   *
   * @example
   * const { entries, nextCursor } = await wallet.statement({ filter: { subject: escrowId } })
   * const more = await wallet.statement({ filter: { subject: escrowId }, cursor: nextCursor ?? undefined })
   */
  statement(request?: StatementRequest): Promise<StatementPage> {
    return readStatement(this.#context, request)
  }

  /**
   * What this wallet had after an event of the journal, or at a time, held credits included.
   *
   * @example
   * const { availableMicrocredits, heldMicrocredits } = await wallet.balanceAsOf({ time: new Date('2026-12-31') })
   */
  balanceAsOf(at: Moment): Promise<BalanceAsOf> {
    return readBalanceAsOf(this.#context, at)
  }

  /** Holds and escrows of this wallet that were open at a moment, or are now, newest first. */
  holds(request?: HoldRequest): Promise<HoldPage> {
    return readHolds(this.#context, request)
  }

  /** Grants and bonuses of this wallet, newest first. */
  rewards(page?: ListPage): Promise<RewardPage> {
    return readRewards(this.#context, page)
  }

  /**
   * Calls back with each event that moves something in this wallet, once and in order, over broken connections too, until the signal aborts.
   *
   * @example
   * await wallet.follow({ after: lastSeen, signal, onEvent: event => save(event.position, event.entries) })
   */
  follow(options: FollowWalletOptions): Promise<void> {
    return followWallet(this.#context, options)
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

  /**
   * Sends credits to another wallet. Refusals: `INSUFFICIENT_CREDITS`; with `wallet` those of the permission.
   *
   * @example
   * const sent = await wallet.transfer({ to, amountMicrocredits: 1_500_000n })
   * if (!sent.ok) console.error(sent.refusal.code, sent.refusal.availableMicrocredits)
   */
  transfer(request: CommandRequests['transfer']): Promise<Answer<Movement>> {
    return sendCommand(this.#context, 'transfer', request)
  }

  /** Pays another agent for a service, with the seller's reference. Refusals as those of {@link transfer}. */
  buyService(request: CommandRequests['buyService']): Promise<Answer<Movement>> {
    return sendCommand(this.#context, 'buyService', request)
  }

  /** Credits become DPC, payable on chain to this wallet when the next epoch is final. Refusals: `INSUFFICIENT_CREDITS`, `CHAIN_IN_DOUBT`. */
  withdraw(request: CommandRequests['withdraw']): Promise<Answer<Movement>> {
    return sendCommand(this.#context, 'withdraw', request)
  }

  /** A standing instruction: this wallet's credits are paid out to itself whenever they reach the minimum. */
  instructPayouts(request: CommandRequests['instructPayouts']): Promise<Answer<Movement>> {
    return sendCommand(this.#context, 'instructPayouts', request)
  }

  /**
   * Commands that succeed or fail as one, each decided on what the ones before it left: of this wallet, and what others have signed.
   * Refusal: `LINK_FAILED` with `index` and `reason`.
   *
   * @example
   * const theirs = await seller.sign('transfer', { to: buyer.address, amountMicrocredits: 3n })
   * if (!theirs.ok) throw new Error(theirs.refusal.message)
   * await buyer.linked([{ transfer: { to: seller.address, amountMicrocredits: 5n } }, { signed: theirs.signed }])
   */
  linked(commands: readonly LinkedRequest[]): Promise<Answer<LinkedMovement>> {
    return sendLinked(this.#context, commands)
  }

  /**
   * Signs a command without sending it: for somebody else to hand in, or to be one of {@link linked} commands. Refusal: `MALFORMED` with the
   * field that cannot be.
   */
  sign<N extends CommandName>(
    name: N,
    request: CommandRequests[N],
  ): Promise<Answer<{ readonly signed: SignedCommand }>> {
    return signCommand(this.#context, name, request)
  }

  /**
   * Hands in what this wallet, or anybody, has signed. The same signature again gives the first answer, so that this is the way on after an
   * `AnswerLostError`, also in another process.
   *
   * @example
   * const sent = await wallet.transfer(request).catch(error => {
   *   if (error instanceof AnswerLostError) return wallet.handIn(error.signed)
   *   throw error
   * })
   */
  handIn(signed: SignedCommand): Promise<Answer<Movement>> {
    return handIn(this.#context, signed)
  }

  /** The ledger's checked signature that it has journalled what a command did; `undefined` when it has none, as of a refused one. */
  acceptance(commandId: Hex): Promise<AcceptedCommand | undefined> {
    return readCheckedAcceptance(this.#context, lowerHex(commandId))
  }

  /**
   * What this wallet, or another, had in the last closed epoch, with its proof checked here; `undefined` before the first epoch.
   *
   * @example
   * const proven = await wallet.inclusion()
   * if (proven !== undefined && (await wallet.isRootOnChain(proven))) console.log(proven.availableMicrocredits)
   */
  inclusion(of: Address = this.address): Promise<ProvenInclusion | undefined> {
    return readCheckedInclusion(this.#context, lowerHex(of))
  }

  /** Whether the settlement contract holds the root under which something was proven: not before the epoch is posted. */
  isRootOnChain(proven: Pick<ProvenInclusion, 'epoch' | 'root'>): Promise<boolean> {
    return isRootOnChain(this.#context, proven)
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

  async #lastNonce({ wallet, lane }: NonceLane): Promise<bigint> {
    const data = await this.#context.ask(operations.lastNonce, { address: wallet, lane, signer: this.address })
    return optional(read.amount, read.object(data, 'wallet'), 'lastNonce') ?? 0n
  }
}

function accountOf(key: Hex | SecretKey): LocalAccount {
  return privateKeyToAccount(typeof key === 'string' ? key : key.reveal())
}
