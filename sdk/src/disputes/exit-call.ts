import type { settlementAbi } from '@deparrow/contracts'
import type { Address, LeafAccount } from '@deparrow/ledger'
import type { ContractFunctionArgs } from 'viem'
import { leafProof } from './account-view.ts'
import type { EpochArchive } from './epoch-archive.ts'

/** What `Settlement.exitClaim` takes to pay an account its leaf, and what it then pays. */
export type ExitClaim = {
  readonly amountMicrocredits: bigint
  readonly args: ContractFunctionArgs<typeof settlementAbi, 'nonpayable', 'exitClaim'>
}

/**
 * The claim of an account's leaf, or of what waits for it as a payout, in an epoch that the archive keeps; `undefined` when the epoch is another one, or owes
 * the account nothing there.
 */
export function exitClaimOf(
  archive: EpochArchive,
  epoch: number,
  account: Address,
  isPayable: boolean,
): ExitClaim | undefined {
  const name: LeafAccount = isPayable ? `payable:${account}` : account
  if (archive.leaf(epoch, name)?.leaf === undefined) return undefined
  const when = archive.asked?.books.epoch === epoch ? 'closing' : 'opening'
  const { leaf, siblings } = leafProof(archive, when, archive.placeOf(name))
  const amountMicrocredits = leaf.available + leaf.held
  return amountMicrocredits === 0n ? undefined : { amountMicrocredits, args: [account, isPayable, leaf, siblings] }
}
