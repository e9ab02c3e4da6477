import type { Hex } from '@deparrow/ledger'
import type { Answer } from '../api/refusal.ts'
import { sendDeposit } from '../chain/deposit.ts'
import type { DepositMethod } from '../chain/deposit-calls.ts'
import { DeparrowError } from '../errors.ts'
import { readStatement } from './history.ts'
import { waitMs } from './wait.ts'
import type { WalletContext } from './wallet-context.ts'

export type DepositOptions = {
  /** Default `permit`: one transaction and no allowance left behind. */
  readonly method?: DepositMethod
  /** How long to wait until the ledger has credited the deposit. Default two minutes. */
  readonly creditTimeoutMs?: number
  readonly signal?: AbortSignal
}

export type Deposited = {
  readonly transactionHash: Hex
  readonly amountMicrocredits: bigint
  /** Position of the journal's entry. */
  readonly position: bigint
}

const creditTimeoutMsDefault = 120_000

const pollMs = 150

const statementPageSize = 50

/**
 * Deposits DPC and waits until the ledger has credited it. Refusals: those of the chain side. Throws {@link CreditPendingError} when
 * the DPC is in the contract and the ledger has not seen it final in time; it will be credited without a further call.
 */
export async function deposit(
  context: WalletContext,
  amountMicrocredits: bigint,
  options: DepositOptions = {},
): Promise<Answer<Deposited>> {
  const before = await readStatement(context, { first: 1 })
  const lastPosition = before.entries[0]?.position ?? 0n
  const sent = await sendDeposit(context, amountMicrocredits, options.method ?? 'permit')
  if (!sent.ok) return sent
  const { transactionHash } = sent.receipt
  const giveUpAtMs = context.clock.nowMs() + (options.creditTimeoutMs ?? creditTimeoutMsDefault)
  for (;;) {
    const { entries } = await readStatement(context, { first: statementPageSize })
    const credited = entries.find(
      entry =>
        entry.position > lastPosition &&
        entry.event === 'InboxItemRecorded' &&
        entry.amountMicrocredits === amountMicrocredits,
    )
    if (credited !== undefined) return { ok: true, transactionHash, amountMicrocredits, position: credited.position }
    if (context.clock.nowMs() >= giveUpAtMs) throw new CreditPendingError(transactionHash)
    await waitMs(pollMs, options.signal)
  }
}

/** Thrown when a deposit is on chain and not credited yet. */
export class CreditPendingError extends DeparrowError {
  override readonly name = 'CreditPendingError'
  constructor(readonly transactionHash: Hex) {
    super(
      'CREDIT_PENDING',
      `The deposit ${transactionHash} is on chain and will be credited when the ledger has seen it final; look at the balance later.`,
    )
  }
}
