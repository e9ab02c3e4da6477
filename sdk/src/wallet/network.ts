import { type Address, lowerHex } from '@deparrow/ledger'
import { type NetworkView, readNetwork } from '../api/network.ts'
import { type NodeView, readNodeView } from '../api/node.ts'
import { operations } from '../api/operations.ts'
import { read } from '../api/read.ts'
import { NetworkMismatchError } from '../errors.ts'
import { type GatewayLimits, GraphqlClient, gatewayLimitsDefault } from '../http/graphql-client.ts'

/** What a wallet may insist on; a field that is left out is taken from the gateway. */
export type ExpectedNetwork = { readonly chainId?: number; readonly settlement?: Address }

/** What a gateway says about its network. Throws {@link NetworkMismatchError} when that is not what is expected. */
export async function fetchNetwork(
  url: string,
  options: { readonly expect?: ExpectedNetwork; readonly limits?: Partial<GatewayLimits> } = {},
): Promise<NetworkView> {
  const graphql = new GraphqlClient(url, { ...gatewayLimitsDefault, ...options.limits })
  const network = readNetwork(read.object(await graphql.request({ document: operations.network }), 'network'))
  const { chainId, settlement } = options.expect ?? {}
  if (chainId !== undefined && chainId !== network.chainId) {
    throw new NetworkMismatchError('the chain', String(chainId), String(network.chainId))
  }
  if (settlement !== undefined && lowerHex(settlement) !== network.settlement) {
    throw new NetworkMismatchError('the settlement contract', lowerHex(settlement), network.settlement)
  }
  return network
}

/** The compute nodes that are connected to a gateway's network now. */
export async function fetchNodes(
  url: string,
  options: { readonly limits?: Partial<GatewayLimits> } = {},
): Promise<readonly NodeView[]> {
  const graphql = new GraphqlClient(url, { ...gatewayLimitsDefault, ...options.limits })
  return read.objects(await graphql.request({ document: operations.nodes }), 'nodes').map(readNodeView)
}
