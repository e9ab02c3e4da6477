import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { runCommandLine } from './run.ts'

/** What a command did. */
export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** A port on loopback at which nothing listens. */
export const nobody = 'http://127.0.0.1:1'

/** Runs a command line in this process, with nothing in its environment but what is given. */
export async function run(words: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const host = {
    argv: ['node', 'deparrow', ...words],
    env,
    exitCode: 0,
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    once: () => undefined,
    removeListener: () => undefined,
  }
  await runCommandLine(host)
  return { code: host.exitCode, stdout, stderr }
}

/** The error that a command printed with `--json`. */
export function errorOf({ stdout }: Ran): { readonly code: string; readonly message: string } {
  return JSON.parse(stdout).error
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'deparrow-cli-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A network on loopback that answers every question with these fields; `own`: what it says of itself otherwise. */
export async function fakeNetwork(
  t: TestContext,
  chainId: number,
  fields: object = {},
  own: object = {},
): Promise<string> {
  const amounts = { reserve: '5', wallets: '5', holds: '0', payables: '0', burn: '0', treasury: '0', rewards: '0' }
  const address = `0x${'ab'.repeat(20)}`
  const network = {
    ...{ chainId, settlement: address, token: address, ledgerSigner: address, rpcUrl: nobody, meshAddresses: [] },
    ...{ time: '2026-11-21T12:00:00.000Z', journal: { position: '1', hash: `0x${'00'.repeat(32)}` } },
    books: { ...amounts, balanced: true, contractWei: '5', fullReserve: true },
    rates: { cpuCoreHour: '1', memoryGibHour: '1', fuelCoreHour: '1', feeBasisPoints: 500, burnBasisPoints: 8000 },
    ...own,
  }
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ data: { network, nodes: [], ...fields } }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
