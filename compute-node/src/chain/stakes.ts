import { type Address, lowerHex } from '@deparrow/ledger'
import { overBlocks } from './block-ranges.ts'
import type { SettlementChain } from './open-settlement.ts'

/** What a wallet has behind a node. */
export type Stake = {
  readonly node: Address
  readonly stakeWei: bigint
  readonly unbondingWei: bigint
  /** Block time in seconds from which what unbonds can be withdrawn. */
  readonly withdrawableAt: bigint
}

/** The nodes whose payout wallet this is now and that have something at stake, by the registry's events and then its state. */
export async function readStakes(
  chain: SettlementChain,
  payoutWallet: Address,
  toBlock: bigint,
): Promise<readonly Stake[]> {
  const { client, registry, deploymentBlock } = chain
  if (registry === undefined) return []
  const logs = await overBlocks(deploymentBlock, toBlock, async (fromBlock, last) => {
    const range = { ...registry, args: { payoutWallet }, fromBlock, toBlock: last } as const
    const [registered, changed] = await Promise.all([
      client.getContractEvents({ ...range, eventName: 'NodeRegistered' }),
      client.getContractEvents({ ...range, eventName: 'PayoutWalletChanged' }),
    ])
    return [...registered, ...changed]
  })
  const nodes = [...new Set(logs.flatMap(({ args: { node } }) => (node === undefined ? [] : [lowerHex(node)])))]
  const stakes = await Promise.all(
    nodes.map(async node => ({
      node,
      ...(await client.readContract({ ...registry, functionName: 'nodeOf', args: [node] })),
    })),
  )
  return stakes
    .filter(stake => lowerHex(stake.payoutWallet) === payoutWallet && stake.stakeWei + stake.unbondingWei > 0n)
    .map(({ node, stakeWei, unbondingWei, withdrawableAt }) => ({ node, stakeWei, unbondingWei, withdrawableAt }))
}
