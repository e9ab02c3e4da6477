import { disputesAbi, settlementAbi } from '@deparrow/contracts'
import type { Contracts } from './contracts.ts'

/** What the chain says of disputes, over all time. */
export type DisputedEpochs = {
  /** Epochs about which anything was demanded. */
  readonly demanded: readonly number[]
  /** Epochs that cost the poster their bond. */
  readonly seized: readonly number[]
}

export async function disputedEpochs({ client, addresses }: Contracts): Promise<DisputedEpochs> {
  const all = { fromBlock: 0n, toBlock: 'latest' } as const
  const { disputes, settlement } = addresses
  const demands = await client.getContractEvents({ address: disputes, abi: disputesAbi, eventName: 'Demanded', ...all })
  const seizures = await client.getContractEvents({
    address: settlement,
    abi: settlementAbi,
    eventName: 'BondSeized',
    ...all,
  })
  const numbers = (logs: readonly { readonly args: { readonly epoch?: bigint | undefined } }[]) => [
    ...new Set(logs.map(({ args }) => Number(args.epoch))),
  ]
  return { demanded: numbers(demands), seized: numbers(seizures) }
}
