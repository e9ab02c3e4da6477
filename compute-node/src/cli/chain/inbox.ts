import { settlementAbi } from '@deparrow/contracts'
import { type Address, formatCredits } from '@deparrow/ledger'
import { parseEventLogs, type TransactionReceipt } from 'viem'
import { chainCall } from '../../chain/contracts.ts'
import { answered } from '../../chain/open-settlement.ts'
import type { CommandContext } from '../command-context.ts'
import { checksummed } from '../views.ts'
import { type ChainFlags, openOwnWallet } from './open.ts'

/** Asks the contract for credits without the operator: the epoch that covers the request must pay it, or leave nothing available. */
export async function forceWithdrawal(context: CommandContext, amountMicrocredits: bigint, flags: ChainFlags) {
  const { chain, carryOut } = await openOwnWallet(context, flags)
  const call = chainCall(chain.settlement, 'forceWithdrawal', [amountMicrocredits])
  const receipt = await answered(chain.rpcOrigin, () => carryOut('forced withdrawal', call))
  const inboxIndex = indexIn(receipt)
  const { transactionHash } = receipt
  context.output.result({ amountMicrocredits, inboxIndex, transactionHash }, [
    `${formatCredits(amountMicrocredits)} credits are asked for as inbox item ${inboxIndex}: transaction ${transactionHash}`,
    `If the epoch that covers the item does not pay: deparrow chain dispute forced ${inboxIndex}`,
  ])
}

/** Takes a permission back through the inbox, with all older ones of that delegate. */
export async function revokeOnChain(context: CommandContext, delegate: Address, nonce: bigint, flags: ChainFlags) {
  const { chain, carryOut } = await openOwnWallet(context, flags)
  const call = chainCall(chain.settlement, 'revoke', [delegate, nonce])
  const receipt = await answered(chain.rpcOrigin, () => carryOut('revocation', call))
  const inboxIndex = indexIn(receipt)
  const { transactionHash } = receipt
  context.output.result({ delegate: checksummed(delegate), nonce, inboxIndex, transactionHash }, [
    `Permissions of ${checksummed(delegate)} up to nonce ${nonce} end with inbox item ${inboxIndex}: transaction ${transactionHash}`,
  ])
}

function indexIn({ logs }: TransactionReceipt): bigint | undefined {
  return parseEventLogs({ abi: settlementAbi, eventName: 'InboxItemAppended', logs })[0]?.args.index
}
