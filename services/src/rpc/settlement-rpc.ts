import type { Address } from '@deparrow/ledger'
import { z } from 'zod'
import type { SettlementView } from '../gateway/settlement-view.port.ts'
import type { PageRequest } from '../read-model/read-records.ts'
import type { SettlementHealth } from '../settlement/settlement.service.ts'
import { type RpcService, rpcCall } from './rpc-service.ts'

const nothing = z.strictObject({})
const address = z.string().regex(/^0x[0-9a-f]{40}$/) as unknown as z.ZodType<Address>

const page = { first: z.int().min(1).max(1_000), cursor: z.string().max(100).optional() }

/** What a settlement process tells the gateway. */
export function settlementRpc(view: SettlementView, health: () => SettlementHealth): RpcService {
  return {
    name: 'settlement',
    methods: {
      claimFor: rpcCall(z.strictObject({ wallet: address }), ({ wallet }) => view.claimFor(wallet)),
      epochs: rpcCall(z.strictObject({ first: z.int().min(1).max(1_000) }), ({ first }) => view.epochs(first)),
      contractWei: rpcCall(nothing, () => view.contractWei()),
      isChainInDoubt: rpcCall(nothing, () => view.isChainInDoubt()),
      status: rpcCall(nothing, () => view.status()),
      payouts: rpcCall(z.strictObject({ wallet: address, ...page }), ({ wallet, ...request }) =>
        view.payouts(wallet, pageOf(request)),
      ),
      rowProof: rpcCall(z.strictObject({ wallet: address, epoch: z.int().min(1) }), ({ wallet, epoch }) =>
        view.rowProof(wallet, epoch),
      ),
      finalEpochs: rpcCall(z.strictObject(page), request => view.finalEpochs(pageOf(request))),
      demands: rpcCall(z.strictObject(page), request => view.demands(pageOf(request))),
      exitLeaf: rpcCall(
        z.strictObject({ account: address, isPayable: z.boolean(), which: z.enum(['final', 'pending']) }),
        ({ account, isPayable, which }) => view.exitLeaf(account, isPayable, which),
      ),
      health: rpcCall(nothing, health),
    },
    toldErrors: ['ChainUnavailableError'],
  }
}

function pageOf({ first, cursor }: { readonly first: number; readonly cursor?: string | undefined }): PageRequest {
  return cursor === undefined ? { first } : { first, cursor }
}
