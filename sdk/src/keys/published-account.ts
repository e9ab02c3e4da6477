import { type HDAccount, mnemonicToAccount } from 'viem/accounts'

/** The sentence from which Hardhat derives its accounts. Everybody knows it. @see https://hardhat.org/docs */
export const publishedMnemonic = 'test test test test test test test test test test test junk'

/** The published account with an index from 0 to 19; it signs for whoever asks. */
export function publishedAccount(index: number): HDAccount {
  return mnemonicToAccount(publishedMnemonic, { addressIndex: index })
}
