import { disputedReceiptsAbi, disputesAbi, settlementAbi } from '@deparrow/contracts'
import type { Address, Hex } from '@deparrow/ledger'
import type { AnswerCall } from '@deparrow/sdk/disputes'
import { type Abi, BaseError, ContractFunctionRevertedError, encodeFunctionData, InsufficientFundsError } from 'viem'
import type { SettlementCall } from '../../settlement/token-chain.port.ts'

/** Where the contracts of the poster's calls are. Those of disputes are asked for only when a call is theirs. */
export type CallTargets = {
  readonly settlement: Address
  readonly disputes: () => Promise<{ readonly disputes: Address; readonly receipts: Address }>
}

export type ContractCall = {
  readonly address: Address
  readonly abi: Abi
  readonly functionName: string
  readonly args: readonly unknown[]
}

/** A call as a contract's function and arguments. */
export async function contractCall(call: SettlementCall, targets: CallTargets): Promise<ContractCall> {
  const settlement = { address: targets.settlement, abi: settlementAbi }
  switch (call.type) {
    case 'registerPayees':
      return { ...settlement, functionName: 'registerPayees', args: [call.accounts] }
    case 'postEpoch': {
      const { header } = call
      const chainHeader = {
        ...header,
        parent: BigInt(header.parent),
        inboxCut: BigInt(header.inboxCut),
        journalPosition: BigInt(header.journalPosition),
        closedAt: BigInt(header.closedAt),
      }
      return { ...settlement, functionName: 'postEpoch', args: [chainHeader, call.rows] }
    }
    case 'postRows':
      return { ...settlement, functionName: 'postRows', args: [BigInt(call.epoch), call.rows] }
    case 'finalise':
      return { ...settlement, functionName: 'finalise', args: [BigInt(call.epoch)] }
    case 'state':
    case 'answer':
      return answerCall(call.answer, targets)
    case 'expireDemand': {
      const { disputes } = await targets.disputes()
      return { address: disputes, abi: disputesAbi, functionName: 'expire', args: [call.demand] }
    }
  }
}

async function answerCall({ contract, functionName, args }: AnswerCall, targets: CallTargets): Promise<ContractCall> {
  const { disputes, receipts } = await targets.disputes()
  return contract === 'disputes'
    ? { address: disputes, abi: disputesAbi, functionName, args }
    : { address: receipts, abi: disputedReceiptsAbi, functionName, args }
}

export function callData({ abi, functionName, args }: ContractCall): Hex {
  return encodeFunctionData({ abi, functionName, args })
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
