import { join } from 'node:path'
import { type Address, type Clock, type EngineName, ledgerConfigDefaults } from '@deparrow/ledger'
import type { Libp2p } from '@libp2p/interface'
import {
  assignProtocol,
  cancelProtocol,
  createTransport,
  fetchContent,
  type JoinHello,
  PeerGuard,
  ProtocolViolationError,
  serve,
  serveContent,
} from '../protocol/index.ts'
import { ContentFolder } from './content/content-folder.ts'
import { ContentSource } from './content/content-source.ts'
import { RecentBytes } from './content/recent-bytes.ts'
import { Capacity } from './daemon/capacity.ts'
import { JobDesk } from './daemon/job-desk.ts'
import { JobPapers } from './daemon/job-papers.ts'
import { JobRunner } from './daemon/job-runner.ts'
import { KnownPricings } from './daemon/known-pricings.ts'
import { NodeSigner } from './daemon/node-crypto.ts'
import type { NodeLog } from './daemon/node-log.ts'
import {
  cacheBytesMax,
  graceSecondsMinDefault,
  memoryBytesMaxDefault,
  moduleMemoryBytesMax,
  type NodeOptions,
  slotsMaxDefault,
} from './daemon/node-options.ts'
import { NodeStore } from './daemon/node-store.ts'
import { ReceiptCourier } from './daemon/receipt-courier.ts'
import { instructionOf, registrationOf } from './daemon/registration.ts'
import { MarketLink } from './network/market-link.ts'
import { ProgressSender } from './network/progress-sender.ts'

/** A node that is up, whether or not it is joined at the moment. */
export type RunningNode = {
  readonly address: Address
  readonly peerId: string
  readonly payoutWallet: Address
  isJoined(): boolean
  /** Resolves when the market has taken the node in. */
  joined(signal: AbortSignal): Promise<void>
  jobsRunning(): number
  /** Receipts that are signed and not acknowledged. */
  receiptsHeld(): number
  /** Stops in the reverse order of the start. Running jobs are stopped without a receipt and run again by the next start. */
  stop(): Promise<void>
}

/**
 * Starts a compute node: opens its folder, takes up what an earlier process left, and keeps it joined to the market from then
 * on. Resolves before it has joined. Throws `NodeFolderLockedError`, `NodeStoreDamagedError`, `NodeStoreNewerError`,
 * `NodeFolderForeignError`, `MarketAddressError`, `PrivateKeyError`.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const stops: Stops = []
  const stop = async () => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) await next()
  }
  try {
    return await startParts(options, stops, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

type Stops = (() => Promise<void> | void)[]

async function startParts(options: NodeOptions, stops: Stops, stop: () => Promise<void>): Promise<RunningNode> {
  const { dataFolder, domain } = options
  stops.push(() => closeEngines(options))
  const signer = new NodeSigner(options.privateKey, domain)
  const identity = { address: signer.address, chainId: String(domain.chainId), settlement: domain.verifyingContract }
  const store = new NodeStore(dataFolder, identity)
  stops.push(() => store.close())
  const papers = new JobPapers(dataFolder)
  stops.push(() => papers.close())
  const folder = new ContentFolder(join(dataFolder, 'content'), cacheBytesMax)
  folder.keepOnlyOutputs(new Set(store.heldReceipts().map(({ handover }) => handover.outputCid ?? '')))
  const guard = new PeerGuard()
  const libp2p = await createTransport({ privateKey: options.privateKey, listen: [], guard, connectionsMax: 16 })
  const { link, progress, courier, desk } = wire(options, { store, papers, signer, folder, libp2p })
  await serveMarket(libp2p, guard, link, desk, folder)
  await libp2p.start()
  stops.push(() => libp2p.stop())
  link.start()
  stops.push(() => link.stop())
  stops.push(() => progress.stop())
  courier.start()
  stops.push(() => courier.stop())
  desk.resume()
  stops.push(() => desk.stop())
  return {
    address: signer.address,
    peerId: libp2p.peerId.toString(),
    payoutWallet: options.payout?.wallet ?? signer.address,
    isJoined: () => link.isJoined,
    joined: async signal => void (await link.joined(signal)),
    jobsRunning: () => desk.runningCount,
    receiptsHeld: () => courier.pendingCount,
    stop,
  }
}

type OpenParts = {
  readonly store: NodeStore
  readonly papers: JobPapers
  readonly signer: NodeSigner
  readonly folder: ContentFolder
  readonly libp2p: Libp2p
}

/** Makes the parts that need each other; nothing runs yet. */
function wire(options: NodeOptions, { store, papers, signer, folder, libp2p }: OpenParts) {
  const { dataFolder, engines, domain, ledgerSigner, marketAddresses } = options
  const clock: Clock = options.clock ?? { nowMs: () => Date.now() }
  const log: NodeLog = options.log ?? (() => {})
  const progress = new ProgressSender()
  const link: MarketLink = new MarketLink({
    libp2p,
    addresses: marketAddresses,
    hello: () => helloOf(options, store, signer, libp2p, desk, clock),
    onJoined: connection => {
      progress.connected(connection)
      desk.announce()
      courier.hurry()
    },
    log,
  })
  const source = new ContentSource(new RecentBytes(moduleMemoryBytesMax), folder, async (contentId, bytesMax, signal) =>
    fetchContent(await link.joined(signal), contentId, bytesMax, signal),
  )
  const runner = new JobRunner({ engines, source, folder, clock, log })
  const courier: ReceiptCourier = new ReceiptCourier({ dataFolder, store, papers, folder, desk: link, clock, log })
  const { slotsMax, memoryBytesMax, graceSecondsMin } = offerOf(options)
  const terms = {
    node: signer.address,
    domain,
    ledgerSigner,
    payoutWallet: options.payout?.wallet ?? signer.address,
    engines: engineNames(options),
    memoryBytesMax,
    graceSecondsMin,
  }
  const capacity = new Capacity(slotsMax, memoryBytesMax)
  const pricings = new KnownPricings(options.pricings ?? [ledgerConfigDefaults], options.pricingSource, log)
  const desk: JobDesk = new JobDesk({
    terms,
    pricings,
    store,
    papers,
    signer,
    capacity,
    runner,
    progress,
    courier,
    clock,
    log,
  })
  return { link, progress, courier, desk }
}

