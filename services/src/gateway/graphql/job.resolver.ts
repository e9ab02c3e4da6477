import type { Address, Domain, Hex, Ledger } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Context, Mutation, Parent, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql'
import type { NetworkInfo } from '../../config/network-info.ts'
import { logTailLengthMax } from '../../market/job-store.port.ts'
import type { JobAnswer, Market } from '../../market/market.port.ts'
import { LEDGER, MARKET, NETWORK_INFO } from '../../tokens.ts'
import { rowsOfJob, spend } from './answer-budget.ts'
import { mapped, required } from './iterators.ts'
import { type JobView, jobView } from './job-view.ts'
import type { RefusingUnion } from './refusal-types.ts'
import { refusalView } from './refusal-view.ts'
import { type GatewayContext, requireBetween, requireWallet } from './session-context.ts'
import { inSlot, type SubscriptionContext } from './subscription-slots.ts'

/** A page of jobs with their typed data is a few kilobytes each. */
const jobsPerPageMax = 200

const payerOnly = 'the payer of this job'

@Resolver('Job')
export class JobResolver {
  readonly #domain: Domain

  constructor(
    @Inject(MARKET) private readonly market: Market,
    @Inject(NETWORK_INFO) network: NetworkInfo,
  ) {
    this.#domain = { chainId: network.chainId, verifyingContract: network.settlement }
  }

  @Query('job')
  async job(@Args('id') id: Hex) {
    const job = await this.market.job(id)
    return job && jobView(job, this.#domain)
  }

  @Query('jobs')
  async jobs(
    @Args('payer') payer: Address,
    @Args('first') first: number,
    @Args('before') before: string | undefined,
    @Context() context: GatewayContext,
  ) {
    const page = await this.market.jobs(payer, requireBetween('first', first, 1, jobsPerPageMax), before)
    spend(context, 'rows', rowsOfJob * page.jobs.length)
    return { jobs: page.jobs.map(job => jobView(job, this.#domain)), next: page.next }
  }

  @Query('quote')
  async quote(@Args('spec') spec: unknown, @Args('priority') priority: number, @Args('bid') bid: bigint) {
    const answer = await this.market.quote(spec, priority, bid)
    if (!answer.ok) return refusalView(answer.refusal, 'QuoteResult')
    const { maxPriceMicrocredits: maxPrice, minPriceMicrocredits: minPrice, nodesAvailable } = answer
    return { __typename: 'Quote', maxPrice, minPrice, nodesAvailable }
  }

  @Mutation('submitJob')
  async submitJob(@Args('order') order: unknown, @Args('signature') signature: string, @Args('spec') spec: unknown) {
    return this.#answer(await this.market.submit(order, signature, spec), 'SubmitJobResult')
  }

  @Mutation('cancelJob')
  async cancelJob(@Args('cancellation') cancellation: unknown, @Args('signature') signature: string) {
    return this.#answer(await this.market.cancel(cancellation, signature), 'CancelJobResult')
  }

  @ResolveField('log')
  async log(@Parent() job: JobView, @Args('bytes') bytes: number, @Context() context: GatewayContext) {
    requireWallet(context, [job.payer], payerOnly)
    const text = await this.market.log(job.id, requireBetween('bytes', bytes, 1, logTailLengthMax))
    spend(context, 'characters of logs', text.length)
    return text
  }

  @Subscription('jobChanged', { resolve: (value: unknown) => value })
  jobChanged(@Args('id') id: Hex, @Context() context: SubscriptionContext) {
    return inSlot(context, async () =>
      mapped(required(await this.market.follow(id), `job ${id}`), job => jobView(job, this.#domain)),
    )
  }

  @Subscription('jobLog', { resolve: (value: unknown) => value })
  jobLog(@Args('id') id: Hex, @Context() context: GatewayContext & SubscriptionContext) {
    return inSlot(context, async () => {
      const job = required(await this.market.job(id), `job ${id}`)
      requireWallet(context, [job.order.message.payer], payerOnly)
      return required(await this.market.followLog(id), `job ${id}`)
    })
  }

  #answer(answer: JobAnswer, union: RefusingUnion) {
    return answer.ok ? jobView(answer.job, this.#domain) : refusalView(answer.refusal, union)
  }
}

@Resolver('JobNode')
export class JobNodeResolver {
  constructor(
    @Inject(MARKET) private readonly market: Market,
    @Inject(LEDGER) private readonly ledger: Ledger,
  ) {}

  @ResolveField('peerId')
  async peerId(@Parent() node: { readonly address: Address }): Promise<string | undefined> {
    return (await this.market.nodes()).find(({ address }) => address === node.address)?.peerId
  }

  @ResolveField('payoutWallet')
  payoutWallet(@Parent() node: { readonly address: Address }): Address {
    return this.ledger.payoutWallet(node.address) ?? node.address
  }
}
