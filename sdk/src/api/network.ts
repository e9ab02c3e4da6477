import type { Address, Domain, Hex } from '@deparrow/ledger'
import { type Fields, optional, read } from './read.ts'

/** The selection that {@link readNetwork} reads. */
export const networkFields = /* GraphQL */ `
  chainId settlement token ledgerSigner rpcUrl meshAddresses time
  journal { position hash }
  books { reserve wallets holds payables burn treasury rewards balanced contractWei fullReserve }
  rates { cpuCoreHour memoryGibHour fuelCoreHour feeBasisPoints burnBasisPoints }
`

/** The ledger in one line; amounts in µcr but for `contractWei`. */
export type NetworkBooks = {
  readonly reserve: bigint
  readonly wallets: bigint
  readonly holds: bigint
  readonly payables: bigint
  readonly burn: bigint
  readonly treasury: bigint
  readonly rewards: bigint
  readonly balanced: boolean
  readonly contractWei: bigint | null
  readonly fullReserve: boolean | null
}

/** Rates in µcr and shares in basis points, as the ledger prices jobs. */
export type NetworkRates = {
  readonly cpuCoreHour: bigint
  readonly memoryGibHour: bigint
  readonly fuelCoreHour: bigint
  readonly feeBasisPoints: number
  readonly burnBasisPoints: number
}

/** What a client must know to sign for a network, and how it stands. Addresses are in lower case. */
export type NetworkView = {
  readonly chainId: number
  readonly settlement: Address
  readonly token: Address
  readonly ledgerSigner: Address
  readonly rpcUrl: string
  readonly meshAddresses: readonly string[]
  readonly time: string
  readonly journal: { readonly position: bigint; readonly hash: Hex }
  readonly books: NetworkBooks
  readonly rates: NetworkRates
}

/** The EIP-712 domain of all that is signed for a network. */
export function domainOf(network: Pick<NetworkView, 'chainId' | 'settlement'>): Domain {
  return { chainId: network.chainId, verifyingContract: network.settlement }
}

/** Reads a `Network` of the schema; throws `ANSWER_INVALID`. */
export function readNetwork(fields: Fields): NetworkView {
  const journal = read.object(fields, 'journal')
  return {
    chainId: read.integer(fields, 'chainId'),
    settlement: read.address(fields, 'settlement'),
    token: read.address(fields, 'token'),
    ledgerSigner: read.address(fields, 'ledgerSigner'),
    rpcUrl: read.text(fields, 'rpcUrl'),
    meshAddresses: read.texts(fields, 'meshAddresses'),
    time: read.text(fields, 'time'),
    journal: { position: read.amount(journal, 'position'), hash: read.hash(journal, 'hash') },
    books: readBooks(read.object(fields, 'books')),
    rates: readRates(read.object(fields, 'rates')),
  }
}

function readBooks(books: Fields): NetworkBooks {
  return {
    reserve: read.amount(books, 'reserve'),
    wallets: read.amount(books, 'wallets'),
    holds: read.amount(books, 'holds'),
    payables: read.amount(books, 'payables'),
    burn: read.amount(books, 'burn'),
    treasury: read.amount(books, 'treasury'),
    rewards: read.amount(books, 'rewards'),
    balanced: read.flag(books, 'balanced'),
    contractWei: optional(read.amount, books, 'contractWei'),
    fullReserve: optional(read.flag, books, 'fullReserve'),
  }
}

function readRates(rates: Fields): NetworkRates {
  return {
    cpuCoreHour: read.amount(rates, 'cpuCoreHour'),
    memoryGibHour: read.amount(rates, 'memoryGibHour'),
    fuelCoreHour: read.amount(rates, 'fuelCoreHour'),
    feeBasisPoints: read.integer(rates, 'feeBasisPoints'),
    burnBasisPoints: read.integer(rates, 'burnBasisPoints'),
  }
}
