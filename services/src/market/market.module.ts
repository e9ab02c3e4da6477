import type { Clock, Ledger, LedgerCrypto } from '@deparrow/ledger'
import {
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common'
import type { NetworkInfo } from '../config/network-info.ts'
import { CLOCK, CONTENT_STORE, CRYPTO, JOB_STORE, LEDGER, MARKET, NETWORK_INFO, NODE_MESH } from '../tokens.ts'
import type { ContentStore } from './content-store.port.ts'
import type { JobStore } from './job-store.port.ts'
import { MarketService } from './market.service.ts'
import { MarketMetrics } from './market-metrics.ts'
import type { NodeMesh } from './node-mesh.port.ts'

const tickMs = 1_000

/** Starts the market with the application, gives it its ticks, and stops it with the application. */
@Injectable()
export class MarketRunner implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Market')
  #timer: NodeJS.Timeout | undefined
  #ticking: Promise<void> | undefined

  constructor(@Inject(MARKET) private readonly market: MarketService) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.market.start()
    this.#timer = setInterval(() => this.#tick(), tickMs)
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer)
    await this.#ticking
    await this.market.stop()
  }

  #tick(): void {
    this.#ticking ??= this.market
      .tick()
      .catch(error => this.#logger.error('a tick of the market failed; the next one tries again', error))
      .finally(() => {
        this.#ticking = undefined
      })
  }
}

@Module({
  providers: [
    {
      provide: MARKET,
      inject: [LEDGER, CLOCK, CRYPTO, CONTENT_STORE, NODE_MESH, JOB_STORE, NETWORK_INFO],
      useFactory: createMarket,
    },
    MarketRunner,
    MarketMetrics,
  ],
  exports: [MARKET],
})
export class MarketModule {}

function createMarket(
  ledger: Ledger,
  clock: Clock,
  crypto: LedgerCrypto,
  content: ContentStore,
  mesh: NodeMesh,
  store: JobStore,
  network: NetworkInfo,
): MarketService {
  const logger = new Logger('Market')
  return new MarketService({
    ledger,
    clock,
    crypto,
    content,
    mesh,
    store,
    domain: { chainId: network.chainId, verifyingContract: network.settlement },
    rates: () => ledger.config()?.rates ?? network.rates,
    report: (problem, cause) => logger.warn(`${problem}: ${cause instanceof Error ? cause.message : String(cause)}`),
  })
}
