import type { Clock, Ledger } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { NetworkInfo } from '../../config/network-info.ts'
import { CLOCK, LEDGER, MESH_ADDRESSES, NETWORK_INFO } from '../../tokens.ts'
import type { MeshAddresses } from '../mesh-addresses.port.ts'
import { BooksView } from './books-view.ts'

@Resolver('Network')
export class NetworkResolver {
  constructor(
    @Inject(NETWORK_INFO) private readonly network: NetworkInfo,
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(MESH_ADDRESSES) private readonly mesh: MeshAddresses,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(BooksView) private readonly booksView: BooksView,
  ) {}

  @Query('network')
  async query() {
    const { chainId, settlement, token, ledgerSigner, rpcUrl } = this.network
    const meshAddresses = await this.mesh.addresses()
    return { chainId, settlement, token, ledgerSigner, rpcUrl, meshAddresses, time: this.clock.nowMs() }
  }

  @ResolveField('journal')
  journal() {
    return this.ledger.head()
  }

  @ResolveField('rates')
  rates() {
    const { rates, feeBasisPoints, burnBasisPoints } = this.ledger.config() ?? this.network
    return {
      cpuCoreHour: rates.cpuCoreHourMicrocredits,
      memoryGibHour: rates.memoryGibHourMicrocredits,
      fuelCoreHour: rates.fuelCoreHourMicrocredits,
      feeBasisPoints,
      burnBasisPoints,
    }
  }

  @ResolveField('books')
  books() {
    return this.booksView.now()
  }
}
