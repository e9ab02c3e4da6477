import { disputesAbi, settlementAbi } from '@deparrow/contracts'
import { type Address, lowerHex } from '@deparrow/ledger'
import type { PublicClient } from 'viem'
import type { DemandLog } from '../../settlement/demand-chain.port.ts'
import { decodeDemandLogs } from './demand-logs.ts'

export type DisputeAddresses = { readonly disputes: Address; readonly receipts: Address }

/** The contracts that keep and judge demands, as the settlement contract names them. */
export class DisputeContracts {
  private known: Promise<DisputeAddresses> | undefined

  constructor(
    private readonly client: PublicClient,
    private readonly settlement: Address,
  ) {}

  /** Read from the chain once. Throws the client's error when the chain does not answer or has no such contracts. */
  addresses(): Promise<DisputeAddresses> {
    this.known ??= this.read().catch((error: unknown) => {
      this.known = undefined
      throw error
    })
    return this.known
  }

  async logs(epoch: number, fromBlock: bigint, toBlock: bigint): Promise<readonly DemandLog[]> {
    const { disputes, receipts } = await this.addresses()
    return decodeDemandLogs(await this.client.getLogs({ address: [disputes, receipts], fromBlock, toBlock }), epoch)
  }

  private async read(): Promise<DisputeAddresses> {
    const { client, settlement } = this
    const disputes = await client.readContract({ address: settlement, abi: settlementAbi, functionName: 'disputes' })
    const receipts = await client.readContract({ address: disputes, abi: disputesAbi, functionName: 'receipts' })
    return { disputes: lowerHex(disputes), receipts: lowerHex(receipts) }
  }
}
