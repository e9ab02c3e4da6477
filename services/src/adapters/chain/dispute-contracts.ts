import { disputedReceiptsAbi, disputesAbi, settlementAbi } from '@deparrow/contracts'
import { type Address, type Hex, lowerHex } from '@deparrow/ledger'
import {
  type DecodeFunctionDataReturnType,
  decodeFunctionData,
  getAbiItem,
  type PublicClient,
  TransactionNotFoundError,
  toFunctionSelector,
} from 'viem'
import type { CertifiedOrder, DemandLog, OrderClaim } from '../../settlement/demand-chain.port.ts'
import { decodeDemandLogs } from './demand-logs.ts'

export type DisputeAddresses = { readonly disputes: Address; readonly receipts: Address }

const demandKept = toFunctionSelector(getAbiItem({ abi: disputedReceiptsAbi, name: 'demandKept' })).slice(2)

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

  /**
   * The certificate of a demand, wherever in its transaction's calldata the call stands: a wallet that is a contract passes calls on. What a contract
   * makes up by itself stands in no calldata.
   */
  async certifiedOrder(hash: Hex, claim: OrderClaim): Promise<CertifiedOrder | undefined> {
    const input = await this.client.getTransaction({ hash }).then(
      transaction => transaction.input.slice(2),
      (error: unknown) => {
        if (error instanceof TransactionNotFoundError) return ''
        throw error
      },
    )
    for (let at = input.indexOf(demandKept); at >= 0; at = input.indexOf(demandKept, at + 1)) {
      const certified = at % 2 === 0 ? decodeCertified(`0x${input.slice(at)}`) : undefined
      if (certified !== undefined && isOf(certified, claim)) return certified
    }
    return undefined
  }

  private async read(): Promise<DisputeAddresses> {
    const { client, settlement } = this
    const disputes = await client.readContract({ address: settlement, abi: settlementAbi, functionName: 'disputes' })
    const receipts = await client.readContract({ address: disputes, abi: disputesAbi, functionName: 'receipts' })
    return { disputes: lowerHex(disputes), receipts: lowerHex(receipts) }
  }
}

type KeptDemand = Extract<
  DecodeFunctionDataReturnType<typeof disputedReceiptsAbi>,
  { readonly functionName: 'demandKept' }
>

function decodeCertified(data: Hex): CertifiedOrder | undefined {
  try {
    const { args } = decodeFunctionData({ abi: disputedReceiptsAbi, data }) as KeptDemand
    return args[1]
  } catch {
    // Bytes that look like the call and are none.
    return undefined
  }
}

function isOf({ certificate }: CertifiedOrder, { orderDigest, node, attempt, position }: OrderClaim): boolean {
  return (
    lowerHex(certificate.orderDigest) === lowerHex(orderDigest) &&
    lowerHex(certificate.node) === lowerHex(node) &&
    certificate.attempt === attempt &&
    certificate.position === position
  )
}
