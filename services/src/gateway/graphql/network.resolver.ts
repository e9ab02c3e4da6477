import { type Books, type Clock, isBalanced, isCovered, type Ledger } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { NetworkInfo } from '../../config/network-info.ts'
import { CLOCK, LEDGER, MESH_ADDRESSES, NETWORK_INFO, SETTLEMENT_VIEW } from '../../tokens.ts'
import type { MeshAddresses } from '../mesh-addresses.port.ts'
import type { SettlementView } from '../settlement-view.port.ts'

@Resolver('Network')
export class NetworkResolver {
  #books: { readonly position: number; readonly books: Books } | undefined

  constructor(
    @Inject(NETWORK_INFO) private readonly network: NetworkInfo,
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(MESH_ADDRESSES) private readonly mesh: MeshAddresses,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTLEMENT_VIEW) private readonly settlement: SettlementView,
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
  async books() {
    const contractWei = await this.settlement.contractWei().catch(() => undefined)
    const books = this.#booksNow()
    return {
      ...books,
      balanced: isBalanced(books),
      contractWei,
      fullReserve: contractWei === undefined ? undefined : isCovered(books, contractWei),
    }
  }

  /** Adding all accounts up takes long in a large ledger; the sum of one position is the same for everybody. */
  #booksNow(): Books {
    const { position } = this.ledger.head()
    if (this.#books?.position !== position) this.#books = { position, books: this.ledger.books() }
    return this.#books.books
  }
}
