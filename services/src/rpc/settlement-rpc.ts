import type { Address } from '@deparrow/ledger'
import { z } from 'zod'
import type { SettlementView } from '../gateway/settlement-view.port.ts'
import type { SettlementHealth } from '../settlement/settlement.service.ts'
import { type RpcService, rpcCall } from './rpc-service.ts'

const nothing = z.strictObject({})
const address = z.string().regex(/^0x[0-9a-f]{40}$/) as unknown as z.ZodType<Address>

/** What a settlement process tells the gateway. */
export function settlementRpc(view: SettlementView, health: () => SettlementHealth): RpcService {
  return {
    name: 'settlement',
    methods: {
      claimFor: rpcCall(z.strictObject({ wallet: address }), ({ wallet }) => view.claimFor(wallet)),
      epochs: rpcCall(z.strictObject({ first: z.int().min(1).max(1_000) }), ({ first }) => view.epochs(first)),
      contractWei: rpcCall(nothing, () => view.contractWei()),
      isChainInDoubt: rpcCall(nothing, () => view.isChainInDoubt()),
      health: rpcCall(nothing, health),
    },
    toldErrors: ['ChainUnavailableError'],
  }
}
