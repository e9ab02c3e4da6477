import type { Address, Hex } from '@deparrow/ledger'
import { type Hold, readHold } from '../api/hold.ts'
import { operations } from '../api/operations.ts'
import { type PermissionUse, readUse } from '../api/permission.ts'
import { type Fields, optional, read } from '../api/read.ts'
import { readEntry, type StatementEntry } from '../api/wallet.ts'
import { AnswerInvalidError, NetworkUnreachableError } from '../errors.ts'
import { followSubscription } from '../http/graphql-subscription.ts'
import { waitMs } from './wait.ts'
import type { WalletContext } from './wallet-context.ts'

/** One event of the journal, as this wallet sees it. */
export type WalletEvent = {
  readonly position: bigint
  readonly time: string
  readonly event: string
  /** On accounts of this wallet, in their order. */
  readonly entries: readonly StatementEntry[]
  /** The totals of the delegate that signed, after the event; null when the wallet itself did. */
  readonly spend: (PermissionUse & { readonly permission: Hex; readonly delegate: Address }) | null
  /** The escrow that the event is about, as it is now. */
  readonly escrow: Hold | null
}

export type FollowWalletOptions = {
  /** Position of the last event that was seen. Default: only what comes from now on. */
  readonly after?: bigint
  readonly onEvent: (event: WalletEvent) => void
  readonly signal: AbortSignal
}

/** A gateway that is being restarted is back within seconds. */
const reconnectMs = 500

/** Connections in a row that may fail before one event has come. */
const failuresMax = 60

/**
 * Follows what moves in this wallet until `signal` aborts, over broken connections too: each event once, in the journal's order. Rejects with
 * `NETWORK_UNREACHABLE` after half a minute without a gateway, with `GATEWAY_ERROR` for what the gateway refuses (`RESUME_TOO_FAR`: page
 * through the statement first), and with what `onEvent` throws.
 */
export async function followWallet(context: WalletContext, options: FollowWalletOptions): Promise<void> {
  const { onEvent, signal } = options
  let after = options.after ?? (await readHead(context))
  let failures = 0
  const onData = (data: Fields) => {
    const event = readEvent(read.object(data, 'walletEvents'))
    if (event.position <= after) throw new AnswerInvalidError(context.graphql.url, 'it repeats an event')
    failures = 0
    onEvent(event)
    after = event.position
  }
  while (!signal.aborted) {
    try {
      const variables = { after: String(after) }
      const token = await context.token()
      const { gatewayUrl } = context
      await followSubscription({ gatewayUrl, document: operations.walletEvents, variables, token, signal, onData })
    } catch (error) {
      if (!(error instanceof NetworkUnreachableError) || ++failures > failuresMax) throw error
    }
    await waitMs(reconnectMs, signal).catch(() => undefined)
  }
}

async function readHead(context: WalletContext): Promise<bigint> {
  const network = read.object(await context.ask(operations.journalHead, {}), 'network')
  return read.amount(read.object(network, 'journal'), 'position')
}

function readEvent(event: Fields): WalletEvent {
  const spend = optional(read.object, event, 'spend')
  const escrow = optional(read.object, event, 'escrow')
  return {
    position: read.amount(event, 'position'),
    time: read.text(event, 'time'),
    event: read.text(event, 'event'),
    entries: read.objects(event, 'entries').map(readEntry),
    spend: spend && {
      permission: read.hash(spend, 'permission'),
      delegate: read.address(spend, 'delegate'),
      ...readUse(spend),
    },
    escrow: escrow && readHold(escrow),
  }
}
