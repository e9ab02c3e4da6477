import { isHexOf, lowerHex } from '../hex.ts'
import type { LedgerConfig } from './config.ts'
import { accept, type Decision, type DecisionContext, refuse } from './decision.ts'

/**
 * Writes the journal's first event. Refusals in order: `MALFORMED`, `COMMAND_CONFLICT` (the ledger is open with other parameters;
 * with the same ones the answer is that of the first time).
 */
export function openLedger(context: DecisionContext, config: LedgerConfig): Decision {
  const malformed = malformedField(config)
  if (malformed !== undefined) return refuse({ code: 'MALFORMED', ...malformed })
  if (context.state.config !== undefined)
    return refuse({ code: 'COMMAND_CONFLICT', commandId: 'open', field: 'config' })
  return accept({ type: 'LedgerOpened', data: { config }, entries: [] })
}

function malformedField(config: LedgerConfig): { readonly field: string; readonly problem: string } | undefined {
  const { chainId, settlement, ledgerSigner, genesisHash, rates, feeBasisPoints, burnBasisPoints } = config
  if (!Number.isSafeInteger(chainId) || chainId < 1) return { field: 'chainId', problem: 'expected an integer from 1' }
  if (!isLowerHex(settlement, 20)) return { field: 'settlement', problem: 'expected a lower-case address' }
  if (!isLowerHex(genesisHash, 32)) return { field: 'genesisHash', problem: 'expected 32 bytes in lower case' }
  if (!isLowerHex(ledgerSigner, 20)) return { field: 'ledgerSigner', problem: 'expected a lower-case address' }
  const negative = Object.entries(rates).find(([, rate]) => rate < 0n)
  if (negative !== undefined) return { field: `rates.${negative[0]}`, problem: 'expected at least 0' }
  if (!isShare(feeBasisPoints)) return { field: 'feeBasisPoints', problem: 'expected 0 to 10000' }
  if (!isShare(burnBasisPoints)) return { field: 'burnBasisPoints', problem: 'expected 0 to 10000' }
  return undefined
}

function isShare(basisPoints: number): boolean {
  return Number.isInteger(basisPoints) && basisPoints >= 0 && basisPoints <= 10_000
}

function isLowerHex(text: string, byteCount: number): boolean {
  return isHexOf(text, byteCount) && lowerHex(text) === text
}
