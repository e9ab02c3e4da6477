import type { DockerOptions } from 'dockerode'

/** Where Docker Engine listens when nothing else is said, on Linux and macOS. */
export const defaultDockerHost = 'unix:///var/run/docker.sock'

/**
 * Connection options for an address as in `DOCKER_HOST`: `unix:///path`, `tcp://host:port` or `http://host:port`.
 * Throws `DockerAddressError` for anything else, TLS included: a node talks to the engine of its own machine.
 */
export function parseDockerHost(address: string): DockerOptions {
  if (address.startsWith('unix:///')) return { socketPath: address.slice('unix://'.length) }
  const match = /^(?:tcp|http):\/\/([^:/]+):(\d{1,5})\/?$/.exec(address)
  const [, host, port] = match ?? []
  if (host === undefined || port === undefined) throw new DockerAddressError(address)
  return { protocol: 'http', host, port: Number(port) }
}

/** The address of Docker Engine cannot be understood: a fault of configuration. */
export class DockerAddressError extends Error {
  override readonly name = 'DockerAddressError'
  constructor(readonly address: string) {
    super(`"${address}" is not an address of Docker Engine such as ${defaultDockerHost}.`)
  }
}
