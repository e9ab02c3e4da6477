import type { Address, Ledger } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Query, Resolver } from '@nestjs/graphql'
import type { Market, NodeLoad } from '../../market/market.port.ts'
import { LEDGER, MARKET } from '../../tokens.ts'

@Resolver('Node')
export class NodeResolver {
  constructor(
    @Inject(MARKET) private readonly market: Market,
    @Inject(LEDGER) private readonly ledger: Ledger,
  ) {}

  @Query('nodes')
  async nodes() {
    return (await this.market.nodes()).map(node => this.#online(node))
  }

  @Query('node')
  async node(@Args('address') address: Address) {
    const node = (await this.market.nodes()).find(online => online.address === address)
    return node === undefined ? this.#offline(address) : this.#online(node)
  }

  #online(node: NodeLoad) {
    const { address, peerId, engines, slotsMax, jobsRunning } = node
    const payoutWallet = this.ledger.payoutWallet(address) ?? address
    return { address, payoutWallet, online: true, peerId, engines, slotsMax, jobsRunning }
  }

  /** A node that is registered but not connected; `undefined` for an address that never registered. */
  #offline(address: Address) {
    const payoutWallet = this.ledger.payoutWallet(address)
    return payoutWallet && { address, payoutWallet, online: false, engines: [], jobsRunning: 0 }
  }
}
