import { z } from 'zod'
import { Secret } from './secret.ts'

/** A SQLite file by its path, or a server by its address, which may carry a password. */
export type DatabaseLocation =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'postgres'; readonly url: Secret }

/** Where a journal lies. */
export type StoreLocation = DatabaseLocation | { readonly engine: 'kurrentdb'; readonly url: Secret }

/** `sqlite:PATH` or `postgres://…`. */
export const databaseLocation = z.string().transform((text, context): DatabaseLocation => {
  const found = parseDatabase(text)
  if (found !== undefined) return found
  context.addIssue('is neither sqlite:PATH nor postgres://…')
  return z.NEVER
})

/** `sqlite:PATH`, `postgres://…` or `kurrentdb://…`. */
export const storeLocation = z.string().transform((text, context): StoreLocation => {
  const found = /^kurrentdb(\+discover)?:\/\/./.test(text)
    ? ({ engine: 'kurrentdb', url: new Secret(text) } as const)
    : parseDatabase(text)
  if (found !== undefined) return found
  context.addIssue('is neither sqlite:PATH nor postgres://… nor kurrentdb://…')
  return z.NEVER
})

/** The same place; a PostgreSQL server is reached with the password unless its address has one. */
export function withPassword<Location extends StoreLocation>(
  location: Location,
  password: Secret | undefined,
): Location {
  if (location.engine !== 'postgres' || password === undefined) return location
  const url = new URL(location.url.reveal())
  if (url.password !== '') return location
  url.password = encodeURIComponent(password.reveal())
  return { ...location, url: new Secret(url.href) }
}

/** For people: the place without what may be secret in its address. */
export function shownLocation(location: StoreLocation): string {
  if (location.engine === 'sqlite') return `sqlite:${location.path}`
  const url = new URL(location.url.reveal())
  return `${url.protocol}//${url.host}${url.pathname}`
}

function parseDatabase(text: string): DatabaseLocation | undefined {
  const path = /^sqlite:(?!\/\/)(.+)$/.exec(text)?.[1]
  if (path !== undefined) return { engine: 'sqlite', path }
  const isServer = /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text)
  return isServer ? { engine: 'postgres', url: new Secret(text) } : undefined
}
