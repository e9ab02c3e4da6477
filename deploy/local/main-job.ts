import { setTimeout as wait } from 'node:timers/promises'
import { type Address, formatCredits, type Hex, weiPerMicrocredit } from '@deparrow/ledger'
import { AgentWallet, type Answer, type Job, type NodeView, type SecretKey } from '@deparrow/sdk'
import { getAddress } from 'viem'
import type { BoughtJob } from './bought-jobs.ts'
import type { Narrator } from './narrator.ts'
import { writeResult } from './result-file.ts'

/** What the agent turns into credits at each start: more than both jobs can cost together. */
export const depositMicrocredits = 5_000_000n

/** A node must have joined, and what it earned must be claimable, within this; the local network needs seconds. */
const patienceMs = 60_000

const pollMs = 100

export type PaidJob = { readonly job: Job; readonly outputPath: string; readonly title: string }

export type WalletState = { readonly creditsMicro: bigint; readonly dpcWei: bigint }

/** What happened, for the table and the JSON object. */
export type MainJobResult = {
  readonly jobs: readonly PaidJob[]
  readonly agent: Address
  readonly before: ReadonlyMap<Address, WalletState>
  readonly after: ReadonlyMap<Address, WalletState>
  readonly depositTx: Hex
  readonly claimTx: Hex
  readonly claimEpoch: bigint
  readonly claimedWei: bigint
}

export type MainJobParts = {
  readonly gatewayUrl: string
  readonly agentKey: SecretKey
  readonly resultsFolder: string
  readonly jobs: readonly BoughtJob[]
  readonly narrator: Narrator
}

/** An agent buys two jobs and what they earned is paid out on chain. Every step goes over the public surfaces alone. */
export async function runMainJob(parts: MainJobParts): Promise<MainJobResult> {
  const { narrator } = parts
  const wallet = await AgentWallet.connect({ url: parts.gatewayUrl, privateKey: parts.agentKey })
  const node = await firstNode(wallet)
  narrator.step(
    `Node ${shown(node.address)} has joined`,
    `engines: ${node.engines.join(', ')}; pays out to ${shown(node.payoutWallet)}`,
  )
  narrator.step(`Agent ${shown(wallet.address)} connects with its own key`)
  await finishEarlierJobs(wallet, narrator)
  const depositTx = await depositCredits(wallet, narrator)
  const watched = [...new Set([wallet.address, node.payoutWallet])]
  const before = await walletStates(wallet, watched)
  const paid: PaidJob[] = []
  for (const job of parts.jobs) paid.push(await buy(wallet, job, parts))
  const payee = paid.at(-1)?.job.node?.payoutWallet ?? node.payoutWallet
  const claim = await claimEarnings(wallet, payee, narrator)
  const after = await walletStates(wallet, watched)
  return { jobs: paid, agent: wallet.address, before, after, depositTx, ...claim }
}

async function firstNode(wallet: AgentWallet): Promise<NodeView> {
  return until(
    async () => (await wallet.nodes()).find(node => node.online),
    'no compute node has joined; see node/node.log in the data folder',
  )
}

/** Jobs that a crash interrupted end by themselves; a new start waits for them before it buys more. */
async function finishEarlierJobs(wallet: AgentWallet, narrator: Narrator): Promise<void> {
  const { jobs } = await wallet.jobs({ first: 100 })
  for (const job of jobs.filter(({ status }) => status === 'pending' || status === 'running')) {
    narrator.step(`Job ${job.id.slice(0, 10)} of an earlier start is still ${job.status}`)
    const ended = await wallet.followJob(job.id)
    narrator.detail(`it ended as ${ended.outcome ?? ended.status}`)
  }
}

async function depositCredits(wallet: AgentWallet, narrator: Narrator): Promise<Hex> {
  const { dpcWei, etherWei } = await wallet.chainBalance()
  if (dpcWei < depositMicrocredits * weiPerMicrocredit || etherWei === 0n) {
    const funded = expectOk(await wallet.fund({ amountMicrocredits: depositMicrocredits }))
    narrator.step(
      `The distribution wallet gives the agent ${formatCredits(depositMicrocredits)} development DPC`,
      `transaction ${funded.transactionHash}`,
    )
  }
  const deposited = expectOk(await wallet.deposit(depositMicrocredits))
  narrator.step(
    `The agent deposits ${formatCredits(depositMicrocredits)} DPC; the ledger credits it as many credits`,
    `transaction ${deposited.transactionHash}, journal position ${deposited.position}`,
  )
  return deposited.transactionHash
}

