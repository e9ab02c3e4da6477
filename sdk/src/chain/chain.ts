/** What works against the contracts alone, without a gateway. */
export { type DepositCall, type DepositMethod, type DepositParties, depositCalls } from './deposit-calls.ts'
