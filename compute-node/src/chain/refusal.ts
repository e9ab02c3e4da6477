import { BaseError, ContractFunctionRevertedError, InsufficientFundsError } from 'viem'

/** Why a call cannot happen: the contract's error by name, with its arguments in their order. */
export type CallRefusal = { readonly code: string; readonly args: readonly unknown[] }

/** What a contract says against a call; `undefined` when the error is no refusal but a chain that did not answer. */
export function refusalOf(error: unknown): CallRefusal | undefined {
  if (!(error instanceof BaseError)) return undefined
  const revert = error.walk(cause => cause instanceof ContractFunctionRevertedError)
  if (revert instanceof ContractFunctionRevertedError) {
    const { data, reason, signature } = revert
    if (data !== undefined) return { code: data.errorName, args: data.args ?? [] }
    return { code: signature ?? 'REVERTED_WITHOUT_DATA', args: reason === undefined ? [] : [reason] }
  }
  const isPoor = error.walk(cause => cause instanceof InsufficientFundsError) !== null
  return isPoor ? { code: 'INSUFFICIENT_FUNDS', args: [] } : undefined
}