async function buy(
  wallet: AgentWallet,
  bought: BoughtJob,
  { narrator, resultsFolder }: MainJobParts,
): Promise<PaidJob> {
  const { job } = expectOk(await wallet.submitJob(bought.request))
  const held = formatCredits(bought.request.maxPriceMicrocredits ?? 0n)
  narrator.step(
    `The agent signs an order for ${bought.title}`,
    `job ${job.id}`,
    `${held} credits go from its wallet into a hold`,
  )
  const ended = await wallet.followJob(job.id, {
    onStatus: seen => {
      if (seen.status === 'running')
        narrator.step(`Node ${shown(seen.node?.address)} runs it under the ledger's hold certificate`)
    },
    onLog: text => {
      for (const line of text.split('\n').filter(part => part !== '')) narrator.detail(`│ ${line}`)
    },
  })
  if (ended.status !== 'completed')
    throw new MainJobError(`job ${ended.id} ended as ${ended.outcome}: ${ended.failure?.message ?? ''}`)
  const { output, receipt } = await wallet.fetchResult(ended)
  const outputPath = await writeResult(resultsFolder, `${ended.id.slice(2, 10)}-${bought.resultName}`, output)
  narrator.step(
    `The node's signed receipt is checked: ${receipt.fuel} fuel, ${receipt.endedAtMs - receipt.startedAtMs} ms`,
    `${credits(ended.capturedMicrocredits)} credits of the hold are captured: ${credits(ended.earnedMicrocredits)} minted to the node's wallet, ` +
      `${credits(ended.feeMicrocredits)} fee; ${credits(ended.releasedMicrocredits)} go back to the agent`,
    `output ${ended.outputCid} equals the receipt's digest: ${outputPath}`,
  )
  return { job: ended, outputPath, title: bought.title }
}

/**
 * Waits until an epoch that is final covers what the payee is owed by now, then claims it in one transaction. The emission that this epoch mints comes
 * with a later one.
 */
async function claimEarnings(wallet: AgentWallet, payee: Address, narrator: Narrator) {
  narrator.step(
    'The node’s standing instruction pays its credits out; an epoch is closed, posted and waits for its window',
  )
  const owedMicrocredits = await until(async () => {
    const { availableMicrocredits, payableMicrocredits } = await wallet.balance(payee)
    return availableMicrocredits === 0n ? payableMicrocredits : undefined
  }, 'the standing instruction did not pay out what the node earned')
  const epoch = await until(async () => {
    const claimable = await wallet.claimable(payee)
    return claimable !== undefined && claimable.unclaimedMicrocredits >= owedMicrocredits ? claimable : undefined
  }, 'no final epoch covers what the node earned')
  narrator.step(`Epoch ${epoch.epoch} is final: its books closed on chain and its fees are burnt`)
  const claimed = expectOk(await wallet.claim({ for: payee }))
  narrator.step(
    `${formatCredits(claimed.paidMicrocredits)} DPC leave the contract for ${shown(payee)}; anybody may send that claim, here the agent does`,
    `transaction ${claimed.transactionHash}`,
  )
  await until(async () => {
    const { payableMicrocredits } = await wallet.balance(payee)
    return payableMicrocredits < claimed.paidMicrocredits ? true : undefined
  }, 'the ledger did not see the claim')
  return { claimTx: claimed.transactionHash, claimEpoch: claimed.epoch, claimedWei: claimed.paidWei }
}

async function walletStates(
  wallet: AgentWallet,
  addresses: readonly Address[],
): Promise<ReadonlyMap<Address, WalletState>> {
  const states = addresses.map(async address => {
    const [{ availableMicrocredits }, { dpcWei }] = await Promise.all([
      wallet.balance(address),
      wallet.chainBalance(address),
    ])
    return [address, { creditsMicro: availableMicrocredits, dpcWei }] as const
  })
  return new Map(await Promise.all(states))
}

async function until<T>(look: () => Promise<T | undefined>, otherwise: string): Promise<T> {
  const giveUpAtMs = performance.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > giveUpAtMs) throw new MainJobError(`${otherwise} within ${patienceMs / 1000} s`)
    await wait(pollMs)
  }
}

function expectOk<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new MainJobError(`${answer.refusal.code}: ${answer.refusal.message}`)
  return answer
}

function credits(amount: bigint | null): string {
  return formatCredits(amount ?? 0n)
}

function shown(address: string | undefined): string {
  return address === undefined ? 'nobody' : getAddress(address)
}

/** Thrown when the main job cannot be finished; the message says why. */
export class MainJobError extends Error {
  override readonly name = 'MainJobError'
}
