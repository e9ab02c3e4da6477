/**
 * What a process needs to meet a network without a wallet: a compute node loads this and not the wallet library, which would cost
 * it 15 MB of resident memory.
 */
export { domainOf, type NetworkBooks, type NetworkRates, type NetworkView } from './api/network.ts'
export type { NodeView } from './api/node.ts'
export * from './errors.ts'
export { type GatewayLimits, gatewayLimitsDefault } from './http/graphql-client.ts'
export * from './keys/published-development-keys.ts'
export * from './keys/secret-key.ts'
export { type ExpectedNetwork, fetchNetwork, fetchNodes } from './wallet/network.ts'
export { fetchPricings } from './wallet/pricings.ts'
