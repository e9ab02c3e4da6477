import { type ArgumentsHost, Catch } from '@nestjs/common'
import { BaseExceptionFilter } from '@nestjs/core'

/** Lets errors of resolvers go on to GraphQL, whose formatter alone decides what is logged and what clients see. */
@Catch()
export class ResolverErrors extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): unknown {
    return host.getType<string>() === 'graphql' ? exception : super.catch(exception, host)
  }
}
