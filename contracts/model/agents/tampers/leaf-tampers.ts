import { epochOf, leafAt } from '../../state.ts'
import { leafIn, some, type Tamper } from './workshop.ts'

/** Leaves whose lanes or holds are not what their owner signed. */
export const leafTampers = {
  /** Lanes fall back to their start, so that every old message is fresh again in the next epoch. */
  lanesReset: (draft, shop) => {
    const { lanes } = leafIn(draft, shop.victim)
    if (lanes.size === 0) return false
    const opening = leafAt(epochOf(shop.state, draft.parent), shop.victim).lanes
    const used = [...lanes].filter(([key, nonce]) => opening.get(key) === nonce)
    for (const [key] of used) lanes.delete(key)
    return used.length > 0 && shop.people.bear(shop.victim)
  },
  /** Lanes stay where they were although messages were used. */
  lanesBehind: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const opening = leafAt(epochOf(shop.state, draft.parent), shop.victim).lanes
    const isUsed = [...leaf.lanes].some(([key, nonce]) => (opening.get(key) ?? 0) < nonce)
    leaf.lanes.clear()
    for (const [key, nonce] of opening) leaf.lanes.set(key, nonce)
    return isUsed && shop.people.bear(shop.victim)
  },
  /** What is available is called held, with a hold that nobody ordered. */
  inventedHold: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const amount = some(shop, leaf.available)
    leaf.available -= amount
    leaf.held += amount
    leaf.holds.set('@00000007', amount)
    return amount > 0
  },
  /** What is available is called held, without any hold. */
  heldWithoutHolds: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const amount = some(shop, leaf.available)
    leaf.available -= amount
    leaf.held += amount
    return amount > 0
  },
  /** A real hold sets more aside than its order. */
  swollenHold: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const [held] = leaf.holds
    const amount = some(shop, leaf.available)
    if (held === undefined || amount === 0) return false
    leaf.available -= amount
    leaf.held += amount
    leaf.holds.set(held[0], held[1] + amount)
    return true
  },
  /** A hold that was settled or has ended is placed again, or never taken away. */
  endlessHold: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const orders = [...shop.books.orders].filter(([key, { message }]) => {
      return message.wallet === shop.victim && !leaf.holds.has(key) && leaf.available >= message.amount
    })
    if (orders.length === 0) return false
    const stood = leafAt(epochOf(shop.state, draft.parent), shop.victim).holds
    const [key, { message }] = orders.find(([digest]) => stood.has(digest)) ?? shop.random.pick(orders)
    leaf.available -= message.amount
    leaf.held += message.amount
    leaf.holds.set(key, message.amount)
    return true
  },
} satisfies Record<string, Tamper>