/** What the market may ask of the node. Anybody else who gets a stream has it reset. */
async function serveMarket(
  libp2p: Libp2p,
  guard: PeerGuard,
  link: MarketLink,
  desk: JobDesk,
  folder: ContentFolder,
): Promise<void> {
  const onlyMarket = (connection: Parameters<MarketLink['isMarket']>[0]) => {
    if (!link.isMarket(connection)) throw new ProtocolViolationError('NOT_JOINED', connection.remotePeer.toString())
  }
  await serve(libp2p, assignProtocol, guard, async (offer, connection) => {
    onlyMarket(connection)
    return desk.assign(offer)
  })
  await serve(libp2p, cancelProtocol, guard, async ({ orderDigest }, connection) => {
    onlyMarket(connection)
    desk.cancel(orderDigest)
    return { heard: true } as const
  })
  await serveContent(libp2p, guard, async (contentId, connection) => {
    onlyMarket(connection)
    return folder.readOutput(contentId)
  })
}

function helloOf(
  options: NodeOptions,
  store: NodeStore,
  signer: NodeSigner,
  libp2p: Libp2p,
  desk: JobDesk,
  clock: Clock,
): JoinHello {
  const payout = options.payout ?? {}
  const nowMs = clock.nowMs()
  return {
    address: signer.address,
    peerId: libp2p.peerId.toString(),
    engines: engineNames(options),
    ...offerOf(options),
    registration: registrationOf(store, signer, payout.wallet ?? signer.address, nowMs),
    payoutInstruction: instructionOf(store, signer, payout, nowMs),
    running: desk.jobsInHand(),
  }
}

function offerOf(options: NodeOptions) {
  const { slotsMax = slotsMaxDefault, memoryBytesMax = memoryBytesMaxDefault } = options
  return { slotsMax, memoryBytesMax, graceSecondsMin: options.graceSecondsMin ?? graceSecondsMinDefault }
}

function engineNames({ engines }: NodeOptions): readonly EngineName[] {
  return (['wasm', 'docker'] as const).filter(name => engines[name] !== undefined)
}

async function closeEngines({ engines }: NodeOptions): Promise<void> {
  await Promise.all([engines.wasm?.close(), engines.docker?.close()])
}
