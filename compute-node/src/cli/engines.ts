import { existsSync } from 'node:fs'
import type { Address } from '@deparrow/ledger'
import type { NodeLog } from '../daemon/node-log.ts'
import type { EngineSet } from '../daemon/node-options.ts'
import { WasmEngine } from '../execution/wasm/wasm-engine.ts'

/** Where Docker Engine listens unless `DOCKER_HOST` says otherwise. */
const dockerSocket = '/var/run/docker.sock'

/** A large image over a slow link; the job's deadline bounds it as well. */
const pullTimeoutMs = 120_000

export type DockerOptions = {
  /** `DOCKER_HOST`, where it is set. */
  readonly dockerHost: string | undefined
  /** Whether buyers may have the Docker Engine pull images: they fill its disk, and nobody removes them but the operator. */
  readonly mayPullImages: boolean
}

/**
 * The engines that this machine can offer: WebAssembly always, Docker where a Docker Engine answers. Its client is loaded only
 * where there may be one, because it costs memory. Throws `DockerAddressError` for a `DOCKER_HOST` that cannot be understood.
 */
export async function openEngines(node: Address, options: DockerOptions, log: NodeLog): Promise<EngineSet> {
  const docker = await openDocker(node, options, log)
  return { wasm: new WasmEngine(), ...(docker === undefined ? {} : { docker }) }
}

async function openDocker(nodeAddress: Address, options: DockerOptions, log: NodeLog) {
  if (options.dockerHost === undefined && !existsSync(dockerSocket)) return undefined
  const dockerHost = options.dockerHost ?? `unix://${dockerSocket}`
  const { DockerEngine } = await import('../execution/docker/docker-engine.ts')
  const engine = await DockerEngine.connect({
    dockerHost,
    nodeAddress,
    pullTimeoutMs: options.mayPullImages ? pullTimeoutMs : 0,
  })
  if (engine === undefined) {
    const message = `no Docker Engine answers at ${dockerHost}; this node runs WebAssembly alone`
    log({ level: 'warn', code: 'DOCKER_UNREACHABLE', message })
  }
  return engine
}
