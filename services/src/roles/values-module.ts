import { type DynamicModule, Module } from '@nestjs/common'

@Module({})
class ValuesModule {}

/** A global module that gives each token its value: what an application's modules stand on, already open. */
export function valuesModule(values: readonly (readonly [symbol, unknown])[]): DynamicModule {
  const providers = values.map(([provide, useValue]) => ({ provide, useValue }))
  return { module: ValuesModule, global: true, providers, exports: providers.map(({ provide }) => provide) }
}
