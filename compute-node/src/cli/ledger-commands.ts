import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { pipeline } from 'node:stream/promises'
import { formatCredits, type JournalHead, lowerHex } from '@deparrow/ledger'
import { AcceptanceWatch, readAcceptances } from '../verify/acceptance-watch.ts'
import { type ChainAgreement, compareWithChain } from '../verify/chain/compare-chain.ts'
import { JournalFacts } from '../verify/chain/journal-facts.ts'
import { readChain } from '../verify/chain/read-chain.ts'
import { eventLines } from '../verify/event-lines.ts'
import { ExportOutline } from '../verify/export-outline.ts'
import { ExportCutter, type ExportPart } from '../verify/export-parts.ts'
import { journalChunks } from '../verify/journal-source.ts'
import { lineBlocks } from '../verify/line-blocks.ts'
import { type JournalFinding, type JournalVerdict, verifyJournal } from '../verify/verify-journal.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command-context.ts'
import { columns } from './output.ts'

export type VerifyFlags = {
  readonly rpc?: string
  readonly signatures: 'on' | 'off'
  readonly threads?: number
  readonly shard?: string
  readonly acceptance?: string
}

/**
 * Replays a journal, checks everything in it, and holds it to the chain with `--rpc` and to what its ledger has signed with `--acceptance`. Ends
 * with `JOURNAL_UNSOUND` naming the first event that is wrong.
 */
export async function verifyLedger(context: CommandContext, source: string | undefined, flags: VerifyFlags) {
  const { config, output, signal } = context
  const from = source ?? config.url
  output.progress(`Replaying ${from} …`)
  const facts = new JournalFacts()
  const watch = new AcceptanceWatch(flags.acceptance === undefined ? [] : await acceptancesIn(flags.acceptance))
  const startedAt = performance.now()
  const verdict = await verifyJournal(journalChunks(from, { shard: flags.shard, signal }), {
    signatures: flags.signatures === 'on' ? 'checked' : 'trusted',
    ...(flags.threads === undefined ? {} : { threadCount: flags.threads }),
    onEvent: (event, hash) => {
      watch.see(event, hash)
      if (flags.rpc !== undefined) facts.see(event, hash)
    },
  })
  const seconds = (performance.now() - startedAt) / 1_000
  const finding = verdict.finding ?? (verdict.config && watch.finding(verdict.config, verdict.head))
  if (finding !== undefined) throw unsound(finding, verdict.head)
  const chain = flags.rpc === undefined ? undefined : await compare(context, flags.rpc, facts, verdict.head)
  output.result(verdictView(verdict, seconds, flags, chain), verdictLines(verdict, seconds, flags, chain))
}

/** Writes a journal into a file, unchecked, as it is served or stored. */
export async function exportLedger(
  { config, output, signal }: CommandContext,
  source: string | undefined,
  { out, shard }: { readonly out: string; readonly shard?: string },
) {
  const outline = new ExportOutline()
  const seen = async function* (chunks: AsyncIterable<Uint8Array>) {
    const cutter = new ExportCutter()
    for await (const block of lineBlocks(chunks)) {
      for (const part of cutter.cut(block)) outlinePart(outline, part)
      yield block
    }
  }
  await pipeline(journalChunks(source ?? config.url, { shard, signal }), seen, createWriteStream(out), { signal })
  outline.end()
  const { position, hash } = outline.head
  if (outline.problem !== undefined) {
    throw new CliError('EXPORT_INCOMPLETE', `${out} is no whole journal: event ${position + 1} ${outline.problem}.`)
  }
  output.result(
    { file: out, events: position, head: hash },
    columns([
      ['file', out],
      ['events', String(position)],
      ['head', hash],
    ]),
  )
}

/** Counts events by their lines; what they hold is for `verify` to say. */
function outlinePart(outline: ExportOutline, part: ExportPart): void {
  if (part.kind === 'line') outline.line(part.text)
  else if (part.kind === 'cut') outline.cut(part.text)
  else
    for (const { hash, problem } of eventLines(part.bytes)) {
      if (hash === undefined) outline.problem ??= problem
      else outline.event(hash)
    }
}

