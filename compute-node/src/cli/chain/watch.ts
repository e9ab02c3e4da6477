import { readFile } from 'node:fs/promises'
import { type Address, type Domain, weiPerMicrocredit } from '@deparrow/ledger'
import { developmentChainId } from '@deparrow/sdk/network'
import { JournalUnfitError } from '../../chain/journal-archive.ts'
import { openSettlementChain, type SettlementChain } from '../../chain/open-settlement.ts'
import { errorText, type NodeLogRecord } from '../../daemon/node-log.ts'
import { AcceptanceUnreadableError, readAcceptances } from '../../verify/acceptance-watch.ts'
import { acceptanceStruct } from '../../watch/acceptance-struct.ts'
import { acceptedCreditsIn, MessageUnrelatedError } from '../../watch/accepted-credits.ts'
import { EpochWatch, type EpochWatchParts, type LookResult } from '../../watch/epoch-watch.ts'
import { JournalFollower } from '../../watch/journal-follower.ts'
import { NodeFolder } from '../../watch/node-folder.ts'
import { CliError, failureOf } from '../cli-error.ts'
import type { CommandContext } from '../command-context.ts'
import { addressMeant, type ChainFlags, openChain, openOwnSender, requireDisputes } from './open.ts'

export type WatchFlags = ChainFlags & {
  readonly alsoRpc?: readonly string[]
  readonly shard?: string
  /** What may lie in the purse, in µcr. */
  readonly purse?: bigint
  readonly once?: boolean
  readonly dryRun?: boolean
  readonly everySeconds?: number
  readonly patienceSeconds?: number
  /** A file with acceptances that the ledger signed. */
  readonly acceptance?: string
  /** Wallets whose credits are demanded. */
  readonly guard?: readonly Address[]
  /** Data folders of nodes whose duties are seen to. */
  readonly nodeData?: readonly string[]
}

const everySecondsDefault = { development: 1, other: 12 } as const

const nobody: Address = `0x${'00'.repeat(20)}`

/**
 * Holds every pending epoch to the public journal and has those cancelled that are not right, until it is interrupted; with `--once` looks once and ends, with
 * `EPOCH_WRONG` when an epoch is wrong and nothing was or is being done about it.
 */
export async function watchEpochs(
  context: CommandContext,
  journal: string | undefined,
  flags: WatchFlags,
): Promise<void> {
  const { output, signal, config } = context
  const chain = await openChain(context, flags)
  requireDisputes(chain)
  const chains = [chain, ...(await openOthers(chain, flags))]
  const own = flags.dryRun
    ? undefined
    : await openOwnSender(context, chain, { ...flags, confirmations: flags.confirmations ?? 1 })
  const me = own?.address ?? (await addressMeant(context, undefined)) ?? nobody
  const log = (record: NodeLogRecord) => output.record(record)
  const domain = { chainId: chain.chain.id, verifyingContract: chain.settlement.address }
  const guarded = flags.guard ?? []
  const folders = (flags.nodeData ?? []).map(folder => new NodeFolder(folder, domain, log))
  const nodes = new Set(folders.flatMap(folder => [...folder.nodes]))
  const watch = new EpochWatch({
    chains,
    journal: new JournalFollower(journal ?? config.url, { shard: flags.shard, nodes }),
    jobs: endedAfter => folders.flatMap(folder => folder.jobs(endedAfter)),
    me,
    sender: own?.sender,
    log,
    confirmations: flags.confirmations ?? 1,
    purseWei: (flags.purse ?? 0n) * weiPerMicrocredit,
    patienceSeconds: flags.patienceSeconds,
    guarded,
    ...(await signedIn(flags.acceptance, domain, new Set(guarded))),
  })
  if (flags.once) return showOnce(context, await watch.look(signal))
  const isDevelopment = chain.chain.id === developmentChainId
  const everySeconds = flags.everySeconds ?? everySecondsDefault[isDevelopment ? 'development' : 'other']
  while (!signal.aborted) {
    await lookAndGoOn(watch, log, signal)
    await waitSeconds(everySeconds, signal)
  }
}

/** The same contracts by other RPCs; each must be of the same chain. */
function openOthers({ chain, settlement }: SettlementChain, { alsoRpc = [] }: WatchFlags): Promise<SettlementChain[]> {
  return Promise.all(
    alsoRpc.map(rpcUrl => openSettlementChain({ rpcUrl, chainId: chain.id, settlement: settlement.address })),
  )
}

/**
 * Acceptances as the contracts take them, and the messages beside them. Whether the ledger has signed them is for the contracts to say. Throws
 * `AcceptanceUnreadableError`, `MessageUnrelatedError`.
 */
async function signedIn(
  path: string | undefined,
  domain: Domain,
  guarded: ReadonlySet<Address>,
): Promise<Pick<EpochWatchParts, 'acceptances' | 'credits'>> {
  if (path === undefined) return {}
  const text = await readFile(path, 'utf8')
  const read = readAcceptances(text)
  try {
    return { acceptances: read.map(acceptanceStruct), credits: acceptedCreditsIn(text, domain, guarded) }
  } catch (cause) {
    if (cause instanceof MessageUnrelatedError) throw cause
    throw new AcceptanceUnreadableError({ cause })
  }
}

/** A chain that does not answer, or answers nonsense, may do better with the next look; a journal of another ledger never will. */
async function lookAndGoOn(
  watch: EpochWatch,
  log: (record: NodeLogRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await watch.look(signal)
  } catch (error) {
    if (signal.aborted) return
    if (error instanceof JournalUnfitError) throw error
    const { code, message } = failureOf(error)
    log({ level: 'error', code, message: code === 'INTERNAL' ? errorText(error) : message })
  }
}

function showOnce({ output }: CommandContext, result: LookResult): void {
  const { wrong, unknown, helpless, pending, sent } = result
  if (helpless.length > 0) {
    const said = `Epoch ${helpless.join(', ')} is wrong, and nothing is being done about it.`
    throw new CliError('EPOCH_WRONG', said, { ...result })
  }
  output.result(result, [
    `${pending} pending epochs: ${wrong.length} wrong, ${unknown.length} not known; ${sent} transactions sent`,
  ])
}

function waitSeconds(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, seconds * 1_000)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })
}
