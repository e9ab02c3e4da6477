import type { Demand, KeptDemand, ReceiptDemand } from './demands.ts'
import { owedBy } from './judge-credit.ts'
import { dueFor } from './judge-receipt.ts'
import { digestOf } from './signatures.ts'
import type { Epoch, State } from './state.ts'

/** What a demand asks, whoever asks and on whatever ground: the same is asked once. */
export function questionOf(state: State, epoch: Epoch, demand: Demand): string {
  return [epoch.id, demand.kind, ...askedBy(state, epoch, demand)].join(' ')
}

function askedBy(state: State, epoch: Epoch, demand: Demand): readonly (string | number | boolean)[] {
  switch (demand.kind) {
    case 'leaf':
    case 'statement':
      return [demand.account]
    case 'reveal':
      return [demand.account, demand.path]
    case 'entry':
    case 'hold':
    case 'lane':
      return [demand.account, demand.key]
    case 'forced':
      return [demand.index]
    case 'credit':
      return [demand.account, demand.key, owedBy(state, epoch, demand.ground, demand.key).amount]
    case 'kept':
      return claimOf(demand)
    case 'receipt': {
      const { receipt, certificate, ground } = demand
      const due = dueFor(state, receipt.message, certificate.message)
      const paid = [certificate.message.payoutWallet, due, ground.kind === 'pushed']
      return [...claimOf(demand), digestOf(receipt.message), ...paid]
    }
  }
}

function claimOf({ order, certificate }: KeptDemand | ReceiptDemand): readonly (string | number)[] {
  return [digestOf(order.message), order.signer, certificate.message.node, certificate.message.position]
}
