import type { Address, Clock, Domain } from '@deparrow/ledger'
import type { LocalAccount } from 'viem'
import type { NetworkView } from '../api/network.ts'
import type { Fields } from '../api/read.ts'
import type { ChainAccess } from '../chain/chain-access.ts'
import type { GatewayLimits, GraphqlClient } from '../http/graphql-client.ts'
import type { Budget } from './budget.ts'
import type { NonceLanes } from './nonce-lanes.ts'

/** What the parts of a wallet share. */
export type WalletContext = {
  readonly gatewayUrl: string
  readonly account: LocalAccount
  /** The account's address in lower case. */
  readonly address: Address
  readonly network: NetworkView
  readonly domain: Domain
  readonly graphql: GraphqlClient
  readonly limits: GatewayLimits
  readonly clock: Clock
  readonly budget: Budget
  readonly nonces: NonceLanes
  /** Asks without a session. */
  ask(document: string, variables: Fields, signal?: AbortSignal): Promise<Fields>
  /** Bearer token of a session that lasts for at least half a minute; signs in when there is none. */
  token(): Promise<string>
  /** The chain, opened and checked once. */
  chain(): Promise<ChainAccess>
}
