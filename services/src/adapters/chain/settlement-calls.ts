import { settlementAbi } from '@deparrow/contracts'
import type { Hex } from '@deparrow/ledger'
import { BaseError, ContractFunctionRevertedError, encodeFunctionData, InsufficientFundsError } from 'viem'
import type { SettlementCall } from '../../settlement/token-chain.port.ts'

/** A call as the contract's function and arguments. */
export function contractCall(call: SettlementCall) {
  switch (call.type) {
    case 'registerPayees':
      return { functionName: 'registerPayees', args: [call.accounts] } as const
    case 'postEpoch': {
      const { header } = call
      const chainHeader = {
        ...header,
        parent: BigInt(header.parent),
        inboxCut: BigInt(header.inboxCut),
        journalPosition: BigInt(header.journalPosition),
        closedAt: BigInt(header.closedAt),
      }
      return { functionName: 'postEpoch', args: [chainHeader, call.rows] } as const
    }
    case 'postRows':
      return { functionName: 'postRows', args: [BigInt(call.epoch), call.rows] } as const
    case 'finalise':
      return { functionName: 'finalise', args: [BigInt(call.epoch)] } as const
  }
}

export function callData(call: SettlementCall): Hex {
  return encodeFunctionData({ abi: settlementAbi, ...contractCall(call) })
}

/** Why a call cannot happen: the contract's error by name; `undefined` when it is no revert but a chain that did not answer. */
export function revertCode(error: unknown): string | undefined {
  if (!(error instanceof BaseError)) return undefined
  const revert = error.walk(cause => cause instanceof ContractFunctionRevertedError)
  if (revert instanceof ContractFunctionRevertedError) {
    return revert.data?.errorName ?? revert.signature ?? 'REVERTED_WITHOUT_DATA'
  }
  return error.walk(cause => cause instanceof InsufficientFundsError) === null ? undefined : 'INSUFFICIENT_FUNDS'
}
