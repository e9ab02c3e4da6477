import type { CreditGround, Demand } from './demands.ts'
import { entryOf, isCoveredHere, standing } from './judge.ts'
import { type Acceptance, inboxKey, payableOf } from './messages.ts'
import { digestOf } from './signatures.ts'
import { type Epoch, epochOf, need, type State } from './state.ts'

export type CreditDemand = Extract<Demand, { kind: 'credit' }>
type Owed = { readonly account: string; readonly key: string; readonly amount: number; readonly isOfThisEpoch: boolean }

/** The ground must name the account and the key that are asked for, and belong to this epoch. */
export function needGround(state: State, epoch: Epoch, demand: CreditDemand): void {
  const owed = owedBy(state, epoch, demand.ground, demand.key)
  need(state, 'ground-of-this-epoch', owed.isOfThisEpoch, 'CreditGroundInvalid', { key: demand.key })
  const isNamed = owed.account === demand.account && owed.key === demand.key
  need(state, 'ground-names-receiver', isNamed, 'CreditGroundInvalid', { account: demand.account })
}

/** The entry must have as much credit as the ground says. */
export function judgeCredit(state: State, epoch: Epoch, demand: CreditDemand): undefined {
  const { credit } = entryOf(standing(state, epoch, demand.account), demand.key)
  const least = owedBy(state, epoch, demand.ground, demand.key).amount
  return need(state, 'credit-large-enough', credit >= least, 'CreditTooSmall', { credit, least })
}

export function owedBy(state: State, epoch: Epoch, ground: CreditGround, key: string): Owed {
  if (ground.kind === 'deposit') {
    const item = state.inbox[ground.index]
    const isOfThisEpoch = item?.kind === 'Deposit' && isCoveredHere(state, epoch, ground.index)
    return { account: item?.account ?? '', key: inboxKey(ground.index), amount: item?.amount ?? 0, isOfThisEpoch }
  }
  if (ground.kind === 'forced') {
    const wallet = state.inbox[ground.index]?.account ?? ''
    const debited = entryOf(standing(state, epoch, wallet), inboxKey(ground.index)).debit
    return { account: payableOf(wallet), key: inboxKey(ground.index), amount: debited, isOfThisEpoch: debited > 0 }
  }
  const { message } = ground
  need(state, 'always', state.keys.isGenuine(message), 'SignatureInvalid')
  if (ground.kind === 'accepted') return owedByAcceptance(state, epoch, ground)
  const body = message.message
  const { debit } = entryOf(standing(state, epoch, body.wallet), key)
  const isOfThisEpoch = debit > 0
  if (body.type === 'Instruction') {
    const isKey = key.startsWith(`instruction-${digestOf(body)}-`)
    return { account: payableOf(body.wallet), key: isKey ? key : '', amount: debit, isOfThisEpoch }
  }
  const account = body.type === 'Transfer' ? body.to : payableOf(body.wallet)
  return { account, key: digestOf(body), amount: debit, isOfThisEpoch }
}

function owedByAcceptance(state: State, epoch: Epoch, ground: Extract<CreditGround, { kind: 'accepted' }>): Owed {
  const { signer, message } = ground.acceptance
  const digest = digestOf(ground.message.message)
  const isSigned = state.keys.isGenuine(ground.acceptance) && signer === state.ledger
  const isSaid = isSigned && message.isAccepted && message.digest === digest
  const { to, amount } = ground.message.message
  return { account: to, key: digest, amount, isOfThisEpoch: isSaid && isOfEpoch(state, epoch, message) }
}

/** What the ledger signed after the parent had closed is of this epoch, whatever position the parent claims to have reached. */
export function isOfEpoch(state: State, epoch: Epoch, { position, at }: Acceptance): boolean {
  const parent = epochOf(state, epoch.header.parent).header
  const isLater = !state.without.has('position-not-ahead') && at > parent.closedAt
  return (position > parent.position || isLater) && position <= epoch.header.position
}