async function acceptancesIn(path: string) {
  return readAcceptances(await readFile(path, 'utf8'))
}

async function compare({ output }: CommandContext, rpcUrl: string, facts: JournalFacts, head: JournalHead) {
  if (facts.config === undefined) throw new CliError('JOURNAL_EMPTY', 'The journal has no event that names its chain.')
  output.progress('Comparing with the chain …')
  const chain = await readChain(rpcUrl, lowerHex(facts.config.settlement))
  const { finding, agreement } = compareWithChain(facts, head, chain)
  if (finding !== undefined) throw unsound(finding, head)
  return agreement
}

function unsound({ position, type, problem }: JournalFinding, head: JournalHead): CliError {
  const event = type === undefined ? `Event ${position}` : `Event ${position} (${type})`
  const before = head.position === 0 ? '' : ` Up to ${head.position} events are right.`
  return new CliError('JOURNAL_UNSOUND', `${event} ${problem}.${before}`, { position, type: type ?? null, problem })
}

/** The kinds of accounts in the order of the books. */
const kinds = ['reserve', 'wallet', 'hold', 'payable', 'burn', 'treasury', 'rewards', 'clearing'] as const

function sumsOf(balances: ReadonlyMap<string, bigint>): Readonly<Record<(typeof kinds)[number], bigint>> {
  const sums = Object.fromEntries(kinds.map(kind => [kind, 0n])) as Record<(typeof kinds)[number], bigint>
  for (const [account, amount] of balances) {
    sums[(account.split(':', 1)[0] ?? account) as (typeof kinds)[number]] += amount
  }
  return sums
}

/** Accounts that have something. */
function accountCount(balances: ReadonlyMap<string, bigint>): number {
  return [...balances.values()].filter(amount => amount !== 0n).length
}

function verdictView(
  { head, config, signatureCount, balances }: JournalVerdict,
  seconds: number,
  { signatures }: VerifyFlags,
  chain: ChainAgreement | undefined,
) {
  return {
    sound: true,
    chainId: config?.chainId ?? null,
    settlement: config?.settlement ?? null,
    shard: config?.shard ?? null,
    events: head.position,
    head: head.hash,
    signatures: signatures === 'on' ? signatureCount : null,
    accounts: accountCount(balances),
    microcredits: sumsOf(balances),
    seconds: Math.round(seconds * 1_000) / 1_000,
    eventsPerSecond: Math.round(head.position / seconds),
    signaturesPerSecond: signatures === 'on' ? Math.round(signatureCount / seconds) : null,
    chain: chain ?? null,
  }
}

function verdictLines(
  { head, config, signatureCount, balances }: JournalVerdict,
  seconds: number,
  { signatures }: VerifyFlags,
  chain: ChainAgreement | undefined,
): string[] {
  const rate = (count: number) => `${count}, ${Math.round(count / seconds)} a second`
  const sums = sumsOf(balances)
  return columns([
    ['ledger', config === undefined ? 'empty' : `chain ${config.chainId}, settlement ${config.settlement}`],
    ['events', rate(head.position)],
    ['signatures', signatures === 'on' ? rate(signatureCount) : 'not checked'],
    ['accounts', String(accountCount(balances))],
    ...kinds.filter(kind => sums[kind] !== 0n).map(kind => [kind, `${formatCredits(sums[kind])} credits`] as const),
    ['head', head.hash],
    ['time', `${seconds.toFixed(2)} s`],
    ...chainLines(chain),
    ['verdict', 'everything holds'],
  ])
}

function chainLines(chain: ChainAgreement | undefined): (readonly [string, string])[] {
  if (chain === undefined) return [['chain', 'not compared; name it with --rpc']]
  const { blockNumber, inboxItems, epochsPosted, epochsFinal, claims, pending } = chain
  const waiting = pending.inboxItems + pending.claims + pending.epochsFinal
  return [
    ['chain', `agrees as of block ${blockNumber}`],
    ['on chain', `${inboxItems} inbox items, ${epochsPosted} epochs (${epochsFinal} final), ${claims} claims`],
    ...(waiting === 0 ? [] : ([['not taken in yet', `${waiting} of the chain’s records`]] as const)),
  ]
}
