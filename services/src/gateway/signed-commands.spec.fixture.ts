import type { Address, InboxKind, Message, Signed } from '@deparrow/ledger'
import { accept } from '../market/market.spec.fixture.ts'
import { fieldsOf, type Gateway } from './gateway.spec.fixture.ts'

export const credit = 1_000_000n

const inputs = {
  transfer: 'transfer',
  buyService: 'purchase',
  withdraw: 'withdrawal',
  instructPayouts: 'instruction',
  openEscrow: 'order',
  captureEscrow: 'capture',
  releaseEscrow: 'release',
  issueIou: 'iou',
  redeemIou: 'redemption',
  defaultIou: 'declaration',
  grantPermission: 'permission',
  revokePermission: 'revocation',
  grantCredits: 'grant',
  recordReferral: 'referral',
  changeConfig: 'change',
} as const

export type CommandName = keyof typeof inputs

export const commandNames = Object.keys(inputs) as CommandName[]

/** All that the types of refusals say beside code and message. */
export const refusalFields = `
  __typename ... on Refusal { code message }
  ... on Malformed { field } ... on WrongShard { shard } ... on InvalidSignature { expectedSigner }
  ... on DeadlinePassed { deadline } ... on DeadlineTooFar { latest } ... on ChangeTimeOutOfRange { earliest latest }
  ... on CommandConflict { conflictId field } ... on EscrowExceeded { held } ... on IouExceeded { outstanding }
  ... on PermissionExpired { delegate expiredAt } ... on EngineNotAllowed { engine }
  ... on CounterpartyNotAllowed { counterparty } ... on NonceUsed { lastNonce }
  ... on CapExceeded { cap limit used requested } ... on InsufficientCredits { required available }
  ... on GrantCapReached { limit granted } ... on RewardsExhausted { required available }
`

const movementFields = `... on Movement { commandId firstPosition position repeated wallet { address available held } }`

/** Hands in a signed message as anybody may, without a session. */
export async function send(gateway: Gateway, name: CommandName, signed: Signed<Message>, changes: object = {}) {
  return sendRaw(gateway, name, { ...fieldsOf(signed), ...changes }, signed.signature)
}

export async function sendRaw(gateway: Gateway, name: CommandName, message: unknown, signature: string) {
  const query = `mutation ($message: JSON!, $signature: Hex!) {
    ${name}(${inputs[name]}: $message, signature: $signature) { ${movementFields} ${refusalFields} }
  }`
  const { data, errors } = await gateway.ask(query, { message, signature })
  return data?.[name] ?? { errors }
}

/** What arrived on chain, in its order. One of these for each gateway. */
export function inboxOf(gateway: Gateway) {
  let index = 0
  return async (kind: InboxKind, account: Address, amountMicrocredits: bigint) => {
    const place = { transactionHash: `0x${'00'.repeat(32)}`, blockNumber: 1n, logIndex: index } as const
    await accept(gateway.ledger, { type: 'RecordInboxItem', index: index++, kind, account, amountMicrocredits, place })
  }
}
