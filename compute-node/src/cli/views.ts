import { type Address, formatCredits } from '@deparrow/ledger'
import type { Balance, Job, NetworkView, NodeView } from '@deparrow/sdk'
import * as OxAddress from 'ox/Address'
import { formatEther } from 'ox/Value'
import { columns } from './output.ts'

/** Addresses are shown with their checksum, everywhere. */
export function checksummed(address: Address): string {
  return OxAddress.checksum(address)
}

/** A job as `--json` prints it. */
export function jobView(job: Job): unknown {
  const withSigner = (message: Job['receipt']) =>
    message === null ? null : { ...message, signer: checksummed(message.signer) }
  return {
    ...job,
    payer: checksummed(job.payer),
    order: withSigner(job.order),
    receipt: withSigner(job.receipt),
    node: job.node === null ? null : nodeOfJob(job.node),
  }
}

/** A job for a person. */
export function jobLines(job: Job): string[] {
  const credits = (amount: bigint | null) => (amount === null ? 'not settled yet' : `${formatCredits(amount)} credits`)
  return columns([
    ['job', job.id],
    ['status', job.status],
    ...(job.failure === null ? [] : [['failure', `${job.failure.code}: ${job.failure.message}`] as const]),
    ['engine', job.engine],
    ['node', job.node === null ? 'none yet' : checksummed(job.node.address)],
    ['submitted', job.submittedAt],
    ...(job.endedAt === null ? [] : [['ended', job.endedAt] as const]),
    ['price', credits(job.capturedMicrocredits)],
    ...(job.outputCid === null ? [] : [['output', job.outputCid] as const]),
  ])
}

/** One line of a list of jobs. */
export function jobLine(job: Job): string {
  const price = job.capturedMicrocredits === null ? '' : `${formatCredits(job.capturedMicrocredits)} credits`
  return `${job.submittedAt}  ${job.status.padEnd(9)}  ${job.id}  ${price}`.trimEnd()
}

export type ChainBalance = { readonly dpcWei: bigint; readonly etherWei: bigint }

export function balanceView(balance: Balance, onChain: ChainBalance | undefined): unknown {
  return { ...balance, address: checksummed(balance.address), ...onChain }
}

export function balanceLines(balance: Balance, onChain: ChainBalance | undefined): string[] {
  return columns([
    ['wallet', checksummed(balance.address)],
    ['available', `${formatCredits(balance.availableMicrocredits)} credits`],
    ['held for jobs', `${formatCredits(balance.heldMicrocredits)} credits`],
    ['on its way out', `${formatCredits(balance.payableMicrocredits)} credits`],
    ...(onChain === undefined
      ? []
      : ([
          ['on chain', `${formatEther(onChain.dpcWei)} DPC`],
          ['for gas', `${formatEther(onChain.etherWei)} ETH`],
        ] as const)),
  ])
}

export function statusView(url: string, network: NetworkView, nodes: readonly NodeView[]): unknown {
  return {
    url,
    ...network,
    settlement: checksummed(network.settlement),
    token: checksummed(network.token),
    ledgerSigner: checksummed(network.ledgerSigner),
    nodes: nodes.map(nodeView),
  }
}

export function statusLines(url: string, network: NetworkView, nodes: readonly NodeView[]): string[] {
  const { books, journal } = network
  const online = nodes.filter(node => node.online)
  return [
    ...columns([
      ['network', url],
      ['chain', `${network.chainId}, settlement ${checksummed(network.settlement)}`],
      ['journal', `${journal.position} events, hash ${journal.hash}`],
      ['reserve', `${formatCredits(books.reserve)} credits`],
      ['wallets', `${formatCredits(books.wallets)} credits`],
      ['holds', `${formatCredits(books.holds)} credits`],
      ['payables', `${formatCredits(books.payables)} credits`],
      ['books', books.balanced ? 'balanced' : 'NOT BALANCED'],
      ['full reserve', books.fullReserve === null ? 'not seen yet' : books.fullReserve ? 'yes' : 'NO'],
      ['nodes', `${online.length} online`],
    ]),
    ...online.map(node => `  ${checksummed(node.address)}  ${node.engines.join(', ')}  ${node.jobsRunning} running`),
  ]
}

function nodeView(node: NodeView): unknown {
  return { ...node, address: checksummed(node.address), payoutWallet: checksummed(node.payoutWallet) }
}

function nodeOfJob(node: NonNullable<Job['node']>): unknown {
  return { ...node, address: checksummed(node.address), payoutWallet: checksummed(node.payoutWallet) }
}
