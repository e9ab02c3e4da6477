import { type InboxKind, inboxDetails, type LedgerCommand } from '@deparrow/ledger'
import { z } from 'zod'

/** What other services may have decided: all but the opening of a ledger, which the writer's own process does. */
type CommandType = Exclude<LedgerCommand['type'], 'OpenLedger'>

const address = z.string().regex(/^0x[0-9a-f]{40}$/)
const hash = z.string().regex(/^0x[0-9a-f]{64}$/)
const count = z.int().min(0)
const amountMicrocredits = z.bigint().min(0n)
const place = z.strictObject({ transactionHash: hash, blockNumber: z.bigint().min(0n), logIndex: count })

/** A text of a message; the deciders know how long each may be. */
const text = z.string().max(64 * 1_024)

/** A message that somebody signed: what its fields must be is the ledger's to say, by the message's type. */
const signed = z.strictObject({
  message: z.record(z.string().max(64), z.union([text, z.int(), z.bigint(), z.array(text).max(1_000)])),
  signature: z
    .string()
    .regex(/^0x[0-9a-f]*$/)
    .max(1_024),
})

const clearingCredit = z.strictObject({ account: text, amountMicrocredits })
const clearingDelivery = {
  fromShard: count,
  toShard: count,
  sequence: count,
  fromPosition: count,
  fromHash: hash,
  credits: z.array(clearingCredit).max(10_000),
  caused: z.strictObject({ node: address, feeMicrocredits: amountMicrocredits, isCompleted: z.boolean() }).optional(),
}

const members: Readonly<Record<Exclude<CommandType, 'Link'>, z.ZodRawShape>> = {
  RecordInboxItem: {
    index: count,
    kind: z.enum(Object.keys(inboxDetails) as readonly InboxKind[]),
    account: address,
    amountMicrocredits,
    place,
    epoch: count.optional(),
    askedMicrocredits: amountMicrocredits.optional(),
    delegate: address.optional(),
    nonce: z.bigint().min(0n).optional(),
    digest: hash.optional(),
    receipt: signed.optional(),
  },
  TransferCredits: { transfer: signed },
  BuyService: { purchase: signed },
  OpenHold: { order: signed },
  AssignHold: { orderDigest: hash, node: address, attempt: count },
  ReleaseAssignment: { release: signed },
  CancelOrder: { cancellation: signed },
  ReleaseHold: { orderDigest: hash },
  ReceiveReceipt: { receipt: signed },
  SettleJob: { orderDigest: hash },
  OpenEscrow: { order: signed },
  CaptureEscrow: { capture: signed },
  ReleaseEscrow: { release: signed },
  IssueIou: { iou: signed },
  RedeemIou: { redemption: signed },
  DefaultIou: { declaration: signed },
  RegisterNode: { registration: signed },
  GrantPermission: { permission: signed },
  RevokePermission: { revocation: signed },
  ChangeConfig: { change: signed },
  GrantCredits: { grant: signed },
  PayUptimeBonus: { node: address, day: count },
  RecordReferral: { referral: signed },
  PayReferralBonus: { node: address },
  InstructPayouts: { instruction: signed },
  WithdrawCredits: { withdrawal: signed },
  PayByInstruction: { wallet: address },
  RecordPayee: { wallet: address, id: count },
  CloseEpoch: { epoch: count },
  RecordEpochFinal: { epoch: count, burnMicrocredits: amountMicrocredits, place },
  RecordEpochCancelled: {
    epoch: count,
    lastEpoch: count,
    headEpoch: count,
    place,
    journalPosition: count.optional(),
  },
  RecordNodeStake: {
    node: address,
    stakeMicrocredits: amountMicrocredits,
    unbondingMicrocredits: amountMicrocredits,
    place,
  },
  RecordClaim: {
    wallet: address,
    paidMicrocredits: amountMicrocredits,
    cumulativeMicrocredits: amountMicrocredits,
    place,
  },
  ReceiveClearing: clearingDelivery,
}

/** Commands that are linked in one; the ledger takes fewer. */
const linkedMax = 100

const [first, ...others] = Object.entries(members).map(([type, shape]) =>
  z.strictObject({ type: z.literal(type), ...shape }),
) as [z.ZodObject<{ type: z.ZodLiteral<string> }>, ...z.ZodObject<{ type: z.ZodLiteral<string> }>[]]

const single = z.discriminatedUnion('type', [first, ...others])

const link = z.strictObject({ type: z.literal('Link'), commands: z.array(single).max(linkedMax) })

/** A command as another service sends it: its shape, not whether it may be done. */
export const commandSchema = z.discriminatedUnion('type', [link, single]) as unknown as z.ZodType<LedgerCommand>
