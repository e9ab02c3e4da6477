import type { Address, Hex } from '@deparrow/ledger'
import {
  type ChainBlock,
  type ChainIdentity,
  ChainUnavailableError,
  type DemandLog,
  type OutgoingCall,
  type PosterView,
  type SendOutcome,
  type SettlementCall,
  type SettlementChain,
  type SettlementLog,
} from '@deparrow/services/testing'
import type { SimProcess } from '../engine/machine.ts'
import type { Network } from '../engine/network.ts'
import type { ChainWorld } from './chain-world.ts'

/** How often, and how often at most, a sender asks what became of its call. */
const askAgainMs = 500
const asksMax = 12

/** The chain as one process reaches it through a provider, which may be silent, repeat logs and give them in any order. */
export class SimSettlementChain implements SettlementChain {
  constructor(
    private readonly network: Network,
    private readonly world: ChainWorld,
    private readonly process: SimProcess,
  ) {}

  identity(): Promise<ChainIdentity> {
    return this.ask('identity', chain => chain.identity())
  }

  deploymentBlock(): Promise<bigint> {
    return this.ask('deploymentBlock', chain => chain.deploymentBlock())
  }

  confirmedBlock(): Promise<ChainBlock | undefined> {
    return this.ask('confirmedBlock', chain => chain.confirmedBlock())
  }

  block(number: bigint): Promise<ChainBlock | undefined> {
    return this.ask('block', chain => chain.block(number))
  }

  transactionBlock(hash: Hex): Promise<bigint | undefined> {
    return this.ask('transactionBlock', chain => chain.transactionBlock(hash))
  }

  async logs(fromBlock: bigint, toBlock: bigint): Promise<readonly SettlementLog[]> {
    const logs = await this.ask(`logs ${fromBlock}-${toBlock}`, chain => chain.logs(fromBlock, toBlock))
    const { random } = this.process.sim
    if (random.chance(0.1)) return [...logs, ...logs]
    return random.chance(0.1) ? [...logs].reverse() : logs
  }

  postedTransaction(epoch: number, fromBlock: bigint, toBlock: bigint): Promise<Hex | undefined> {
    return this.ask('postedTransaction', chain => chain.postedTransaction(epoch, fromBlock, toBlock))
  }

  posterView(epoch: number, wallets: readonly Address[]): Promise<PosterView> {
    return this.ask(`posterView ${epoch}`, chain => chain.posterView(epoch, wallets))
  }

  contractWei(): Promise<bigint> {
    return this.ask('contractWei', chain => chain.contractWei())
  }

  isExitStarted(): Promise<boolean> {
    return this.ask('isExitStarted', chain => chain.isExitStarted())
  }

  demandLogs(epoch: number, fromBlock: bigint, toBlock: bigint): Promise<readonly DemandLog[]> {
    return this.ask(`demandLogs ${epoch}`, chain => chain.demandLogs(epoch, fromBlock, toBlock))
  }

  async sendAll(calls: readonly OutgoingCall[], nonce: number): Promise<readonly SendOutcome[]> {
    try {
      return await this.ask(`send ${calls.length} calls nonce ${nonce}`, chain => {
        chain.nextSend = this.world.isForked ? 'lost' : 'inMempool'
        return chain.sendAll(calls, nonce)
      })
    } catch {
      return calls.map(() => ({ status: 'unknown' }))
    }
  }

  async send(call: SettlementCall, nonce: number): Promise<SendOutcome> {
    try {
      const outcome = await this.ask(`send ${call.type} nonce ${nonce}`, chain => {
        chain.nextSend = this.world.isForked ? 'lost' : 'inMempool'
        return chain.send(call, nonce)
      })
      return outcome.status === 'unknown' ? await this.outcomeOf(nonce) : outcome
    } catch {
      return { status: 'unknown' }
    }
  }

  /** A call that is on its way is known by its nonce once that is used in a confirmed block. */
  private async outcomeOf(nonce: number): Promise<SendOutcome> {
    for (let asked = 0; asked < asksMax; asked++) {
      await this.process.sleep(askAgainMs)
      const view = await this.posterView(1, [])
      if (view.nonce > nonce) {
        return { status: 'confirmed', transactionHash: view.block.hash, blockNumber: view.block.number }
      }
    }
    return { status: 'unknown' }
  }

  private ask<T>(what: string, effect: (chain: ChainWorld['chain']) => Promise<T>): Promise<T> {
    const operation = what.split(' ')[0] ?? what
    const unavailable = (cause: Error): Error => new ChainUnavailableError(operation, { cause })
    return this.network.call({
      from: this.process,
      to: 'chain',
      what,
      effect: () => effect(this.world.chain),
      timeoutMs: 1_500,
      unanswered: unavailable,
      refused: unavailable,
    })
  }
}
