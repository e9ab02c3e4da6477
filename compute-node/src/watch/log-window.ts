import { disputesAbi, settlementAbi } from '@deparrow/contracts'
import type { Hex } from '@deparrow/ledger'
import { type ContractEventName, type Log, type ParseEventLogsReturnType, parseEventLogs } from 'viem'
import { overBlocks } from '../chain/block-ranges.ts'
import type { SettlementChain } from '../chain/open-settlement.ts'

/** A log of a block. */
export type MinedLog = Log<bigint, number, false>

/** Logs that lie deeper than this are read once; a chain that takes so many blocks back is read anew from the start. */
export const deepBlocks = 64n

const abi = [...settlementAbi, ...disputesAbi] as const

type Event<Name extends ContractEventName<typeof abi>> = ParseEventLogsReturnType<typeof abi, Name, true>[number]

/**
 * All logs of a settlement contract and its disputes contract. Newer blocks are read again each time, so that what the chain takes back is gone with the
 * next reading.
 */
export class LogWindow {
  private deep = new ParsedLogs()
  private fresh = new ParsedLogs()
  private deepEnd: { readonly number: bigint; readonly hash: Hex } | undefined

  constructor(private readonly chain: SettlementChain) {}

  /** Reads up to a block. Returns whether blocks were taken back that lay deep. */
  async readTo(blockNumber: bigint): Promise<boolean> {
    const { client, deploymentBlock } = this.chain
    const isForked = this.deepEnd !== undefined && (await this.hashOf(this.deepEnd.number)) !== this.deepEnd.hash
    if (isForked) this.forget()
    const from = this.deepEnd === undefined ? deploymentBlock : this.deepEnd.number + 1n
    const logs = await this.logsBetween(from, blockNumber)
    const deepTo = blockNumber - deepBlocks
    if (deepTo >= from) {
      const { hash } = await client.getBlock({ blockNumber: deepTo })
      this.deep.add(logs.filter(log => log.blockNumber <= deepTo))
      this.deepEnd = { number: deepTo, hash }
    }
    this.fresh = new ParsedLogs()
    this.fresh.add(logs.filter(log => deepTo < from || log.blockNumber > deepTo))
    return isForked
  }

  /** Reads everything again with the next reading: a provider has left something out. */
  forget(): void {
    this.deepEnd = undefined
    this.deep = new ParsedLogs()
  }

  /** The events of one kind, in the order of the chain. */
  events<Name extends ContractEventName<typeof abi>>(eventName: Name): readonly Event<Name>[] {
    return [...this.deep.events(eventName), ...this.fresh.events(eventName)]
  }

  private async hashOf(blockNumber: bigint): Promise<Hex> {
    return (await this.chain.client.getBlock({ blockNumber })).hash
  }

  private logsBetween(from: bigint, to: bigint): Promise<readonly MinedLog[]> {
    const { client, settlement, disputes } = this.chain
    const address = [settlement.address, ...(disputes === undefined ? [] : [disputes.address])]
    return overBlocks(from, to, (fromBlock, toBlock) => client.getLogs({ address, fromBlock, toBlock }))
  }
}

/** Logs with their events by name: what a log says never changes, so each is parsed once. */
class ParsedLogs {
  private readonly byName = new Map<string, Event<ContractEventName<typeof abi>>[]>()

  add(logs: readonly MinedLog[]): void {
    for (const event of parseEventLogs({ abi, logs: [...logs] })) {
      const known = this.byName.get(event.eventName)
      if (known === undefined) this.byName.set(event.eventName, [event])
      else known.push(event)
    }
  }

  events<Name extends ContractEventName<typeof abi>>(eventName: Name): readonly Event<Name>[] {
    return (this.byName.get(eventName) ?? []) as unknown as readonly Event<Name>[]
  }
}
