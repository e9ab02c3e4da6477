import { ledgerConfigDefaults } from './config.ts'
import type { LedgerEvent } from './event.ts'

/** An event as some version wrote it, read but not trusted to have today's shape. */
export type PastEvent = { readonly type: string; readonly data: Readonly<Record<string, unknown>> }

/**
 * Gives an event of an earlier version today's shape. What 0.1.0 did not know gets the value under which nothing changes for it.
 * The stored bytes, which the hash chain covers, stay as they are.
 */
export function upcast(event: PastEvent): LedgerEvent {
  return (event.type === 'LedgerOpened' ? ledgerOpenedOf010(event) : event) as unknown as LedgerEvent
}

/** 0.1.0 knew one shard, no treasurer, and no rates for GPU, storage and egress. */
function ledgerOpenedOf010(event: PastEvent): PastEvent {
  const config = event.data['config']
  if (typeof config !== 'object' || config === null || 'shardCount' in config) return event
  const { protocol: _, ...defaults } = ledgerConfigDefaults
  const rates = { ...ledgerConfigDefaults.rates, ...('rates' in config ? (config.rates as object) : {}) }
  return { ...event, data: { config: { ...defaults, ...config, rates } } }
}
