import type { Clock } from '@deparrow/ledger'
import { Module } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { GraphQLModule } from '@nestjs/graphql'
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius'
import type { GatewayConfig } from '../config/gateway-config.ts'
import { CLOCK, GATEWAY_CONFIG } from '../tokens.ts'
import { graphqlOptions } from './graphql/graphql-options.ts'
import { JobNodeResolver, JobResolver } from './graphql/job.resolver.ts'
import { Movements } from './graphql/movements.ts'
import { NetworkResolver } from './graphql/network.resolver.ts'
import { NodeResolver } from './graphql/node.resolver.ts'
import { ResolverErrors } from './graphql/resolver-errors.ts'
import { SettlementResolver } from './graphql/settlement.resolver.ts'
import { SignInResolver } from './graphql/sign-in.resolver.ts'
import { WalletResolver } from './graphql/wallet.resolver.ts'
import { WalletFeed } from './graphql/wallet-feed.ts'
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
    JobResolver,
    JobNodeResolver,
    NetworkResolver,
    NodeResolver,
    SettlementResolver,
    SignInResolver,
    WalletResolver,
    Movements,
    WalletFeed,
    HttpMetrics,
  ],
})
export class GatewayModule {}
