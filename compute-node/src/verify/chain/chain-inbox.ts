import { settlementAbi } from '@deparrow/contracts'
import { type Hex, type InboxDetail, type InboxKind, inboxKinds, lowerHex } from '@deparrow/ledger'
import { AnswerInvalidError } from '@deparrow/sdk/network'
import { type Log, type ParseEventLogsReturnType, parseEventLogs } from 'viem'
import type { InboxItem } from './journal-facts.ts'

type MinedLog = Log<bigint, number, false>

type Event<Name extends 'InboxItemAppended' | 'DelegateRevoked'> = Pick<
  ParseEventLogsReturnType<typeof settlementAbi, Name, true>[number],
  'args' | 'transactionHash' | 'blockNumber' | 'logIndex'
>

/** The contract's inbox out of its logs, in its order. Throws `AnswerInvalidError` for a kind that this version does not know. */
export function inboxIn(logs: readonly MinedLog[], rpcUrl: string): readonly InboxItem[] {
  const items = parseEventLogs({ abi: settlementAbi, eventName: 'InboxItemAppended', logs: [...logs] })
  const revocations = parseEventLogs({ abi: settlementAbi, eventName: 'DelegateRevoked', logs: [...logs] })
  return inboxOf(items, revocations, rpcUrl)
}

/**
 * The same out of events that were parsed before. A revocation says whose power ends in a log of its own, which is its place. Throws `AnswerInvalidError`
 * for a kind that this version does not know.
 */
export function inboxOf(
  items: readonly Event<'InboxItemAppended'>[],
  revocations: readonly Event<'DelegateRevoked'>[],
  rpcUrl: string,
): readonly InboxItem[] {
  const revoked = new Map(revocations.map(log => [log.args.index, log]))
  return items.map(log => {
    const { index, account, amountMicrocredits, detail } = log.args
    const kind = kindOf(log.args.kind, rpcUrl)
    const own = revoked.get(index)
    const said: InboxDetail = own === undefined ? detailOf(kind, detail) : revocationOf(own.args)
    return {
      index: Number(index),
      kind,
      account: lowerHex(account),
      amountMicrocredits,
      ...said,
      place: placeOf(own ?? log),
    }
  })
}

/** What the 32 bytes of an item's detail stand for. */
function detailOf(kind: InboxKind, detail: Hex): InboxDetail {
  switch (kind) {
    case 'emission':
      return { epoch: Number(BigInt(detail)) }
    case 'forcedWithdrawal':
      return { askedMicrocredits: BigInt(detail) }
    case 'receipt':
      return { digest: lowerHex(detail) }
    default:
      return {}
  }
}

function revocationOf({ delegate, nonce }: { readonly delegate: Hex; readonly nonce: bigint }): InboxDetail {
  return { delegate: lowerHex(delegate), nonce }
}

function kindOf(kind: number, rpcUrl: string): InboxKind {
  const name = inboxKinds[kind]
  if (name === undefined) throw new AnswerInvalidError(rpcUrl, `its inbox has an item of the unknown kind ${kind}`)
  return name
}

export function placeOf({
  transactionHash,
  blockNumber,
  logIndex,
}: Pick<MinedLog, 'transactionHash' | 'blockNumber' | 'logIndex'>) {
  return { transactionHash, blockNumber, logIndex }
}
