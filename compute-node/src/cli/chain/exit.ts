import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Address, lowerHex } from '@deparrow/ledger'
import { NetworkUnreachableError } from '@deparrow/sdk/network'
import { formatEther } from 'viem'
import { chainCall } from '../../chain/contracts.ts'
import { dueToFinalise, nextBlockTime, readLine } from '../../chain/epoch-line.ts'
import { depositTakes, leafTakes, purseTakes, stakeTakes, type Take } from '../../chain/exit-takes.ts'
import { openArchive } from '../../chain/journal-archive.ts'
import { answered, type SettlementChain } from '../../chain/open-settlement.ts'
import { readStakes, type Stake } from '../../chain/stakes.ts'
import { CliError, failureOf } from '../cli-error.ts'
import type { CommandContext } from '../command-context.ts'
import { checksummed } from '../views.ts'
import { claimRow } from './claim.ts'
import { finaliseDue } from './finalise.ts'
import { type ChainFlags, type OwnWallet, openOwnWallet } from './open.ts'
import { dateOf, duration } from './times.ts'

export type ExitFlags = ChainFlags & { readonly for?: Address; readonly shard?: string }

/** What was taken, by its transaction. */
type Taken = {
  readonly what: Take['what'] | 'payout'
  readonly label: string
  readonly amountWei: bigint
  readonly transactionHash: string
}

/** What is still there, and why. */
type Remaining = { readonly what: Take['what'] | 'leaf' | 'payout'; readonly code: string; readonly message: string }

/**
 * Starts the exit when it is due and takes out everything of an account: its leaves of the last final epoch, by a copy of the journal, deposits that no final
 * epoch covers, payouts, the purse, stakes. Refusals: `EXIT_NOT_DUE` with the time left, `EXIT_INCOMPLETE` with what was taken and what remains.
 */
export async function leaveByExit(context: CommandContext, journal: string | undefined, flags: ExitFlags) {
  const own = await openOwnWallet(context, flags)
  const account = flags.for ?? own.address
  await answered(own.chain.rpcOrigin, async () => {
    const startedAt = await startedExit(context, own)
    const taken: Taken[] = []
    const remaining: Remaining[] = []
    const attempt = async (what: Remaining['what'], take: () => Promise<void>) => {
      try {
        await answered(own.chain.rpcOrigin, take)
      } catch (error) {
        if (endsAll(error)) throw error
        if (isTakenBefore(error)) return
        const { code, message } = failureOf(error)
        remaining.push({ what, code, message })
      }
    }
    const carryOutAll = async (takes: readonly Take[]) => {
      for (const { call, ...take } of takes) {
        await attempt(take.what, async () => {
          const { transactionHash } = await own.carryOut(take.label, call)
          taken.push({ ...take, transactionHash })
        })
      }
    }
    await attempt('leaf', async () => carryOutAll(await leavesOf(context, own.chain, account, journal, flags)))
    await attempt('deposit', async () => carryOutAll(await depositsOf(own.chain, account)))
    await attempt('payout', async () => {
      const paid = await claimRow(own, account)
      if (paid === undefined) return
      const { paidWei: amountWei, transactionHash, epoch } = paid
      taken.push({ what: 'payout', label: `payouts of epochs up to ${epoch}`, amountWei, transactionHash })
    })
    const stakes = account === own.address ? await takeOwn(own, carryOutAll) : []
    show(context, { account, startedAt, taken, remaining, stakes })
  })
}

/** Block time at which the exit started, after starting it if that was to be done. */
async function startedExit({ output }: CommandContext, own: OwnWallet): Promise<bigint> {
  const { chain, carryOut } = own
  const { client, settlement, periods } = chain
  const before = await client.readContract({ ...settlement, functionName: 'exitStartedAt' })
  if (before !== 0n) return before
  const finalised: bigint[] = []
  // What is final has to be finalised before the exit can start, and that starts the wait anew: the sooner the better.
  const line = await readLine(chain, await client.getBlockNumber())
  for (const epoch of dueToFinalise(line, await nextBlockTime(chain))) {
    await finaliseDue(own, epoch)
    finalised.push(epoch)
  }
  const finalisedAt = await client.readContract({ ...settlement, functionName: 'finalisedAt' })
  const startableAt = finalisedAt + periods.exitSeconds
  const now = await nextBlockTime(chain)
  if (now < startableAt) {
    const left = startableAt - now
    const done =
      finalised.length === 0 ? '' : ` Epoch ${finalised.join(', ')} was finalised now, and its payouts can be claimed.`
    const said = `The exit can start in ${duration(left)}, at ${dateOf(startableAt)}, when no epoch becomes final before.${done}`
    throw new CliError('EXIT_NOT_DUE', said, { startableAt, secondsLeft: left, finalised })
  }
  output.progress('Starting the exit …')
  await carryOut('start of the exit', chainCall(settlement, 'startExit', []))
  return client.readContract({ ...settlement, functionName: 'exitStartedAt' })
}

