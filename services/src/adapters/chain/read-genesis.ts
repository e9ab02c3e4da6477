import { type Address, type Hex, lowerHex } from '@deparrow/ledger'
import { createPublicClient } from 'viem'
import { rpcTransport } from './viem-settlement-chain.ts'

/** By what a ledger knows its chain. */
export type Genesis = { readonly chainId: number; readonly genesisHash: Hex }

/**
 * Asks a chain who it is, before a ledger is opened for it. Throws {@link NoSettlementError} when the contract is not there, and the
 * client's error while the chain does not answer.
 */
export async function readGenesis(rpcUrl: string, settlement: Address): Promise<Genesis> {
  const client = createPublicClient({ transport: rpcTransport(rpcUrl) })
  const [chainId, genesis, code] = await Promise.all([
    client.getChainId(),
    client.getBlock({ blockNumber: 0n }),
    client.getCode({ address: settlement }),
  ])
  if (code === undefined || code === '0x') throw new NoSettlementError(settlement)
  return { chainId, genesisHash: lowerHex(genesis.hash) }
}

/** Thrown when a ledger is to be opened on a chain without its contract. */
export class NoSettlementError extends Error {
  override readonly name = 'NoSettlementError'
  constructor(settlement: Address) {
    super(`the chain has no contract at ${settlement}; deploy it, or set SETTLEMENT_ADDRESS to where it is`)
  }
}
