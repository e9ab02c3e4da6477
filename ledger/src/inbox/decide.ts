import { isAmount, microcreditsMax } from '../credits.ts'
import { hexToBytes } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { accept, checkSignature, type Decision, type DecisionContext, domainOf, refuse } from '../journal/decision.ts'
import type { Entry } from '../journal/entry.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import { balanceOf, type LedgerState } from '../journal/state.ts'
import { takePushed } from '../receipt/decide.ts'
import { usageReceiptType } from '../receipt/usage-receipt.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import { emissionShares } from './emission-shares.ts'
import { inboxDetails, isWithoutAmount } from './inbox-item.ts'

type RecordInboxItem = Extract<LedgerCommand, { type: 'RecordInboxItem' }>

/**
 * Counts what arrived in the contract's inbox, item by item in its order; a receipt that a node pushed is received with its item, so that no
 * epoch covers the one without the other. Refusals in order: `MALFORMED` (the fields are not those of its kind, or the receipt not that of the digest),
 * `INVALID_SIGNATURE` (its node did not sign it), `AMOUNT_OUT_OF_RANGE`, `INBOX_OUT_OF_ORDER`, `SUPPLY_EXCEEDED`.
 */
export function recordInboxItem(context: DecisionContext, command: RecordInboxItem): Decision {
  const { type: _, ...item } = command
  const { index, kind, amountMicrocredits } = item
  const malformed = malformedDetail(command) ?? wrongReceipt(context, command)
  if (malformed !== undefined) return refuse(malformed)
  const isInRange = isWithoutAmount.has(kind) ? amountMicrocredits === 0n : isAmount(amountMicrocredits)
  if (!isInRange) return refuse({ code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits })
  const expectedIndex = context.state.inboxCount
  if (index !== expectedIndex) return refuse({ code: 'INBOX_OUT_OF_ORDER', expectedIndex, index })
  const reserveMicrocredits = balanceOf(context.state, 'reserve')
  if (reserveMicrocredits + amountMicrocredits > microcreditsMax) {
    return refuse({ code: 'SUPPLY_EXCEEDED', amountMicrocredits, reserveMicrocredits })
  }
  const recorded = { type: 'InboxItemRecorded', data: item, entries: entriesOf(context.state, command) } as const
  const { digest, receipt } = command
  if (digest === undefined || receipt === undefined) return accept(recorded)
  return accept(recorded, ...takePushed(context.state, digest, receipt))
}

/** The contract saw the signature; whoever told of the item may have told something else. */
function wrongReceipt(
  context: DecisionContext,
  { account, digest, receipt }: RecordInboxItem,
): LedgerRefusal | undefined {
  if (receipt === undefined) return undefined
  const { crypto, state } = context
  const found = typedDataDigest(crypto, domainOf(state), usageReceiptType, receipt.message)
  if (found !== digest) return { code: 'MALFORMED', field: 'receipt', problem: 'is not the receipt of the digest' }
  const signer = crypto.recoverSigner(hexToBytes(found), receipt.signature)
  return checkSignature({ ...context, signer }, usageReceiptType, receipt, account)
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