async function leavesOf(
  { config, output, signal }: CommandContext,
  chain: SettlementChain,
  account: Address,
  journal: string | undefined,
  { shard }: ExitFlags,
): Promise<readonly Take[]> {
  const { client, settlement } = chain
  const epoch = await client.readContract({ ...settlement, functionName: 'finalEpoch' })
  // Without a final epoch nobody has a leaf: every deposit returns.
  if (epoch === 0n) return []
  const source = journal ?? (await journalIn(config.dataFolder)) ?? config.url
  output.progress(`Following the journal of ${source} up to epoch ${epoch} …`)
  const posted = await client.readContract({ ...settlement, functionName: 'epoch', args: [epoch] })
  const { journalPosition, leavesTotalMicrocredits } = posted
  const on = {
    ...{ chainId: chain.chain.id, settlement: settlement.address, epoch, journalPosition, leavesTotalMicrocredits },
    leavesRoot: lowerHex(posted.leavesRoot),
  }
  const archive = await openArchive(source, on, { shard, signal }).catch(error => {
    if (journal !== undefined || !(error instanceof NetworkUnreachableError)) throw error
    const advice =
      'Name one: an export’s file, a data folder of a local network, or the address of a gateway or of a file.'
    throw new CliError('JOURNAL_NEEDED', `A balance is shown to the contract by a copy of the journal. ${advice}`)
  })
  return leafTakes(chain, archive, epoch, account)
}

async function depositsOf(chain: SettlementChain, account: Address): Promise<readonly Take[]> {
  const { client, settlement } = chain
  const epoch = await client.readContract({ ...settlement, functionName: 'finalEpoch' })
  const [{ inboxCut: cut }, count] = await Promise.all([
    client.readContract({ ...settlement, functionName: 'epoch', args: [epoch] }),
    client.readContract({ ...settlement, functionName: 'inboxCount' }),
  ])
  return depositTakes(chain, account, { cut, count })
}

/** Purse and stakes, which nobody can take for another; answers what unbonds afterwards. */
async function takeOwn(
  { chain, address }: OwnWallet,
  carryOutAll: (takes: readonly Take[]) => Promise<void>,
): Promise<readonly Stake[]> {
  const { client } = chain
  await carryOutAll(await purseTakes(chain, address))
  const { number, timestamp } = await client.getBlock()
  // Twice: what was due is withdrawn first, so that the rest of the stake can begin to unbond.
  for (let round = 0; round < 2; round++) {
    const stakes = await readStakes(chain, address, number)
    await carryOutAll(stakeTakes(chain, stakes, timestamp))
  }
  return (await readStakes(chain, address, number)).filter(({ unbondingWei }) => unbondingWei > 0n)
}

/** The journal of a network that ran on this data folder. */
async function journalIn(dataFolder: string): Promise<string | undefined> {
  const isThere = await stat(join(dataFolder, 'journal.sqlite')).then(
    () => true,
    () => false,
  )
  return isThere ? dataFolder : undefined
}

/** An interruption ends the command, and so does a transaction that waits: no other can be sent. Everything else concerns one thing to take. */
function endsAll(error: unknown): boolean {
  if (error instanceof CliError) return error.code === 'TRANSACTION_UNKNOWN' || error.code === 'TRANSACTION_PENDING'
  return error instanceof Error && error.name === 'AbortError'
}

/** A leaf that was taken by an earlier run; the contract said so before anything was sent. */
function isTakenBefore(error: unknown): boolean {
  return error instanceof CliError && error.details['reason'] === 'LeafTaken'
}

type Outcome = {
  readonly account: Address
  readonly startedAt: bigint
  readonly taken: readonly Taken[]
  readonly remaining: readonly Remaining[]
  readonly stakes: readonly Stake[]
}

function show({ output }: CommandContext, { account, startedAt, taken, remaining, stakes }: Outcome): void {
  const unbonding = stakes.map(({ node, unbondingWei, withdrawableAt }) => ({
    ...{ node: checksummed(node), unbondingWei, withdrawableAt },
  }))
  const view = { account: checksummed(account), startedAt, taken, remaining, unbonding }
  const lines = [
    `The exit started ${dateOf(startedAt)}.`,
    ...taken.map(
      ({ label, amountWei, transactionHash }) =>
        `${formatEther(amountWei)} DPC  ${label}: transaction ${transactionHash}`,
    ),
    ...unbonding.map(
      ({ node, unbondingWei, withdrawableAt }) =>
        `${formatEther(unbondingWei)} DPC of node ${node} can be withdrawn from ${dateOf(withdrawableAt)}: run this again then`,
    ),
  ]
  if (remaining.length > 0) {
    const left = remaining.map(({ what, message }) => `Not taken: ${what}. ${message}`)
    throw new CliError('EXIT_INCOMPLETE', [...lines, ...left].join('\n'), view)
  }
  output.result(view, [
    ...lines,
    taken.length === 0 ? 'Nothing is left to take out.' : 'Nothing else is left to take out now.',
  ])
}
