import { DEVELOPMENT_CHAIN_ID, PUBLISHED_ACCOUNTS } from '@deparrow/contracts/published-accounts'
import { type Address, lowerHex } from '@deparrow/ledger'
import { DeparrowError } from '../errors.ts'

/** Chain id of local development chains; the only one on which published keys may be used. */
export const developmentChainId = DEVELOPMENT_CHAIN_ID

/** The 20 accounts that Hardhat publishes, in lower case, in the order of their index. */
export const publishedAddresses: readonly Address[] = PUBLISHED_ACCOUNTS

/** Whether an address belongs to one of the published Hardhat keys. */
export function isPublishedDevelopmentKey(address: string): boolean {
  return publishedAddresses.includes(lowerHex(address))
}

/** Throws {@link DevelopmentKeyError} for a published key on any chain but 31337. */
export function refuseDevelopmentKey(address: string, chainId: number): void {
  if (chainId !== developmentChainId && isPublishedDevelopmentKey(address)) {
    throw new DevelopmentKeyError(address, chainId)
  }
}

/** Thrown when a key that everybody knows would be used where money is real. */
export class DevelopmentKeyError extends DeparrowError {
  override readonly name = 'DevelopmentKeyError'
  constructor(address: string, chainId: number) {
    super(
      'DEVELOPMENT_KEY',
      `The key of ${address} is published with Hardhat, so anybody can spend what it holds; on chain ${chainId} use a key of your own.`,
    )
  }
}
