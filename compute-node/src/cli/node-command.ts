import { join } from 'node:path'
import type { Address } from '@deparrow/ledger'
import type { UnlockedKey } from '@deparrow/sdk/keystore'
import {
  domainOf,
  fetchNetwork,
  fetchPricings,
  NetworkMismatchError,
  type NetworkView,
  refuseDevelopmentKey,
} from '@deparrow/sdk/network'
import type { NodeLog } from '../daemon/node-log.ts'
import type { NodeOptions } from '../daemon/node-options.ts'
import { type RunningNode, startNode } from '../main.ts'
import type { CommandContext } from './command-context.ts'
import { openEngines } from './engines.ts'
import { unlockOrCreateKey } from './key-access.ts'
import { columns } from './output.ts'
import { checksummed } from './views.ts'

/** What `deparrow node start` takes. */
export type NodeStartOptions = {
  readonly payoutWallet?: Address
  readonly slots?: number
  readonly memoryMib?: number
  readonly pullImages?: boolean
}

/** A node that is not joined for this long asks whether the market has moved. */
const lookAgainMs = 15_000

/** Runs a node until the signal; the result is printed when it is up, and what happens to it goes to standard error. */
export async function startNodeCommand(context: CommandContext, options: NodeStartOptions): Promise<void> {
  const { config, signal } = context
  let network = await fetchNetwork(config.url)
  const key = await unlockOrCreateKey(config, 'node', async () => network.chainId)
  refuseDevelopmentKey(key.address, network.chainId)
  for (let startCount = 1; !signal.aborted; startCount++) {
    const node = await startNode(await nodeOptions(context, options, network, key))
    try {
      if (startCount === 1) announce(context, node, network)
      network = await watch(node, network, context)
    } finally {
      await node.stop()
    }
  }
}

async function nodeOptions(
  { config, output }: CommandContext,
  { payoutWallet, slots, memoryMib, pullImages = false }: NodeStartOptions,
  network: NetworkView,
  { address, privateKey }: UnlockedKey,
): Promise<NodeOptions> {
  const log: NodeLog = record => output.record(record)
  return {
    dataFolder: join(config.dataFolder, 'node'),
    privateKey: privateKey.reveal(),
    domain: domainOf(network),
    ledgerSigner: network.ledgerSigner,
    marketAddresses: network.meshAddresses,
    pricingSource: () => fetchPricings(config.url),
    engines: await openEngines(address, { dockerHost: config.dockerHost, mayPullImages: pullImages }, log),
    log,
    ...(slots === undefined ? {} : { slotsMax: slots }),
    ...(memoryMib === undefined ? {} : { memoryBytesMax: memoryMib * 2 ** 20 }),
    ...(payoutWallet === undefined ? {} : { payout: { wallet: payoutWallet } }),
  }
}

function announce({ config, output }: CommandContext, node: RunningNode, network: NetworkView): void {
  const address = checksummed(node.address)
  const payoutWallet = checksummed(node.payoutWallet)
  const { peerId } = node
  output.result(
    { address, peerId, payoutWallet, url: config.url, chainId: network.chainId, market: network.meshAddresses },
    columns([
      ['node', address],
      ['peer id', peerId],
      ['pays out to', payoutWallet],
      ['network', `${config.url}, chain ${network.chainId}`],
    ]),
  )
}

/**
 * Waits until the signal, or until a node that is not joined learns that the market has other addresses now; returns the network as
 * it is then. Throws when the address has become that of another network.
 */
async function watch(node: RunningNode, network: NetworkView, { config, signal }: CommandContext) {
  while (await passed(lookAgainMs, signal)) {
    if (node.isJoined()) continue
    const now = await fetchNetwork(config.url).catch(() => network)
    if (now.chainId !== network.chainId || now.settlement !== network.settlement) {
      throw new NetworkMismatchError('the network of contract', network.settlement, now.settlement)
    }
    if (now.meshAddresses.join() !== network.meshAddresses.join()) return now
  }
  return network
}

/** `true` when the time has passed, `false` as soon as the signal aborts. */
function passed(durationMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve(false)
    const stop = () => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve(true)
    }, durationMs)
    signal.addEventListener('abort', stop, { once: true })
  })
}
