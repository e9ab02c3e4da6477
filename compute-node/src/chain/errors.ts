import type { Address } from '@deparrow/ledger'
import { DeparrowError } from '@deparrow/sdk/network'

/** Thrown when nothing says where the settlement contract is. */
export class SettlementUnnamedError extends DeparrowError {
  override readonly name = 'SettlementUnnamedError'
  constructor(chainId: number) {
    super(
      'SETTLEMENT_UNKNOWN',
      `No settlement contract is known on chain ${chainId}; name its address with --settlement.`,
    )
  }
}

/** Thrown when an address that must be a contract of ours has no code. */
export class ContractMissingError extends DeparrowError {
  override readonly name = 'ContractMissingError'
  constructor(
    readonly what: string,
    readonly address: Address,
    chainId: number,
  ) {
    super('CONTRACT_MISSING', `There is no ${what} at ${address} on chain ${chainId}. Check the address and the chain.`)
  }
}
