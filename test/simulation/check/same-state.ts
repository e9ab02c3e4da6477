import { isDeepStrictEqual } from 'node:util'

type Queued = { readonly atMs: number; readonly id: string }

/**
 * The first field in which a state that was written down differs from a live one. What is due is compared in its order, not by how the
 * queue keeps it.
 */
export function differingState(written: Readonly<Record<string, unknown>>, live: object): string | undefined {
  const names = new Set([...Object.keys(written), ...Object.keys(live)])
  return [...names].find(
    name => !isDeepStrictEqual(comparable(written[name]), comparable((live as Record<string, unknown>)[name])),
  )
}

function comparable(value: unknown): unknown {
  const items = isQueue(value) ? value.items() : value
  return isQueued(items) ? [...items].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)) : items
}

function isQueue(value: unknown): value is { items(): unknown } {
  return typeof value === 'object' && value !== null && 'items' in value && typeof value.items === 'function'
}

function isQueued(value: unknown): value is readonly Queued[] {
  return Array.isArray(value) && value.every(item => typeof item === 'object' && 'atMs' in item && 'id' in item)
}
