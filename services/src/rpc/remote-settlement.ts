import type { Address } from '@deparrow/ledger'
import type { SettlementView } from '../gateway/settlement-view.port.ts'
import type { ClaimView } from '../settlement/claims.ts'
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

  async health(): Promise<SettlementHealth> {
    return (await this.ask('health')) as SettlementHealth
  }

  private ask(method: string, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return this.client.call(method, input, { isRepeatable: true })
  }
}
