import type { LedgerConfig } from '@deparrow/ledger'
import type { SettlementChain } from './token-chain.port.ts'

export type ChainMismatch =
  | { readonly code: 'CHAIN_ID'; readonly expected: string; readonly found: string }
  | { readonly code: 'GENESIS'; readonly expected: string; readonly found: string }
  | { readonly code: 'SETTLEMENT_CODE'; readonly expected: string; readonly found: string }

/**
 * Makes sure that the chain is the one for which the journal was opened. Throws {@link WrongChainError} when it is not and
 * `ChainUnavailableError` when it does not answer.
 */
export async function requireChainOf(config: LedgerConfig, chain: Pick<SettlementChain, 'identity'>): Promise<void> {
  const { chainId, genesisHash, hasSettlement } = await chain.identity()
  if (chainId !== config.chainId) {
    throw new WrongChainError({ code: 'CHAIN_ID', expected: String(config.chainId), found: String(chainId) })
  }
  if (genesisHash !== config.genesisHash) {
    throw new WrongChainError({ code: 'GENESIS', expected: config.genesisHash, found: genesisHash })
  }
  if (!hasSettlement) {
    throw new WrongChainError({ code: 'SETTLEMENT_CODE', expected: config.settlement, found: 'no code' })
  }
}

/** Thrown when the journal belongs to another chain or deployment: a journal is never continued against another chain. */
export class WrongChainError extends Error {
  override readonly name = 'WrongChainError'
  constructor(readonly mismatch: ChainMismatch) {
    super(`the journal belongs to another chain: ${mismatch.code} is ${mismatch.found}, expected ${mismatch.expected}`)
  }
}
