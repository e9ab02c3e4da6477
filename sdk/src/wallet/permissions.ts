import type { Address, Hex } from '@deparrow/ledger'
import { operations } from '../api/operations.ts'
import { type PermissionSpend, type PermissionView, readPermission, readPermissionSpend } from '../api/permission.ts'
import { optional, read } from '../api/read.ts'
import type { Answer } from '../api/refusal.ts'
import type { GrantPermissionRequest, RevokePermissionRequest } from '../commands/permission-commands.ts'
import { askOwn, askOwnWallet, type ListPage, pageVariables } from './own-reads.ts'
import { type Movement, sendCommand } from './send-command.ts'
import type { WalletContext } from './wallet-context.ts'

export type PermissionPage = { readonly permissions: readonly PermissionView[]; readonly nextCursor: string | null }

export type PermissionSpendPage = { readonly spends: readonly PermissionSpend[]; readonly nextCursor: string | null }

/**
 * What other keys may spend from this wallet. A delegate signs with its own key and names the wallet: `transfer({ wallet, … })`.
 *
 * @example
 * await owner.permissions.grant({
 *   delegate: worker.address,
 *   jobMicrocreditsMax: 1_000_000n,
 *   hourMicrocreditsMax: 5_000_000n,
 *   dayMicrocreditsMax: 20_000_000n,
 * })
 * const paid = await worker.transfer({ wallet: owner.address, to: shop, amountMicrocredits: 250_000n })
 * // refusals: CAP_EXCEEDED with cap, limitMicrocredits, usedMicrocredits; COUNTERPARTY_NOT_ALLOWED; PERMISSION_EXPIRED
 * await owner.permissions.revoke({ delegate: worker.address })
 */
export type Permissions = {
  /** Lets a key spend within caps, in place of what it was allowed before. What it has spent goes on counting. Refusal: `NONCE_USED`. */
  grant(request: GrantPermissionRequest): Promise<Answer<Movement>>
  /** Ends a permission; as its delegate with `wallet`. */
  revoke(request: RevokePermissionRequest): Promise<Answer<Movement>>
  /** The newest permission of a delegate of this wallet, or with `wallet` of this key for another one; `undefined` for none. */
  get(of: { readonly delegate: Address } | { readonly wallet: Address }): Promise<PermissionView | undefined>
  /** All that this wallet has granted, newest first. */
  list(page?: ListPage): Promise<PermissionPage>
  /** What was spent under a permission of this wallet, or of this key, newest first; empty for an unknown id. */
  spends(permission: Hex, page?: ListPage): Promise<PermissionSpendPage>
}

export function permissionsOf(context: WalletContext): Permissions {
  return {
    grant: request => sendCommand(context, 'grantPermission', request),
    revoke: request => sendCommand(context, 'revokePermission', request),
    get: async of => {
      const pair = { wallet: context.address, delegate: context.address, ...of }
      const wallet = read.object(await askOwn(context, operations.permission, pair), 'wallet')
      const permission = optional(read.object, wallet, 'permission')
      return permission === null ? undefined : readPermission(permission)
    },
    list: async (page = {}) => {
      const wallet = await askOwnWallet(context, operations.permissions, pageVariables(page))
      const found = read.object(wallet, 'permissions')
      return {
        permissions: read.objects(found, 'permissions').map(readPermission),
        nextCursor: optional(read.text, found, 'nextCursor'),
      }
    },
    spends: async (permission, page = {}) => {
      const variables = { id: permission, ...pageVariables(page) }
      const known = optional(read.object, await askOwn(context, operations.permissionSpends, variables), 'permission')
      if (known === null) return { spends: [], nextCursor: null }
      const found = read.object(known, 'spends')
      return {
        spends: read.objects(found, 'spends').map(readPermissionSpend),
        nextCursor: optional(read.text, found, 'nextCursor'),
      }
    },
  }
}
