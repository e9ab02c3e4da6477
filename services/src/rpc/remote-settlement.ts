import type { Address } from '@deparrow/ledger'
import type { SettlementView } from '../gateway/settlement-view.port.ts'
import type { Page, PageRequest } from '../read-model/read-records.ts'
import type { DemandStatus } from '../settlement/answer-plan.ts'
import type { ClaimView } from '../settlement/claims.ts'
import type { FinalReserve } from '../settlement/paid-rows.ts'
import type { ExitLeafView, PayoutView, RowProofView, SettlementStatus } from '../settlement/public-settlement.ts'
import type { SettlementHealth } from '../settlement/settlement.service.ts'
import type { EpochView } from '../settlement/settlement-view.ts'
import type { RpcClient } from './rpc-client.ts'

/** Settlement in another process. Its methods throw `ServiceUnavailableError` and `AnswerLostError` while it is away. */
export class RemoteSettlement implements SettlementView {
  constructor(private readonly client: RpcClient) {}

  async claimFor(wallet: Address): Promise<ClaimView | undefined> {
    return (await this.ask('claimFor', { wallet })) as ClaimView | undefined
  }

  async epochs(first: number): Promise<readonly EpochView[]> {
    return (await this.ask('epochs', { first })) as readonly EpochView[]
  }

  async contractWei(): Promise<bigint> {
    return (await this.ask('contractWei')) as bigint
  }

  async isChainInDoubt(): Promise<boolean> {
    return (await this.ask('isChainInDoubt')) as boolean
  }

  async status(): Promise<SettlementStatus> {
    return (await this.ask('status')) as SettlementStatus
  }

  async payouts(wallet: Address, page: PageRequest): Promise<Page<PayoutView>> {
    return (await this.ask('payouts', { wallet, ...page })) as Page<PayoutView>
  }

  async rowProof(wallet: Address, epoch: number): Promise<RowProofView | undefined> {
    return (await this.ask('rowProof', { wallet, epoch })) as RowProofView | undefined
  }

  async finalEpochs(page: PageRequest): Promise<Page<FinalReserve>> {
    return (await this.ask('finalEpochs', { ...page })) as Page<FinalReserve>
  }

  async demands(page: PageRequest): Promise<Page<DemandStatus>> {
    return (await this.ask('demands', { ...page })) as Page<DemandStatus>
  }

  async exitLeaf(account: Address, isPayable: boolean, which: 'final' | 'pending'): Promise<ExitLeafView | undefined> {
    return (await this.ask('exitLeaf', { account, isPayable, which })) as ExitLeafView | undefined
  }

  async health(): Promise<SettlementHealth> {
    return (await this.ask('health')) as SettlementHealth
  }

  private ask(method: string, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return this.client.call(method, input, { isRepeatable: true })
  }
}
