import { settlementAbi } from '@deparrow/contracts'
import { decodeRows, type PayoutRow, rowsRoot } from '@deparrow/contracts/rows'
import { type Hex, lowerHex } from '@deparrow/ledger'
import { decodeFunctionData } from 'viem'

/**
 * The rows of a part out of the calldata that posted it: the poster posts by plain transactions. `undefined` when the calldata does not hold the rows of the
 * root that the contract computed.
 */
export function rowsInCalldata(calldata: Hex, root: Hex): readonly PayoutRow[] | undefined {
  const rows = postedRows(calldata)
  return rows.length > 0 && lowerHex(rowsRoot(rows)) === lowerHex(root) ? rows : undefined
}

function postedRows(calldata: Hex): readonly PayoutRow[] {
  try {
    const { functionName, args } = decodeFunctionData({ abi: settlementAbi, data: calldata })
    return functionName === 'postEpoch' || functionName === 'postRows' ? decodeRows(args[1]) : []
  } catch {
    // What somebody else's contract was called with, or what is no calldata at all.
    return []
  }
}
