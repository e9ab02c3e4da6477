import {
  type Address,
  type Domain,
  findEntry,
  type Hex,
  hexToBytes,
  isCounterpartyAllowed,
  type LedgerCrypto,
  laneKey,
  type Message,
  type MessageType,
  type Signed,
  type SpendPermission,
  spendPermissionType,
  typedDataDigest,
} from '@deparrow/ledger'
import type { AccountView } from '../disputes/account-view.ts'
import type { PostedEpoch, PostedParent, WatchedItem } from './view.ts'

/** Everything beside the account that a judgement looks at. */
export type JudgedEpoch = {
  readonly crypto: LedgerCrypto
  readonly domain: Domain
  readonly posted: Pick<PostedEpoch, 'epoch' | 'inboxCut' | 'closedAt'>
  readonly parent: Pick<PostedParent, 'inboxCut' | 'closedAt'>
  readonly inbox: readonly WatchedItem[]
}

/** What a message is judged by: who signed it for which wallet, and whether it counts once. */
export type Spend = {
  readonly wallet: Address
  readonly type: MessageType
  readonly message: Message
  readonly signature: Hex
  readonly permission?: Signed<SpendPermission>
}

/** The digest of a spend, and its signer when that is the wallet, or a delegate with a permission that the wallet signed. */
export function signerOf(
  judged: JudgedEpoch,
  spend: Spend,
): { readonly digest: Hex; readonly signer: Address | undefined } {
  const { crypto, domain } = judged
  const digest = typedDataDigest(crypto, domain, spend.type, spend.message)
  const actual = crypto.recoverSigner(hexToBytes(digest), spend.signature)
  const expected = spend.permission?.message.delegate ?? spend.wallet
  const isAllowed =
    actual === expected && (spend.permission === undefined || isGiven(judged, spend.wallet, spend.permission))
  return { digest, signer: isAllowed ? expected : undefined }
}

/** Whether a permission covers amount and counterparty of a spend, of an order its engine. `undefined` is everybody, and no engine. */
export function isCovered(
  permission: SpendPermission | undefined,
  amount: bigint,
  counterparty: Address | undefined,
  engine?: string,
): boolean {
  if (permission === undefined) return true
  const isPaidAllowed = counterparty === undefined || isCounterpartyAllowed(permission, counterparty)
  const isRunAllowed = engine === undefined || permission.engines.length === 0 || permission.engines.includes(engine)
  return amount <= permission.jobMicrocreditsMax && isPaidAllowed && isRunAllowed
}

/** Whether a permission was worth something as the epoch began: asked of fresh messages and of captures. */
export function isStanding({ parent, inbox }: JudgedEpoch, permission: SpendPermission | undefined): boolean {
  if (permission === undefined) return true
  const revoked = inbox.some(item => {
    const isRevocation = item.kind === 'revocation' && item.index < parent.inboxCut
    const isOfDelegate = item.account === permission.wallet && item.delegate === permission.delegate
    return isRevocation && isOfDelegate && (item.nonce ?? 0n) >= permission.nonce
  })
  return permission.expires > BigInt(parent.closedAt) && !revoked
}

/** Whether a nonce counts in this epoch and in no other: above its lane's opening one, not above the closing one, and not too late. */
export function isFresh(
  { crypto, parent }: JudgedEpoch,
  view: AccountView,
  signer: Address,
  { lane, nonce, deadline }: { readonly lane: number; readonly nonce: bigint; readonly deadline: bigint },
): boolean {
  const key = laneKey(crypto, signer, lane)
  const before = findEntry(view.opening.lanes, key)
  const after = findEntry(view.closing.lanes, key)
  const isNew = before === undefined || nonce > before.value
  return deadline > BigInt(parent.closedAt) && isNew && after !== undefined && nonce <= after.value
}

function isGiven({ crypto, domain }: JudgedEpoch, wallet: Address, permission: Signed<SpendPermission>): boolean {
  const digest = typedDataDigest(crypto, domain, spendPermissionType, permission.message)
  const signer = crypto.recoverSigner(hexToBytes(digest), permission.signature)
  return permission.message.wallet === wallet && signer === wallet
}
