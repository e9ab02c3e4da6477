import { type Fields, read } from '../api/read.ts'
import type { WalletContext } from './wallet-context.ts'

/** A part of a list; `nextCursor` of one page is the `cursor` of the next. */
export type ListPage = { readonly first?: number; readonly cursor?: string }

/** What pages are as long as when nothing is said. */
const firstDefault = 50

/** The variables of a list. */
export function pageVariables({ first = firstDefault, cursor }: ListPage): Fields {
  return { first, cursor: cursor ?? null }
}

/** Asks in a session of this wallet, which only it may open. */
export async function askOwn(context: WalletContext, document: string, variables: Fields): Promise<Fields> {
  return context.graphql.request({ document, variables, token: await context.token() })
}

/** Asks in a session of this wallet for something of the wallet's. */
export async function askOwnWallet(context: WalletContext, document: string, variables: Fields): Promise<Fields> {
  return read.object(await askOwn(context, document, { address: context.address, ...variables }), 'wallet')
}
