import { formatCredits } from '@deparrow/ledger'
import type { MarketRefusal } from '../../market/market.port.ts'
import { type RefusalType, type RefusalView, type RefusingUnion, refusalsOf } from './refusal-types.ts'

/**
 * A refusal as a union of the schema says it: as its own type where the union has that, else as `Refused` with the same code and message.
 */
export function refusalView(refusal: MarketRefusal, union: RefusingUnion): RefusalView {
  const view = wholeView(refusal)
  const known: readonly RefusalType[] = ['Malformed', 'Refused', ...refusalsOf[union]]
  return known.includes(view.__typename) ? view : refusedWith(view.code, view.message)
}

/** The type with all that is known of a refusal. */
export function wholeView(refusal: MarketRefusal): RefusalView {
  const view = views[refusal.code] as (refusal: MarketRefusal) => RefusalView
  return view(refusal)
}

export function malformed(field: string, problem: string): RefusalView {
  return { __typename: 'Malformed', code: 'MALFORMED', field, message: `${field || 'input'}: ${problem}` }
}

export function refusedWith(code: string, message: string): RefusalView {
  return { __typename: 'Refused', code, message }
}

const bonusReasons: Readonly<Record<Extract<MarketRefusal, { code: 'BONUS_NOT_DUE' }>['reason'], string>> = {
  dayNotOver: 'the day is not over. Its bonus is paid after midnight (UTC).',
  nothingToPay: 'there is no bonus to pay, or it was paid.',
  noReferrer: 'nobody referred it.',
  paidToday: 'the referral bonus was paid today. The next one comes tomorrow (UTC).',
  uptimeFirst: 'its uptime bonus comes first.',
}

