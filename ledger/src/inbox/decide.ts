import { isAmount, microcreditsMax } from '../credits.ts'
import { type AccountName, walletAccount } from '../journal/account-name.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import { balanceOf } from '../journal/state.ts'

type RecordInboxItem = Extract<LedgerCommand, { type: 'RecordInboxItem' }>

/**
 * Counts what arrived in the contract's inbox, item by item in its order. Refusals in order: `AMOUNT_OUT_OF_RANGE`,
 * `INBOX_OUT_OF_ORDER`, `SUPPLY_EXCEEDED`.
 */
export function recordInboxItem(context: DecisionContext, command: RecordInboxItem): Decision {
  const { index, kind, account, amountMicrocredits, place } = command
  if (!isAmount(amountMicrocredits)) return refuse({ code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits })
  const expectedIndex = context.state.inboxCount
  if (index !== expectedIndex) return refuse({ code: 'INBOX_OUT_OF_ORDER', expectedIndex, index })
  const reserveMicrocredits = balanceOf(context.state, 'reserve')
  if (reserveMicrocredits + amountMicrocredits > microcreditsMax) {
    return refuse({ code: 'SUPPLY_EXCEEDED', amountMicrocredits, reserveMicrocredits })
  }
  return accept({
    type: 'InboxItemRecorded',
    data: { index, kind, account, amountMicrocredits, place },
    entries: [
      { account: 'reserve', amountMicrocredits },
      { account: creditedAccount(command), amountMicrocredits },
    ],
  })
}

function creditedAccount({ kind, account }: RecordInboxItem): AccountName {
  switch (kind) {
    case 'deposit':
      return walletAccount(account)
    case 'genesisTreasury':
      return 'treasury'
    case 'genesisRewards':
      return 'rewards'
  }
}
