/** The KurrentDB adapter: an entry of its own, so that a network on another store does not load its client. */
export { KurrentEventStore, type KurrentOptions } from './adapters/event-store/kurrent-event-store.ts'
