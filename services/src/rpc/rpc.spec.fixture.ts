import { Registry } from 'prom-client'
import { Secret } from '../config/secret.ts'
import { InternalServer } from './internal-server.ts'
import { RpcClient, type RpcClientOptions } from './rpc-client.ts'
import type { RpcService } from './rpc-service.ts'

export const secret = new Secret('the-secret-that-the-services-of-a-test-share')

/** An internal side on a free port of loopback that offers some services; `problems` is what its log got. */
export async function serveInternally(...services: readonly RpcService[]) {
  const problems: string[] = []
  const report = (problem: string) => void problems.push(problem)
  const server = await InternalServer.listen({ host: '127.0.0.1', port: 0, secret, metrics: new Registry(), report })
  for (const service of services) server.offer(service)
  return { server, url: `http://127.0.0.1:${server.port}`, problems, close: () => server.close() }
}

/** A client that looks for its service for a fifth of a second. */
export function clientTo(service: string, urls: readonly string[], options: Partial<RpcClientOptions> = {}): RpcClient {
  return new RpcClient({ service, urls, secret, patienceMs: 200, ...options })
}
