import {
  type Address,
  type Domain,
  type EngineName,
  formatMessage,
  lowerHex,
  type Message,
  type MessageType,
  type PermissionRevocation,
  parseMessage,
  permissionRevocationType,
  type Signed,
  type SpendPermission,
  spendPermissionType,
} from '@deparrow/ledger'
import type { LocalAccount } from 'viem'
import { type Answer, type RefusedAnswer, refuse } from '../api/refusal.ts'
import { signMessage } from '../signing/typed-data.ts'

/** What a wallet lets a delegate spend; caps in µcr. A job in flight counts with its whole hold until it ends. */
export type PermissionRequest = {
  readonly delegate: Address
  /** The most that a single order, transfer, purchase or escrow may take. */
  readonly jobMicrocreditsMax: bigint
  /** The most within any 60 minutes. */
  readonly hourMicrocreditsMax: bigint
  /** The most within any 24 hours. */
  readonly dayMicrocreditsMax: bigint
  /** Who may be paid, and the nodes that may run jobs; at most 32. Default: everybody. */
  readonly counterparties?: readonly Address[]
  /** Engines that jobs may use. Default: every engine. */
  readonly engines?: readonly EngineName[]
  /** Unix seconds from which the permission is worth nothing; at most two years ahead. */
  readonly expires: bigint
  /** Above that of every earlier permission for this delegate; a permission with a higher nonce replaces the one before. */
  readonly nonce: bigint
}

/** Which permission ends. */
export type RevocationRequest = {
  /** Whose credits they are. Default: the account that signs; a delegate that gives its power back names the wallet. */
  readonly wallet?: Address
  readonly delegate: Address
  /** Of the permission that stands, or above it: permissions up to this nonce can never stand again. */
  readonly nonce: bigint
}

/**
 * Signs that a delegate may spend out of the account's wallet within caps. It stands once the ledger has journalled it; what the delegate has
 * spent under earlier permissions goes on counting. `MALFORMED` names the first field that cannot be, and nothing is signed.
 *
 * @example
 * // Lets an agent spend 1 credit at once, 5 an hour and 20 a day for a week, on WebAssembly jobs alone.
 * const answer = await signPermission(account, wallet.domain, {
 *   delegate: agent.address,
 *   jobMicrocreditsMax: 1_000_000n,
 *   hourMicrocreditsMax: 5_000_000n,
 *   dayMicrocreditsMax: 20_000_000n,
 *   engines: ['wasm'],
 *   expires: BigInt(Math.floor(Date.now() / 1_000) + 7 * 86_400),
 *   nonce: 1n,
 * })
 * if (!answer.ok) throw new Error(answer.refusal.message)
 * answer.signed // { message: { wallet, delegate, … }, signature: '0x…' }
 */
export async function signPermission(
  account: LocalAccount,
  domain: Domain,
  request: PermissionRequest,
): Promise<Answer<{ readonly signed: Signed<SpendPermission> }>> {
  const { counterparties = [], engines = [] } = request
  const message = { ...request, wallet: account.address, counterparties, engines }
  return signChecked<SpendPermission>(account, domain, spendPermissionType, message)
}

/**
 * Signs that a permission has ended, as the wallet or as the delegate itself. Once the ledger has journalled it the delegate spends nothing more;
 * jobs and escrows that it opened run to their end. `MALFORMED` names the first field that cannot be, and nothing is signed.
 *
 * @example
 * const answer = await signRevocation(account, wallet.domain, { delegate: agent.address, nonce: 1n })
 */
export async function signRevocation(
  account: LocalAccount,
  domain: Domain,
  { wallet = account.address, delegate, nonce }: RevocationRequest,
): Promise<Answer<{ readonly signed: Signed<PermissionRevocation> }>> {
  const message = { wallet, delegate, nonce }
  return signChecked<PermissionRevocation>(account, domain, permissionRevocationType, message)
}

/** Signs a message once it is one that the ledger can read, with every address in lower case. */
async function signChecked<M extends Message & { readonly wallet: Address; readonly delegate: Address }>(
  account: LocalAccount,
  domain: Domain,
  type: MessageType,
  message: Message,
): Promise<Answer<{ readonly signed: Signed<M> }>> {
  const parsed = parseMessage<M>(type, formatMessage(type, message))
  if (!parsed.ok) return malformed(parsed.field, parsed.problem)
  const { wallet, delegate } = parsed.message
  if (lowerHex(wallet) === delegate)
    return malformed('delegate', 'must differ from the wallet, which needs no permission')
  return { ok: true, signed: await signMessage(account, domain, type, parsed.message) }
}

function malformed(field: string, problem: string): RefusedAnswer {
  return refuse({ code: 'MALFORMED', field, message: `${field}: ${problem}.` })
}
