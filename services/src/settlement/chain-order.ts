import type { ChainPlace } from '@deparrow/ledger'

/** Logs in the order of the chain, each once, whatever the provider did. */
export function inChainOrder<Log extends { readonly place: ChainPlace }>(logs: readonly Log[]): readonly Log[] {
  const byPlace = new Map(logs.map(log => [`${log.place.blockNumber}:${log.place.logIndex}`, log]))
  return [...byPlace.values()].sort((a, b) => (isLater(a.place, b.place) ? 1 : -1))
}

/** Whether something happened on chain after something else. */
export function isLater(place: ChainPlace, than: ChainPlace): boolean {
  if (place.blockNumber !== than.blockNumber) return place.blockNumber > than.blockNumber
  return place.logIndex > than.logIndex
}