/** One line for every code that ledger and market know: a code without a line does not compile. */
const views: { readonly [C in MarketRefusal['code']]: (refusal: Extract<MarketRefusal, { code: C }>) => RefusalView } =
  {
    MALFORMED: ({ field, problem }) => malformed(field, problem),
    INVALID_SIGNATURE: ({ code, expectedSigner }) => ({
      __typename: 'InvalidSignature',
      code,
      expectedSigner,
      message: `The signature is not one of ${expectedSigner} over this message. Check chain id, contract and every field.`,
    }),
    WRONG_SHARD: ({ code, shard }) => ({
      __typename: 'WrongShard',
      code,
      shard,
      message: `The wallet is at home in shard ${shard}. Send the same request there.`,
    }),
    INSUFFICIENT_CREDITS: ({ code, requiredMicrocredits, availableMicrocredits }) => ({
      __typename: 'InsufficientCredits',
      code,
      required: requiredMicrocredits,
      available: availableMicrocredits,
      message: `${formatCredits(requiredMicrocredits)} credits are needed and ${formatCredits(availableMicrocredits)} are available. Deposit DPC, then sign again with a new nonce.`,
    }),
    PRICE_ABOVE_MAXIMUM: ({ code, priceMicrocredits, maximumMicrocredits }) => ({
      __typename: 'PriceAboveMaximum',
      code,
      price: priceMicrocredits,
      maximum: maximumMicrocredits,
      message: `The job costs at least ${priceMicrocredits} µcr. Sign an order with a higher maxPriceMicrocredits.`,
    }),
    DEADLINE_PASSED: ({ code, deadlineMs }) => ({
      __typename: 'DeadlinePassed',
      code,
      deadline: deadlineMs,
      message: `The deadline ${new Date(deadlineMs).toISOString()} has passed. Sign again with a later one.`,
    }),
    TURNOVER_EXCEEDED: ({ code, wallet }) =>
      refusedWith(code, `More has left ${wallet} than one statement can show. Try again when the next epoch is final.`),
    RECEIPT_FROM_FUTURE: ({ code, endedAtMs }) =>
      refusedWith(
        code,
        `The receipt says that its job ends at ${endedAtMs} ms. Hand it in again when that time has come.`,
      ),
    DEADLINE_TOO_FAR: ({ code, latestMs }) => ({
      __typename: 'DeadlineTooFar',
      code,
      latest: latestMs,
      message: `The deadline is too far away. Sign again with one before ${new Date(latestMs).toISOString()}.`,
    }),
    COMMAND_CONFLICT: ({ code, commandId, field }) => ({
      __typename: 'CommandConflict',
      code,
      conflictId: commandId,
      field,
      message: `Another request with the same id differs in ${field}. Use a new nonce.`,
    }),
    AMOUNT_OUT_OF_RANGE: ({ code }) =>
      refusedWith(code, 'The amount must be at least 1 µcr and at most the token cap.'),
    UNKNOWN_JOB: ({ code, orderDigest }) =>
      refusedWith(code, `There is no job ${orderDigest}. A job's id is the digest of its order.`),
    JOB_ENDED: ({ code, orderDigest }) =>
      refusedWith(code, `Job ${orderDigest} has ended. Nothing more can be done to it.`),
    HOLD_ASSIGNED: ({ code, node }) => refusedWith(code, `Node ${node} has the job. Wait for its receipt.`),
    RECEIPT_PENDING: ({ code, orderDigest }) =>
      refusedWith(code, `Job ${orderDigest} has its receipt and is being settled. Nothing else can be done to it.`),
    NO_RECEIPT: ({ code, orderDigest }) =>
      refusedWith(code, `Job ${orderDigest} has no receipt yet. It is settled when its node has handed one in.`),
    LINK_FAILED: ({ code, index, refusal }) => ({
      __typename: 'LinkFailed',
      code,
      index,
      refusal: wholeView(refusal),
      message: `Nothing happened, because command ${index} of the link was refused: ${wholeView(refusal).message}`,
    }),
    NOT_ASSIGNED: ({ code, node }) => refusedWith(code, `The job is not assigned to node ${node} in this attempt.`),
    UNKNOWN_ESCROW: ({ code, escrow }) =>
      refusedWith(code, `There is no escrow ${escrow}. An escrow's id is the digest of its order.`),
    ESCROW_ENDED: ({ code, escrow }) =>
      refusedWith(code, `Escrow ${escrow} has ended. Nothing more can be done to it.`),
    ESCROW_EXCEEDED: ({ code, heldMicrocredits }) => ({
      __typename: 'EscrowExceeded',
      code,
      held: heldMicrocredits,
      message: `The escrow holds ${heldMicrocredits} µcr. Sign a capture of at most as much.`,
    }),
    UNKNOWN_IOU: ({ code, iou }) =>
      refusedWith(code, `There is no IOU ${iou}, or it was paid long ago. An IOU's id is the digest of its message.`),
    IOU_PAID: ({ code, iou }) => refusedWith(code, `IOU ${iou} is paid. Nothing is owed any more.`),
    IOU_EXCEEDED: ({ code, outstandingMicrocredits }) => ({
      __typename: 'IouExceeded',
      code,
      outstanding: outstandingMicrocredits,
      message: `Only ${outstandingMicrocredits} µcr are still owed. Sign a redemption of at most as much.`,
    }),
    IOU_DEFAULTED: ({ code, iou }) => refusedWith(code, `IOU ${iou} is in default already. It can still be redeemed.`),
    IOU_NOT_DUE: ({ code, dueAt }) =>
      refusedWith(code, `The IOU is due at ${dueAt} (Unix seconds). Declare its default then.`),
    SUPPLY_EXCEEDED: ({ code }) =>
      refusedWith(code, 'More DPC would be counted than can exist. Check that the ledger follows its own chain.'),
    UNKNOWN_NODE: ({ code, node }) =>
      refusedWith(code, `Node ${node} is not registered. Start it, so that it registers.`),
    PERMISSION_EXPIRED: ({ code, delegate, endedAtMs }) => ({
      __typename: 'PermissionExpired',
      code,
      delegate,
      expiredAt: endedAtMs,
      message: `The permission of ${delegate} ended at ${new Date(endedAtMs).toISOString()}. Its wallet must sign a new one.`,
    }),
    ENGINE_NOT_ALLOWED: ({ code, engine }) => ({
      __typename: 'EngineNotAllowed',
      code,
      engine,
      message: `The permission does not allow the engine ${engine}. Its wallet must sign one that does.`,
    }),
    COUNTERPARTY_NOT_ALLOWED: ({ code, counterparty }) => ({
      __typename: 'CounterpartyNotAllowed',
      code,
      counterparty,
      message: `The permission does not name ${counterparty}. Its wallet must sign one that does.`,
    }),
    TOO_MANY_DELEGATES: ({ code, wallet, delegatesMax }) =>
      refusedWith(
        code,
        `Wallet ${wallet} has named ${delegatesMax} delegates. Give a new permission to one that it has named.`,
      ),
    TOO_MANY_LANES: ({ code, wallet, lanesMax }) =>
      refusedWith(
        code,
        `Wallet ${wallet} and its delegates have used ${lanesMax} lanes. Sign in one that was used before.`,
      ),
    CAP_EXCEEDED: ({ code, cap, limitMicrocredits, usedMicrocredits, requestedMicrocredits }) => ({
      __typename: 'CapExceeded',
      code,
      cap,
      limit: limitMicrocredits,
      used: usedMicrocredits,
      requested: requestedMicrocredits,
      message: `${formatCredits(requestedMicrocredits)} credits are above the permission's cap per ${cap} of ${formatCredits(limitMicrocredits)}, of which ${formatCredits(usedMicrocredits)} are used. Spend less or later, then sign again with a new nonce.`,
    }),
    SEQUENCE_USED: ({ code, lastSequence }) =>
      refusedWith(
        code,
        `The receipt's sequence must be higher than ${lastSequence}. Sign its receipts with sequences that ascend.`,
      ),
    NONCE_USED: ({ code, lastNonce }) => ({
      __typename: 'NonceUsed',
      code,
      lastNonce,
      message: `The nonce must be higher than ${lastNonce}. Sign again with a higher one.`,
    }),
    CHANGE_TIME_OUT_OF_RANGE: ({ code, earliestMs, latestMs }) => ({
      __typename: 'ChangeTimeOutOfRange',
      code,
      earliest: earliestMs,
      latest: latestMs,
      message: `A change must count from a time between ${new Date(earliestMs).toISOString()} and ${new Date(latestMs).toISOString()}. Sign it again.`,
    }),
    REFERRAL_EXISTS: ({ code, node, referrer }) =>
      refusedWith(code, `Node ${node} was referred by ${referrer}. A referral is said once.`),
    REFERRAL_TOO_LATE: ({ code, node, untilMs }) =>
      refusedWith(code, `Who referred node ${node} could be said until ${new Date(untilMs).toISOString()}.`),
    GRANT_CAP_REACHED: ({ code, limitMicrocredits, grantedMicrocredits }) => ({
      __typename: 'GrantCapReached',
      code,
      limit: limitMicrocredits,
      granted: grantedMicrocredits,
      message: `${formatCredits(grantedMicrocredits)} of the ${formatCredits(limitMicrocredits)} credits of today's grants are given. Sign another grant tomorrow (UTC).`,
    }),
    REWARDS_EXHAUSTED: ({ code, requiredMicrocredits, availableMicrocredits }) => ({
      __typename: 'RewardsExhausted',
      code,
      required: requiredMicrocredits,
      available: availableMicrocredits,
      message: `The rewards budget has ${formatCredits(availableMicrocredits)} credits and ${formatCredits(requiredMicrocredits)} are needed. Sign a smaller grant.`,
    }),
    BONUS_NOT_DUE: ({ code, node, reason }) => refusedWith(code, `Node ${node}: ${bonusReasons[reason]}`),
    PAYOUT_NOT_DUE: ({ code }) =>
      refusedWith(code, 'The payout is not due yet. Its minimum or interval is not reached.'),
    INBOX_OUT_OF_ORDER: ({ code }) =>
      refusedWith(code, 'Deposits are recorded in their order on chain. Try again later.'),
    CLEARING_OUT_OF_ORDER: ({ code, fromShard, expectedSequence }) =>
      refusedWith(code, `The next sending of shard ${fromShard} is ${expectedSequence}.`),
    PAYEE_ID_CONFLICT: ({ code, wallet }) => refusedWith(code, `Wallet ${wallet} has another payee id on chain.`),
    EPOCH_OUT_OF_ORDER: ({ code, expectedEpoch }) => refusedWith(code, `The next epoch is ${expectedEpoch}.`),
    EPOCH_PENDING: ({ code, epoch }) => refusedWith(code, `Epoch ${epoch} is not final yet. Try again later.`),
    CLAIM_NOT_OWED: ({ code, wallet }) => refusedWith(code, `The claim exceeds what wallet ${wallet} is owed.`),
    GPU_NOT_OFFERED: ({ code, gpuCountMax }) =>
      refusedWith(code, `The order asks for ${gpuCountMax} GPUs and no node offers any. Sign one with gpuCountMax 0.`),
    CONTENT_NOT_STORED: ({ code, contentId }) =>
      refusedWith(code, `Content ${contentId} is not stored here. Send it with PUT /content first.`),
    NOT_WEBASSEMBLY: ({ code, contentId }) =>
      refusedWith(
        code,
        `Content ${contentId} is not a WebAssembly binary of version 1. Build the module for wasm32-wasi.`,
      ),
    MODULE_TOO_LARGE: ({ code, sizeBytes, sizeBytesMax }) =>
      refusedWith(
        code,
        `The module has ${sizeBytes} bytes, ${sizeBytesMax} are allowed. Strip it or move data to the input.`,
      ),
    TOO_MANY_JOBS: ({ code, jobsMax }) =>
      refusedWith(code, `This wallet has ${jobsMax} unfinished jobs. Send the same order again when some have ended.`),
    MARKET_FULL: ({ code, jobsMax }) =>
      refusedWith(code, `The market has its ${jobsMax} unfinished jobs. Send the same order again later.`),
  }
