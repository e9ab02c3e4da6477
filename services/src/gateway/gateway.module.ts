import type { Clock } from '@deparrow/ledger'
import { Module } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { GraphQLModule } from '@nestjs/graphql'
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius'
import type { GatewayConfig } from '../config/gateway-config.ts'
import { CLOCK, GATEWAY_CONFIG } from '../tokens.ts'
import { BooksView } from './graphql/books-view.ts'
import { EscrowResolver } from './graphql/escrow.resolver.ts'
import { graphqlOptions } from './graphql/graphql-options.ts'
import { IouResolver } from './graphql/iou.resolver.ts'
import { JobNodeResolver, JobResolver } from './graphql/job.resolver.ts'
import { LedgerResolver } from './graphql/ledger.resolver.ts'
import { MovementResolver } from './graphql/movement.resolver.ts'
import { Movements } from './graphql/movements.ts'
import { NetworkResolver } from './graphql/network.resolver.ts'
import { NodeResolver } from './graphql/node.resolver.ts'
import { PermissionResolver } from './graphql/permission.resolver.ts'
import { ResolverErrors } from './graphql/resolver-errors.ts'
import { SettlementResolver } from './graphql/settlement.resolver.ts'
import { SettlementStatusResolver } from './graphql/settlement-status.resolver.ts'
import { SignInResolver } from './graphql/sign-in.resolver.ts'
import { VisibleJournal } from './graphql/visible-journal.ts'
import { WalletResolver } from './graphql/wallet.resolver.ts'
import { WalletEventsResolver } from './graphql/wallet-events.resolver.ts'
import { WalletFeed } from './graphql/wallet-feed.ts'
import { WalletHistoryResolver } from './graphql/wallet-history.resolver.ts'
import { WalletPayoutsResolver } from './graphql/wallet-payouts.resolver.ts'
import { HttpMetrics } from './http/http-metrics.ts'
import { OperationsController } from './http/operations.controller.ts'
import { PublicOrigin } from './sign-in/public-origin.ts'
import { Sessions } from './sign-in/sessions.ts'
import { SignIn } from './sign-in/sign-in.service.ts'

@Module({
  providers: [
    {
      provide: Sessions,
      inject: [GATEWAY_CONFIG, CLOCK],
      useFactory: (config: GatewayConfig, clock: Clock) => new Sessions(config.jwtSecret, config.sessionSeconds, clock),
    },
    {
      provide: PublicOrigin,
      inject: [GATEWAY_CONFIG],
      useFactory: (config: GatewayConfig) => new PublicOrigin(config.publicOrigin),
    },
    SignIn,
  ],
  exports: [Sessions, PublicOrigin, SignIn],
})
export class SignInModule {}

/**
 * The public side: GraphQL, content, health and figures. What it stands on may be in this process or elsewhere: it needs `LEDGER`, `MARKET`,
 * `SETTLEMENT_VIEW`, `READ_MODEL`, `MESH_ADDRESSES`, `CLOCK`, `NETWORK_INFO`, `GATEWAY_CONFIG`, `HEALTH_CHECKS` and `METRICS` from global
 * modules.
 */
@Module({
  imports: [
    SignInModule,
    GraphQLModule.forRootAsync<MercuriusDriverConfig>({
      driver: MercuriusDriver,
      imports: [SignInModule],
      inject: [GATEWAY_CONFIG, Sessions],
      useFactory: graphqlOptions,
    }),
  ],
  controllers: [OperationsController],
  providers: [
    { provide: APP_FILTER, useClass: ResolverErrors },
    EscrowResolver,
    IouResolver,
    JobResolver,
    JobNodeResolver,
    LedgerResolver,
    MovementResolver,
    NetworkResolver,
    NodeResolver,
    PermissionResolver,
    SettlementResolver,
    SettlementStatusResolver,
    WalletPayoutsResolver,
    SignInResolver,
    WalletEventsResolver,
    WalletHistoryResolver,
    WalletResolver,
    BooksView,
    Movements,
    VisibleJournal,
    WalletFeed,
    HttpMetrics,
  ],
})
export class GatewayModule {}
