import { join } from 'node:path'
import { type Clock, isBalanced, isCovered, ledgerConfigDefaults, lowerHex } from '@deparrow/ledger'
import type { SecretKey } from '@deparrow/sdk'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { createServices, type EmbeddedPorts, embeddedShard, openEmbeddedPorts, type Services } from '@deparrow/services'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { auditJournal } from './audit-journal.ts'
import { startComputeNode } from './compute-node-process.ts'
import type { DataFolder } from './data-folder.ts'
import type { Narrator } from './narrator.ts'
import type { LocalOptions } from './options.ts'
import type { NetworkFacts } from './outcome.ts'
import { LocalSecrets } from './secrets.ts'
import { serviceLog } from './service-log.ts'
import { type RunningChain, startChain } from './start-chain.ts'

export type LocalNetwork = {
  readonly gatewayUrl: string
  readonly graphqlUrl: string
  readonly rpcUrl: string
  readonly secrets: LocalSecrets
  /** What the network says of itself after a run whose earnings were claimed from an epoch. */
  facts(claimEpoch: number): Promise<NetworkFacts>
  /** Ends the node, the services and the chain, in this order. */
  close(): Promise<void>
}

const systemClock: Clock = { nowMs: () => Date.now() }

const accountOf = (key: SecretKey) => privateKeyToAccount(key.reveal())

/** Starts chain, services and one compute node; everything that it opened is closed again when a part cannot start. */
export async function startLocalNetwork(
  folder: DataFolder,
  options: LocalOptions,
  narrator: Narrator,
): Promise<LocalNetwork> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end()
  }
  try {
    const secrets = await LocalSecrets.open(folder.keys)
    const ledgerSigner = accountOf(await secrets.key('ledger'))
    const chain = await startChain(
      { dataFolder: folder.chain, port: options.rpcPort, clock: systemClock },
      ledgerSigner.address,
    )
    closers.push(() => chain.chain.close())
    narrator.step(
      `${chain.isNew ? 'A new chain starts and the contracts are deployed' : 'The chain is replayed from its log'}`,
      `settlement contract ${chain.addresses.settlement}`,
    )
    const ports = await openPorts(folder, options, chain, { secrets, ledgerSigner }, narrator)
    closers.push(() => ports.close())
    const services = await startServices(chain, ports, {
      options,
      narrator,
      sessionSecret: await secrets.secret('session-secret'),
    })
    closers.push(() => services.close())
    const gatewayUrl = await services.listen()
    const node = startComputeNode(gatewayUrl, folder.node, text => narrator.step(text))
    closers.push(() => node.stop())
    narrator.step(`A compute node starts as process ${node.pid()}`, `its log: ${join(folder.node, 'node.log')}`)
    return {
      gatewayUrl,
      graphqlUrl: `${gatewayUrl}/graphql`,
      rpcUrl: chain.chain.rpcUrl,
      secrets,
      facts: claimEpoch => collectFacts(chain, ports, services, claimEpoch),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function openPorts(
  folder: DataFolder,
  options: LocalOptions,
  { chain, addresses, genesisHash, poster }: RunningChain,
  { secrets, ledgerSigner }: { secrets: LocalSecrets; ledgerSigner: LocalAccount },
  narrator: Narrator,
): Promise<EmbeddedPorts> {
  const [meshKey, treasurerKey] = await Promise.all([secrets.key('mesh'), secrets.key('treasurer')])
  return openEmbeddedPorts({
    paths: folder,
    config: {
      ...ledgerConfigDefaults,
      chainId: chain.chainId,
      settlement: lowerHex(addresses.settlement),
      genesisHash: lowerHex(genesisHash),
      treasurer: lowerHex(accountOf(treasurerKey).address),
    },
    rpcUrl: chain.rpcUrl,
    registry: lowerHex(addresses.registry),
    poster,
    ledgerSigner,
    mesh: { privateKey: meshKey.reveal(), port: options.meshPort },
    clock: systemClock,
    report: problem => narrator.step(problem),
  })
}

async function startServices(
  { chain, addresses }: RunningChain,
  ports: EmbeddedPorts,
  { options, narrator, sessionSecret }: { options: LocalOptions; narrator: Narrator; sessionSecret: string },
): Promise<Services> {
  const config = ports.ledger.config()
  if (config === undefined) throw new TypeError('the ledger is not open')
  return createServices(ports, {
    network: { ...config, token: lowerHex(addresses.token), rpcUrl: chain.rpcUrl },
    gateway: { port: options.port, jwtSecret: Buffer.from(sessionSecret, 'hex') },
    logger: serviceLog(narrator),
  })
}

async function collectFacts(
  { chain, addresses }: RunningChain,
  { ledger, store }: EmbeddedPorts,
  { settlement }: Services,
  claimEpoch: number,
): Promise<NetworkFacts> {
  const [audit, contractWei, epochs] = await Promise.all([
    auditJournal(store, embeddedShard, ledgerCrypto),
    settlement.view.contractWei(),
    settlement.view.epochs(100),
  ])
  const books = ledger.books()
  const epochTx = epochs.find(({ books }) => books.epoch === claimEpoch)?.postedTx
  if (epochTx === undefined) throw new TypeError(`epoch ${claimEpoch} has no transaction`)
  return {
    chainId: chain.chainId,
    token: addresses.token,
    settlement: addresses.settlement,
    rpcUrl: chain.rpcUrl,
    epochTx,
    audit,
    isConserved: isBalanced(books),
    isFullReserve: isCovered(books, contractWei),
  }
}
