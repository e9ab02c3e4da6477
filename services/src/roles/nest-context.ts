import 'reflect-metadata'
import type { DynamicModule, INestApplicationContext, LoggerService, Type } from '@nestjs/common'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { valuesModule } from './values-module.ts'

@Module({})
class RoleModule {}

/** One service as an application of its own over what it needs; nothing of it serves the public. */
export function roleModule(module: Type, values: readonly (readonly [symbol, unknown])[]): DynamicModule {
  return { module: RoleModule, imports: [valuesModule(values), { module, global: true }] }
}

/** Starts a service without a listener; its `close` ends it. */
export function startModule(
  module: Type,
  values: readonly (readonly [symbol, unknown])[],
  report: (problem: string) => void,
): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(roleModule(module, values), {
    logger: loggerTo(report),
    abortOnError: false,
  })
}

/** Warnings and errors of services as problems; what is merely informative is left out. */
export function loggerTo(report: (problem: string) => void): LoggerService {
  const tell = (message: unknown) =>
    report(message instanceof Error ? `${message.name}: ${message.message}` : String(message))
  return { log: () => undefined, warn: tell, error: tell, fatal: tell }
}
