import { disputedReceiptsAbi } from '@deparrow/contracts'
import { type ChainPlace, type Hex, lowerHex, type SignedUsageReceipt } from '@deparrow/ledger'
import { type Log, parseEventLogs } from 'viem'
import { UnknownLogError } from '../../settlement/token-chain.port.ts'

type MinedLog = Log<bigint, number, false>

/**
 * The receipt that was shown when an inbox item was appended: the newest log before the item's own, in the same transaction, that names its index and
 * digest. Between the two the contracts call nobody, so that whatever else a transaction says stands before it. Throws `UnknownLogError` when there is none.
 */
export function shownReceipt(
  logs: readonly MinedLog[],
  item: { readonly index: number; readonly digest: Hex; readonly place: ChainPlace },
): SignedUsageReceipt {
  const { transactionHash, logIndex } = item.place
  const pushes = parseEventLogs({ abi: disputedReceiptsAbi, eventName: 'ReceiptPushed', logs: [...logs] }).filter(
    log =>
      log.transactionHash === transactionHash &&
      log.logIndex < logIndex &&
      Number(log.args.inboxIndex) === item.index &&
      lowerHex(log.args.receiptDigest) === item.digest,
  )
  const push = pushes.sort((a, b) => b.logIndex - a.logIndex)[0]
  if (push === undefined)
    throw new UnknownLogError({ what: `inbox item ${item.index} of a receipt`, place: item.place })
  const { receipt, receiptSignature } = push.args.evidence
  const { node, orderDigest, inputDigest, outputDigest, ...figures } = receipt
  return {
    message: {
      ...figures,
      node: lowerHex(node),
      orderDigest: lowerHex(orderDigest),
      inputDigest: lowerHex(inputDigest),
      outputDigest: lowerHex(outputDigest),
    },
    signature: lowerHex(receiptSignature),
  }
}
