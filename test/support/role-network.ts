import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { parseEnv } from 'node:util'
import { type ComposeService, readComposeFile } from '@deparrow/services/testing'
import { RoleProcess } from './role-process.ts'

export type RoleNetworkOptions = {
  /** Everything that its processes keep on disk. */
  readonly folder: string
  /** A PostgreSQL schema's address. */
  readonly databaseUrl: string
  readonly kafkaBrokers: readonly string[]
  readonly kafkaTopic: string
}

/** What stands in an address in `deploy/compose.yaml`, and where it is in a test. */
type Places = {
  readonly internalPorts: ReadonlyMap<string, number>
  readonly httpPort: number
  readonly meshPort: number
  readonly secretFiles: ReadonlyMap<string, string>
}

/** The services of `deploy/compose.yaml` as processes on this machine, each with the environment that its container has but for addresses. */
export class RoleNetwork {
  private readonly processes: RoleProcess[] = []

  private constructor(
    readonly options: RoleNetworkOptions,
    private readonly services: Readonly<Record<string, ComposeService>>,
    private readonly places: Places,
  ) {}

  /** Makes the secrets, starts the chain, and chooses ports; no service runs yet. */
  static async prepare(options: RoleNetworkOptions): Promise<RoleNetwork> {
    const secrets = join(options.folder, 'secrets')
    const prepared = new RoleProcess('prepare', ['deploy/compose/dist/prepare.js', '--folder', secrets], {})
    if ((await prepared.exit).code !== 0) throw new Error(`no secrets were made:\n${prepared.told()}`)
    const chainFolder = join(options.folder, 'chain')
    const chain = new RoleProcess('chain', ['deploy/compose/dist/chain.js'], {
      CHAIN_FOLDER: chainFolder,
      CHAIN_PORT: '0',
      ...parseEnv(readFileSync(join(secrets, 'chain.env'), 'utf8')),
    })
    const { port: chainPort } = await chain.line('started')
    const rpcUrl = `http://127.0.0.1:${String(chainPort)}`
    const { databaseUrl, kafkaBrokers, kafkaTopic } = options
    const file = readComposeFile({
      STORE_URL: databaseUrl,
      READ_MODEL_URL: databaseUrl,
      MARKET_DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: kafkaBrokers.join(','),
      KAFKA_TOPIC: kafkaTopic,
      RPC_URL: rpcUrl,
      PUBLIC_RPC_URL: rpcUrl,
    })
    const secretFiles = Object.entries(file.secrets).map(
      ([name, { file: path }]) => [name, join(secrets, basename(path))] as const,
    )
    const names = Object.keys(file.services)
    const [httpPort = 0, meshPort = 0, ...ports] = await freePorts(names.length + 2)
    const internalPorts = new Map(names.map((name, index) => [name, ports[index] ?? 0]))
    const network = new RoleNetwork(options, file.services, {
      internalPorts,
      httpPort,
      meshPort,
      secretFiles: new Map(secretFiles),
    })
    network.processes.push(chain)
    return network
  }

  /** The services that are ours, in the order of the file. */
  get roleNames(): readonly string[] {
    return Object.keys(this.services).filter(name => 'DEPARROW_ROLE' in (this.services[name]?.environment ?? {}))
  }

  /** Where the public is served. */
  get gatewayUrl(): string {
    return `http://127.0.0.1:${this.places.httpPort}`
  }

  /** Where a service is asked for health, figures and what it does for others. */
  internalUrl(name: string): string {
    return `http://127.0.0.1:${this.places.internalPorts.get(name)}`
  }

  secretFile(name: string): string {
    return String(this.places.secretFiles.get(name))
  }

  /** Starts a service, with some variables changed; answers at once. */
  start(name: string, changes: Readonly<Record<string, string>> = {}): RoleProcess {
    const role = new RoleProcess(name, ['services/dist/main.js'], { ...this.environmentOf(name), ...changes })
    this.processes.push(role)
    return role
  }

  /** Starts services and waits until each of them does its work. */
  async startAll(names: readonly string[]): Promise<ReadonlyMap<string, RoleProcess>> {
    const started = new Map(names.map(name => [name, this.start(name)]))
    await Promise.all([...started.values()].map(role => role.line('started')))
    return started
  }

  /** What `health/ready` says; `undefined` while nobody answers. */
  async readiness(name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const answer = await fetch(`${this.internalUrl(name)}/health/ready`).catch(() => undefined)
    return answer && ((await answer.json()) as Record<string, unknown>)
  }

  /** The environment that a service's container has, with the addresses of this machine. */
  environmentOf(name: string): Readonly<Record<string, string>> {
    const environment = this.services[name]?.environment ?? {}
    const moved = Object.entries(environment).map(([variable, value]) => [variable, this.moved(value, name)])
    return {
      ...(Object.fromEntries(moved) as Record<string, string>),
      INTERNAL_HOST: '127.0.0.1',
      INTERNAL_PORT: String(this.places.internalPorts.get(name)),
      ...('HTTP_PORT' in environment && {
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: String(this.places.httpPort),
        PUBLIC_ORIGIN: this.gatewayUrl,
      }),
      ...('MESH_PORT' in environment && {
        MESH_HOST: '127.0.0.1',
        MESH_PORT: String(this.places.meshPort),
        MESH_ANNOUNCE: `/ip4/127.0.0.1/tcp/${this.places.meshPort}`,
      }),
    }
  }

  /** Ends everything in reverse order; answers with the exit codes by name. */
  async stop(): Promise<ReadonlyMap<string, number | null>> {
    const codes = new Map<string, number | null>()
    for (const role of this.processes.splice(0).reverse()) codes.set(role.name, await role.stop())
    return codes
  }

  private moved(value: string, name: string): string {
    const { internalPorts, secretFiles } = this.places
    return value
      .replaceAll(/http:\/\/([a-z-]+):7000/g, (_, service: string) => `http://127.0.0.1:${internalPorts.get(service)}`)
      .replace(/^\/run\/secrets\/(.+)$/, (_, secret: string) => String(secretFiles.get(secret)))
      .replace(/^\/var\/lib\/deparrow\/(.+)$/, (_, place: string) => {
        const folder = join(this.options.folder, name, place)
        mkdirSync(folder, { recursive: true })
        return folder
      })
  }
}

/** Ports of loopback that nobody uses; all are held until the last is found, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
