import type { OutgoingCall } from '../../settlement/token-chain.port.ts'

/** What a transaction offers for a gas, in wei (EIP-1559). */
export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }

/** Tip a gas that is worth a validator's while; the local chain asks for none. */
export const tipWei = 1_000_000_000n

/** From this tip on no more is offered because another transaction is said to keep one out: whoever says so may earn the tips. */
export const keptOutTipWei = 16n * tipWei

/** What a gas may cost in a call that takes this much; `undefined` for no limit. */
export function feeLimit(
  capWei: bigint | undefined,
  costMaxWei: OutgoingCall['costMaxWei'],
  gas: bigint,
): bigint | undefined {
  if (capWei === undefined || costMaxWei === 'any') return undefined
  const affordableWei = costMaxWei === undefined ? 0n : costMaxWei / gas
  return affordableWei > capWei ? affordableWei : capWei
}

/** Twice the base fee, which leaves room for six full blocks in a row, and a tip. */
export function firstFees(baseFeeWei: bigint, limitWei: bigint | undefined): Fees {
  const asked = capped(baseFeeWei * 2n + tipWei, limitWei)
  return { maxFeePerGas: asked, maxPriorityFeePerGas: tipWei < asked ? tipWei : asked }
}

/** Whether blocks ask for more than a transaction offers. */
export function isTooLow({ maxFeePerGas }: Fees, baseFeeWei: bigint): boolean {
  return maxFeePerGas * 2n < baseFeeWei * 2n + tipWei
}

/** Nodes want a tenth more of both fees before they put one transaction in another's place; `undefined` when the limit allows none. */
export function raisedFees(
  { maxFeePerGas, maxPriorityFeePerGas }: Fees,
  baseFeeWei: bigint,
  limitWei: bigint | undefined,
): Fees | undefined {
  const tip = (maxPriorityFeePerGas * 5n) / 4n
  const least = (maxFeePerGas * 5n) / 4n
  const asked = baseFeeWei * 2n + tipWei + tip
  const fee = capped(asked > least ? asked : least, limitWei)
  if (fee * 10n < maxFeePerGas * 11n || fee < tip) return undefined
  return { maxFeePerGas: fee, maxPriorityFeePerGas: tip }
}

function capped(feeWei: bigint, limitWei: bigint | undefined): bigint {
  return limitWei === undefined || feeWei < limitWei ? feeWei : limitWei
}
