import { fileURLToPath } from 'node:url'
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius'
import type { FastifyRequest } from 'fastify'
import { type DocumentNode, type GraphQLSchema, specifiedRules, validate } from 'graphql'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import { introduce } from '../http/websocket-limits.ts'
import type { Sessions } from '../sign-in/sessions.ts'
import { documentTokensMax, refuseLargeDocument } from './document-limits.ts'
import { formatErrors } from './error-formatter.ts'
import { limitProblem, queryLimits } from './query-limits.ts'
import { badInput } from './read-errors.ts'
import { scalars } from './scalars.ts'
import type { GatewayContext } from './session-context.ts'
import { type SubscriptionContext, takeSlot } from './subscription-slots.ts'

/** The public schema; the path is the same from the source and from the built code. */
const schemaFiles = fileURLToPath(new URL('../../../../graphql/*.graphql', import.meta.url))

/** Parsed documents that are kept. */
const cachedDocumentsMax = 200

/** A follower that has stopped reading is noticed within a minute. */
const keepAliveMs = 30_000

/** GraphQL by Mercurius: schema first, no batches, no own explorer, limits before execution, errors without inner details. */
export function graphqlOptions(config: GatewayConfig, sessions: Sessions): MercuriusDriverConfig {
  return {
    driver: MercuriusDriver,
    typePaths: [schemaFiles],
    resolvers: scalars,
    path: '/graphql',
    allowBatchedQueries: false,
    graphiql: false,
    cache: cachedDocumentsMax,
    graphql: { parseOptions: { maxTokens: documentTokensMax } },
    validationRules: [queryLimits],
    errorFormatter: formatErrors as NonNullable<MercuriusDriverConfig['errorFormatter']>,
    context: async (request: FastifyRequest): Promise<GatewayContext> => ({
      wallet: await sessions.wallet(request.headers.authorization),
    }),
    subscription: {
      keepAlive: keepAliveMs,
      wsDefaultSubprotocol: 'graphql-transport-ws',
      fullWsTransport: false,
      context: async socket => {
        introduce(socket)
        return {}
      },
      onConnect: async (message: { readonly payload?: { readonly authorization?: unknown } }) => ({
        wallet: await sessions.wallet(message.payload?.authorization),
      }),
    },
    hooks: {
      preParsing: async (_schema, source) => refuseLargeDocument(source),
      preSubscriptionParsing: async (_schema, source) => refuseLargeDocument(source),
      preSubscriptionExecution: async (schema, document, context, id) => {
        refuseInvalid(schema, document)
        takeSlot(context as SubscriptionContext, id, config.subscriptionsPerConnectionMax)
      },
    },
  }
}

/** Mercurius validates queries and mutations itself, subscriptions it only parses. */
function refuseInvalid(schema: GraphQLSchema, document: DocumentNode): void {
  const problem = limitProblem(document) ?? validate(schema, document, specifiedRules)[0]?.message
  if (problem !== undefined) throw badInput(problem)
}
