import { isIPv4 } from 'node:net'

/** Whether the address or name means this machine only (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3, RFC 6761). */
export function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

/** The same for the value of a Host header, with or without a port. */
export function isLoopbackHost(header: string | undefined): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? '')
  const host = match?.[1] ?? match?.[2]
  return host !== undefined && isLoopbackAddress(host.toLowerCase())
}

/** The address as it stands in a URL: IPv6 in brackets. */
export function toUrlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
