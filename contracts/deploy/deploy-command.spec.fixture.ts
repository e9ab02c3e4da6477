import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Hex } from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAddress } from 'viem/accounts'
import { startLocalChain } from '../local-chain/local-chain.ts'
import { runDeployCommand } from './deploy-command.ts'

/** The key of the first published account, which the development chain funds. */
export const PUBLISHED_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

/** The published account with this index, derived from the mnemonic that Hardhat publishes. */
export function publishedAddress(addressIndex: number): Hex {
  return mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex }).address
}

export const randomAddress = (): Hex => privateKeyToAddress(generatePrivateKey())

export type Options = Record<string, string | undefined>

/** A folder with a key file, and the command run in it; options may be changed, or left out by `undefined`. */
export function openDesk(t: TestContext, privateKey: string = PUBLISHED_KEY) {
  const folder = mkdtempSync(join(tmpdir(), 'deparrow-deploy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const keyFile = join(folder, 'deployer.key')
  writeFileSync(keyFile, privateKey, { mode: 0o600 })
  const roles = {
    poster: randomAddress(),
    guardian: randomAddress(),
    distribution: randomAddress(),
    'ledger-signer': randomAddress(),
  }
  const defaults: Options = {
    // Nothing listens on the discard port.
    'rpc-url': 'http://127.0.0.1:9',
    'expect-chain-id': '31337',
    ...roles,
    'window-seconds': '7200',
    'inbox-age-seconds': '600',
    out: 'deployment.json',
  }
  const send = async (args: string[], context: { keyFile?: string | undefined } = { keyFile }) => {
    const printed: string[] = []
    const problems: string[] = []
    const exitCode = await runDeployCommand({
      args,
      keyFile: context.keyFile,
      folder,
      print: line => printed.push(line),
      printError: line => problems.push(line),
      pollingIntervalMs: 5,
    })
    return { exitCode, printed, problem: problems.join('\n') }
  }
  const run = (changed: Options = {}, context?: { keyFile?: string | undefined }) =>
    send(toArguments({ ...defaults, ...changed }), context)
  return {
    folder,
    roles,
    run,
    dryRun: (changed: Options = {}) => send([...toArguments({ ...defaults, ...changed }), '--dry-run']),
    setMode: (mode: number) => chmodSync(keyFile, mode),
    readRecord: () => JSON.parse(readFileSync(join(folder, 'deployment.json'), 'utf8')),
  }
}

function toArguments(options: Options): string[] {
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
}

/** A development chain that is closed after the test. */
export async function openChain(t: TestContext) {
  const dataFolder = mkdtempSync(join(tmpdir(), 'deparrow-deploy-chain-'))
  t.after(() => rmSync(dataFolder, { recursive: true, force: true }))
  const clock = { nowMs: () => 1_790_000_000_000 }
  const chain = await startLocalChain({ dataFolder, port: 0, clock, blockIntervalMs: 5 })
  t.after(() => chain.close())
  return chain
}
