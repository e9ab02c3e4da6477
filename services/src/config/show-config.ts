import { type StoreLocation, shownLocation } from './locations.ts'
import type { RoleConfig } from './role-config.ts'

/** The configuration for people, one member a line: names of secret files, but no secret. */
export function showConfig(config: RoleConfig): string {
  const members = Object.entries(config).filter(([, value]) => value !== undefined)
  return members.map(([name, value]) => `${name} = ${shown(value)}`).join('\n')
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ')
  if (typeof value === 'object' && value !== null && 'engine' in value) return shownLocation(value as StoreLocation)
  return typeof value === 'string' ? withoutCredentials(value) : String(value)
}

/** An address of a chain may carry a key of its provider. */
function withoutCredentials(text: string): string {
  if (!/^https?:\/\//.test(text)) return text
  const url = new URL(text)
  const isWhole = url.username === '' && url.password === '' && url.search === ''
  return isWhole && url.pathname.length <= 1 ? text : `${url.protocol}//${url.host}/…`
}
