import type { Address } from '@deparrow/ledger'
import { lowerHex } from '@deparrow/ledger'
import { type EpochArchive, exitClaimOf } from '@deparrow/sdk/disputes'
import { type ChainCall, chainCall } from './contracts.ts'
import type { SettlementChain } from './open-settlement.ts'
import type { Stake } from './stakes.ts'

/** Something that can be taken out now, and what it brings. */
export type Take = {
  readonly what: 'leaf' | 'payable' | 'deposit' | 'purse' | 'stake' | 'unbonding'
  /** For a person: which one of them. */
  readonly label: string
  readonly amountWei: bigint
  readonly call: ChainCall
}

/** The contract's number of `InboxKind.Deposit`. */
const depositKind = 0

/** Inbox items that are asked for at once. */
const itemsPerRequest = 50n

const weiOf = (microcredits: bigint) => microcredits * 10n ** 12n

/** The leaves that an account has in the last final epoch, by an archive that was opened for it. */
export function leafTakes(
  { settlement }: SettlementChain,
  archive: EpochArchive,
  finalEpoch: bigint,
  account: Address,
): readonly Take[] {
  const kinds = [
    { what: 'leaf', isPayable: false, label: `balance in epoch ${finalEpoch}` },
    { what: 'payable', isPayable: true, label: `payout that waited in epoch ${finalEpoch}` },
  ] as const
  return kinds.flatMap(({ what, isPayable, label }) => {
    const claim = exitClaimOf(archive, Number(finalEpoch), account, isPayable)
    if (claim === undefined) return []
    const call = chainCall(settlement, 'exitClaim', claim.args)
    return [{ what, label, amountWei: weiOf(claim.amountMicrocredits), call }]
  })
}

/** An account's deposits that no final epoch covers and that were not returned. */
export async function depositTakes(
  { client, settlement }: SettlementChain,
  account: Address,
  { cut, count }: { readonly cut: bigint; readonly count: bigint },
): Promise<readonly Take[]> {
  const takes: Take[] = []
  for (let from = cut; from < count; from += itemsPerRequest) {
    const length = Number(count - from < itemsPerRequest ? count - from : itemsPerRequest)
    const read = Array.from({ length }, async (_, offset) => {
      const index = from + BigInt(offset)
      const [item, isReturned] = await Promise.all([
        client.readContract({ ...settlement, functionName: 'inboxItem', args: [index] }),
        client.readContract({ ...settlement, functionName: 'isItemReturned', args: [index] }),
      ])
      return { index, item, isReturned }
    })
    for (const { index, item, isReturned } of await Promise.all(read)) {
      if (isReturned || item.kind !== depositKind || lowerHex(item.account) !== account) continue
      const call = chainCall(settlement, 'exitDeposit', [index])
      takes.push({ what: 'deposit', label: `deposit ${index}`, amountWei: weiOf(item.amountMicrocredits), call })
    }
  }
  return takes
}

/** A purse that is not empty. */
export async function purseTakes({ client, disputes }: SettlementChain, owner: Address): Promise<readonly Take[]> {
  if (disputes === undefined) return []
  const amountWei = await client.readContract({ ...disputes, functionName: 'purseWei', args: [owner] })
  const call = chainCall(disputes, 'withdraw', [amountWei])
  return amountWei === 0n ? [] : [{ what: 'purse', label: 'purse for demands', amountWei, call }]
}

/** What has unbonded, and stakes that begin to. What unbonds waits anew when more is added to it, so that only one of the two is done at a time. */
export function stakeTakes(
  { registry }: SettlementChain,
  stakes: readonly Stake[],
  nowSeconds: bigint,
): readonly Take[] {
  if (registry === undefined) return []
  return stakes.flatMap(({ node, stakeWei, unbondingWei, withdrawableAt }): readonly Take[] => {
    const isDue = unbondingWei > 0n && withdrawableAt <= nowSeconds
    if (isDue) {
      const call = chainCall(registry, 'withdraw', [node])
      return [{ what: 'unbonding', label: `unbonded stake of ${node}`, amountWei: unbondingWei, call }]
    }
    if (stakeWei === 0n || unbondingWei > 0n) return []
    const call = chainCall(registry, 'unbond', [node, stakeWei])
    return [{ what: 'stake', label: `stake of ${node}, which begins to unbond`, amountWei: stakeWei, call }]
  })
}
