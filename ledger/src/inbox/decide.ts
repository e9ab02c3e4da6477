import { isAmount, microcreditsMax } from '../credits.ts'
import { walletAccount } from '../journal/account-name.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import type { Entry } from '../journal/entry.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import { balanceOf, type LedgerState } from '../journal/state.ts'
import { emissionShares } from './emission-shares.ts'
import { inboxDetails, isWithoutAmount } from './inbox-item.ts'

type RecordInboxItem = Extract<LedgerCommand, { type: 'RecordInboxItem' }>

/**
 * Counts what arrived in the contract's inbox, item by item in its order. Refusals in order: `MALFORMED` (the fields are not those of its kind),
 * `AMOUNT_OUT_OF_RANGE`, `INBOX_OUT_OF_ORDER`, `SUPPLY_EXCEEDED`.
 */
export function recordInboxItem(context: DecisionContext, command: RecordInboxItem): Decision {
  const { type: _, ...item } = command
  const { index, kind, amountMicrocredits } = item
  const malformed = malformedDetail(command)
  if (malformed !== undefined) return refuse(malformed)
  const isInRange = isWithoutAmount.has(kind) ? amountMicrocredits === 0n : isAmount(amountMicrocredits)
  if (!isInRange) return refuse({ code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits })
  const expectedIndex = context.state.inboxCount
  if (index !== expectedIndex) return refuse({ code: 'INBOX_OUT_OF_ORDER', expectedIndex, index })
  const reserveMicrocredits = balanceOf(context.state, 'reserve')
  if (reserveMicrocredits + amountMicrocredits > microcreditsMax) {
    return refuse({ code: 'SUPPLY_EXCEEDED', amountMicrocredits, reserveMicrocredits })
  }
  return accept({ type: 'InboxItemRecorded', data: item, entries: entriesOf(context.state, command) })
}

function malformedDetail(command: RecordInboxItem): LedgerRefusal | undefined {
  const expected = inboxDetails[command.kind]
  const wrong = [...new Set(Object.values(inboxDetails).flat())].find(
    field => expected.includes(field) !== (command[field] !== undefined),
  )
  if (wrong === undefined) return undefined
  const problem = expected.includes(wrong) ? `expected in an item of kind ${command.kind}` : 'not of this kind'
  return { code: 'MALFORMED', field: wrong, problem }
}

function entriesOf(state: Readonly<LedgerState>, command: RecordInboxItem): readonly Entry[] {
  const { kind, account, amountMicrocredits } = command
  const reserve: Entry = { account: 'reserve', amountMicrocredits }
  switch (kind) {
    case 'deposit':
      return [reserve, { account: walletAccount(account), amountMicrocredits }]
    case 'genesisTreasury':
      return [reserve, { account: 'treasury', amountMicrocredits }]
    case 'genesisRewards':
      return [reserve, { account: 'rewards', amountMicrocredits }]
    case 'emission':
      return [reserve, ...emissionEntries(state, command)]
    case 'forcedWithdrawal':
    case 'revocation':
    case 'receipt':
      return []
  }
}

function emissionEntries(
  state: Readonly<LedgerState>,
  { epoch = 0, amountMicrocredits }: RecordInboxItem,
): readonly Entry[] {
  const shares = emissionShares(amountMicrocredits, state.epochBurns.get(epoch) ?? new Map())
  const rest = shares.reduce((left, [, share]) => left - share, amountMicrocredits)
  const wallets = shares.map(
    ([wallet, share]): Entry => ({ account: walletAccount(wallet), amountMicrocredits: share }),
  )
  return rest === 0n ? wallets : [...wallets, { account: 'treasury', amountMicrocredits: rest }]
}
