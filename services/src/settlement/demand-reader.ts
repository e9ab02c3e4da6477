import type { Address, Hex } from '@deparrow/ledger'
import type { AskedDemand } from '@deparrow/sdk/disputes'
import { inChainOrder } from './chain-order.ts'
import type { DemandChain, DemandLog } from './demand-chain.port.ts'
import type { ChainBlock, SettlementChain } from './token-chain.port.ts'

/** A demand that is open on chain. */
export type OpenDemand = AskedDemand & {
  readonly id: Hex
  readonly asker: Address
  readonly round: number
  /** The last block time at which it can be answered. */
  readonly deadlineSeconds: number
}

/** What the chain has of an epoch's demands in one block. */
export type EpochDemands = {
  /** The one that is due first comes first. */
  readonly open: readonly OpenDemand[]
  /** Accounts whose statements stand, by their places. */
  readonly stated: ReadonlySet<Hex>
}

export type DemandReaderParts = {
  readonly chain: DemandChain & Pick<SettlementChain, 'block'>
  readonly blocksPerRequestMax: number
}

/**
 * Reads the demands on the pending epoch out of the chain's logs. What it has read it reads again when the chain no longer has the block
 * up to which it did; nothing of it has to outlive the process.
 */
export class DemandReader {
  private read: { readonly epoch: number; upTo: ChainBlock; readonly logs: DemandLog[] } | undefined

  constructor(private readonly parts: DemandReaderParts) {}

  /** Of an epoch that was not posted before a block. Throws `ChainUnavailableError`. */
  async demandsAt(epoch: number, fromBlock: bigint, at: ChainBlock): Promise<EpochDemands> {
    const known = await this.stillTrue(epoch, at)
    const logs = known?.logs ?? []
    for (let from = known === undefined ? fromBlock : known.upTo.number + 1n; from <= at.number; ) {
      const to = from + BigInt(this.parts.blocksPerRequestMax) - 1n
      const end = to < at.number ? to : at.number
      logs.push(...(await this.parts.chain.demandLogs(epoch, from, end)))
      from = end + 1n
    }
    // A block that changed while it was read is not the one that was asked for; the next reading finds that out and begins anew.
    this.read = { epoch, upTo: at, logs }
    return fold(inChainOrder(logs))
  }

  /** Reads everything again next time. */
  forget(): void {
    this.read = undefined
  }

  private async stillTrue(epoch: number, at: ChainBlock) {
    const { read } = this
    if (read?.epoch !== epoch || read.upTo.number > at.number) return undefined
    const found = read.upTo.number === at.number ? at : await this.parts.chain.block(read.upTo.number)
    return found?.hash === read.upTo.hash ? read : undefined
  }
}

function fold(logs: readonly DemandLog[]): EpochDemands {
  const open = new Map<Hex, OpenDemand>()
  const stated = new Set<Hex>()
  const change = (id: Hex, more: Partial<OpenDemand>): void => {
    const known = open.get(id)
    if (known !== undefined) open.set(id, { ...known, ...more })
  }
  for (const log of logs) {
    switch (log.type) {
      case 'demanded': {
        const { type: _, place: __, ...demand } = log
        open.set(log.id, demand)
        break
      }
      case 'receiptClaimed':
        change(log.id, { receipt: log.claim })
        break
      case 'orderClaimed':
        change(log.id, { kept: log.claim, certificate: log.certificate })
        break
      case 'ranked':
        change(log.id, { round: log.round })
        break
      case 'ended':
        open.delete(log.id)
        break
      case 'stated':
        stated.add(log.account)
        break
    }
  }
  return { open: [...open.values()].sort((a, b) => a.deadlineSeconds - b.deadlineSeconds), stated }
}
