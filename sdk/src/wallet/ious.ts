import type { Hex } from '@deparrow/ledger'
import { type IouView, readIou } from '../api/iou.ts'
import { operations } from '../api/operations.ts'
import { optional, read } from '../api/read.ts'
import type { Answer } from '../api/refusal.ts'
import type { DefaultRequest, IouRequest, RedemptionRequest } from '../commands/iou-commands.ts'
import { askOwn, askOwnWallet, type ListPage, pageVariables } from './own-reads.ts'
import { type Movement, sendCommand } from './send-command.ts'
import type { WalletContext } from './wallet-context.ts'

/** Which promises: those that this wallet owes or those that are owed to it, open (the default) or paid. */
export type IouList = ListPage & { readonly role: 'debtor' | 'creditor'; readonly status?: 'open' | 'paid' }

export type IouPage = { readonly ious: readonly IouView[]; readonly nextCursor: string | null }

/**
 * Promises to pay. They move nothing until they are redeemed, and nobody vouches for them.
 *
 * @example
 * const issued = await debtor.ious.issue({ creditor, amountMicrocredits: 2_000_000n, dueInSeconds: 86_400 })
 * if (issued.ok) await debtor.ious.redeem({ iou: issued.commandId, amountMicrocredits: 2_000_000n })
 */
export type Ious = {
  /** Writes a promise of this wallet down; the answer's `commandId` is its id. */
  issue(request: IouRequest): Promise<Answer<Movement>>
  /** Pays a promise of this wallet, wholly or in part. Refusals: `UNKNOWN_IOU`, `IOU_PAID`, `IOU_EXCEEDED`, `INSUFFICIENT_CREDITS`. */
  redeem(request: RedemptionRequest): Promise<Answer<Movement>>
  /** As the creditor, writes down that it was not paid when due. Refusals: `IOU_NOT_DUE`, `IOU_DEFAULTED`, `IOU_PAID`, `UNKNOWN_IOU`. */
  declareDefault(request: DefaultRequest): Promise<Answer<Movement>>
  /** A promise that this wallet has given or holds; `undefined` for an unknown id. */
  get(id: Hex): Promise<IouView | undefined>
  /** Newest first. */
  list(list: IouList): Promise<IouPage>
}

export function iousOf(context: WalletContext): Ious {
  return {
    issue: request => sendCommand(context, 'issueIou', request),
    redeem: request => sendCommand(context, 'redeemIou', request),
    declareDefault: request => sendCommand(context, 'defaultIou', request),
    get: async id => {
      const iou = optional(read.object, await askOwn(context, operations.iou, { id }), 'iou')
      return iou === null ? undefined : readIou(iou)
    },
    list: async ({ role, status = 'open', ...page }) => {
      const wallet = await askOwnWallet(context, operations.ious, { role, status, ...pageVariables(page) })
      const found = read.object(wallet, 'ious')
      return {
        ious: read.objects(found, 'ious').map(readIou),
        nextCursor: optional(read.text, found, 'nextCursor'),
      }
    },
  }
}
