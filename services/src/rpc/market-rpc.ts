import type { Address, Hex } from '@deparrow/ledger'
import { z } from 'zod'
import type { MeshAddresses } from '../gateway/mesh-addresses.port.ts'
import type { Job } from '../market/job.ts'
import { keepNewest, Mailbox } from '../market/mailbox.ts'
import type { Market } from '../market/market.port.ts'
import { type RpcService, rpcCall, rpcStream } from './rpc-service.ts'

/** A job before and after a change. */
export type JobChanged = { readonly job: Job; readonly before: Job | undefined }

/** Changes that wait for one slow reader: of a few seconds at the fastest pace of a market. */
const changesWaitingMax = 1_000

const text = z.string().max(4_096)
const nothing = z.strictObject({})

/** What came from outside, as it came: also nothing at all. */
const anything = z.unknown().optional()
const byId = z.strictObject({ id: text as unknown as z.ZodType<Hex> })

/** What a market process does for the gateway. The market itself reads orders, specifications and ids strictly. */
export function marketRpc(market: Market, mesh: MeshAddresses): RpcService {
  return {
    name: 'market',
    methods: {
      submit: rpcCall(
        z.strictObject({ order: anything, signature: text, spec: anything }),
        ({ order, signature, spec }) => market.submit(order, signature, spec),
      ),
      cancel: rpcCall(z.strictObject({ cancellation: anything, signature: text }), ({ cancellation, signature }) =>
        market.cancel(cancellation, signature),
      ),
      quote: rpcCall(
        z.strictObject({ spec: anything, priority: z.number(), bidMicrocredits: z.bigint() }),
        ({ spec, priority, bidMicrocredits }) => market.quote(spec, priority, bidMicrocredits),
      ),
      job: rpcCall(byId, ({ id }) => market.job(id)),
      jobs: rpcCall(
        z.strictObject({ payer: text, first: z.int().min(1).max(1_000), before: text.optional() }),
        ({ payer, first, before }) => market.jobs(payer as Address, first, before),
      ),
      log: rpcCall(z.strictObject({ id: text, bytesMax: z.int().min(1) }), ({ id, bytesMax }) =>
        market.log(id as Hex, bytesMax),
      ),
      nodes: rpcCall(nothing, () => market.nodes()),
      countByStatus: rpcCall(nothing, () => market.countByStatus()),
      heldCount: rpcCall(nothing, () => market.heldCount()),
      addresses: rpcCall(nothing, () => mesh.addresses()),
      follow: rpcStream(byId, ({ id }) => market.follow(id)),
      followLog: rpcStream(byId, ({ id }) => market.followLog(id)),
      changes: rpcStream(nothing, async () => changesOf(market)),
    },
  }
}

function changesOf(market: Market): Mailbox<JobChanged> {
  const mailbox = new Mailbox<JobChanged>(keepNewest(changesWaitingMax), () => end())
  const end = market.subscribe((job, before) => mailbox.push({ job, before }))
  return mailbox
}
