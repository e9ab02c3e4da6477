import type { Address, Message, Signed } from '@deparrow/ledger'
import { ethersCrypto, ledgerActor, testConfig, testDomain } from '@deparrow/ledger/testing'
import { Wallet } from 'ethers'
import { createSiweMessage } from 'viem/siwe'
import { getAddress } from 'viem/utils'
import { migrate } from '../adapters/sql/migrate.ts'
import { openSqlite } from '../adapters/sql/sqlite-database.ts'
import type { GatewayOptions } from '../config/gateway-config.ts'
import type { NetworkInfo } from '../config/network-info.ts'
import { createServices, type ServicesOptions } from '../create-services.ts'
import { MarketFixture } from '../market/market.spec.fixture.ts'
import { KyselyReadModel } from '../read-model/kysely-read-model.ts'
import { type SettlementOptions, settlementOptionsLocal } from '../settlement/settlement-options.ts'
import { InMemorySettlementChain } from '../settlement/testing/in-memory-settlement-chain.ts'

export const network: NetworkInfo = {
  chainId: testDomain.chainId,
  settlement: testDomain.verifyingContract,
  token: `0x${'70'.repeat(20)}`,
  ledgerSigner: ledgerActor.address,
  rpcUrl: 'http://127.0.0.1:8545',
  rates: testConfig.rates,
  feeBasisPoints: testConfig.feeBasisPoints,
  burnBasisPoints: testConfig.burnBasisPoints,
}

export const origin = 'http://localhost'

type Answer = { readonly status: number; readonly data: Json; readonly errors: readonly Json[] }

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever the query asked for
type Json = any

/** All services in memory, asked without a socket. */
export async function startGateway(
  options: Partial<GatewayOptions> = {},
  settlement: Partial<SettlementOptions> = {},
  logger: ServicesOptions['logger'] = false,
) {
  const fixture = new MarketFixture()
  const chain = new InMemorySettlementChain(testConfig)
  await migrate(fixture.database, 'market')
  const ledger = await fixture.openLedger()
  const readModel = await KyselyReadModel.open(openSqlite(':memory:'))
  const services = await createServices(
    {
      ledger,
      clock: fixture.clock,
      crypto: ethersCrypto,
      content: fixture.content,
      mesh: fixture.mesh,
      jobStore: fixture.store,
      readModel,
      settlementChain: chain,
      settlementOptions: { ...settlementOptionsLocal, ...settlement },
    },
    { network, logger, gateway: { publicOrigin: origin, jwtSecret: new Uint8Array(32).fill(7), ...options } },
  )
  const { app } = services

  const post = (payload: string | object, headers: Readonly<Record<string, string>> = {}) =>
    app.inject({
      method: 'POST',
      url: '/graphql',
      payload,
      headers: { 'content-type': 'application/json', ...headers },
    })

  const ask = async (query: string, variables: object = {}, token?: string): Promise<Answer> => {
    const response = await post({ query, variables }, token === undefined ? {} : { authorization: `Bearer ${token}` })
    const { data, errors = [] } = response.json<{ data: Json; errors?: readonly Json[] }>()
    return { status: response.statusCode, data, errors }
  }

  return { ...services, fixture, chain, ledger, post, ask, close: () => services.close() }
}

export type Gateway = Awaited<ReturnType<typeof startGateway>>

/** Somebody with an ethers wallet, who signs in with text messages. */
export class Person {
  readonly wallet: Wallet
  readonly address: Address

  constructor(number: number) {
    this.wallet = new Wallet(`0x${number.toString(16).padStart(64, '0')}`)
    this.address = this.wallet.address.toLowerCase() as Address
  }

  async message(gateway: Gateway, fields: Partial<Parameters<typeof createSiweMessage>[0]> = {}): Promise<string> {
    const { data } = await gateway.ask('mutation ($a: Address!) { challenge(address: $a) { nonce domain uri } }', {
      a: this.address,
    })
    return createSiweMessage({
      address: getAddress(this.address),
      version: '1',
      chainId: network.chainId,
      ...data.challenge,
      ...fields,
    })
  }

  async signIn(gateway: Gateway, message: string, signer: Person = this) {
    const signature = await signer.wallet.signMessage(message)
    const { data } = await gateway.ask(signInMutation, { message, signature })
    return data.signIn
  }

  /** A session token. */
  async token(gateway: Gateway): Promise<string> {
    return (await this.signIn(gateway, await this.message(gateway))).token
  }
}

const signInMutation = `mutation ($message: String!, $signature: Hex!) {
  signIn(message: $message, signature: $signature) {
    __typename
    ... on Session { token address expiresAt }
    ... on Refusal { code message }
  }
}`

/** The fields of a message as a client sends them: every integer as text. */
export function fieldsOf({ message }: Signed<Message>) {
  const text = (value: unknown) => (Array.isArray(value) ? value.map(String) : String(value))
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [name, text(value)]))
}
