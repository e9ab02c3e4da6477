import { rowsRoot } from '@deparrow/contracts/rows'
import { type ChainPlace, type JournalHead, type PayoutRow, weiPerMicrocredit } from '@deparrow/ledger'
import type { JournalFinding } from '../verify-journal.ts'
import type { ChainEpoch, ChainRecord } from './chain-record.ts'
import type { JournalFacts, Stated } from './journal-facts.ts'

/** How far a journal and its chain agree, and what the journal has not taken in yet. */
export type ChainAgreement = {
  readonly blockNumber: bigint
  readonly inboxItems: number
  readonly claims: number
  readonly epochsPosted: number
  readonly epochsFinal: number
  /** What the contract holds beyond what it owes, in wei: tokens that somebody sent to it. */
  readonly surplusWei: bigint
  /** On chain and not in the journal yet. */
  readonly pending: { readonly inboxItems: number; readonly claims: number; readonly epochsFinal: number }
}

export type ChainVerdict =
  | { readonly finding: JournalFinding; readonly agreement?: undefined }
  | { readonly finding?: undefined; readonly agreement: ChainAgreement }

/**
 * Holds what a journal says of the chain to the chain, in both directions: nothing in the journal that the chain does not say, in the same
 * order, and no epoch on chain beyond the journal's end. The finding is the one that comes first in the journal.
 */
export function compareWithChain(facts: JournalFacts, head: JournalHead, chain: ChainRecord): ChainVerdict {
  const findings = [
    identityFinding(facts, chain),
    orderFinding('InboxItemRecorded', facts.inbox, chain.inbox),
    orderFinding('EpochFinalised', facts.finals, chain.finals),
    orderFinding('PayoutClaimed', facts.claims, chain.claims),
    payeeFinding(facts, chain),
    ...chain.epochs.map(epoch => epochFinding(facts, head, epoch)),
    reserveFinding(facts, head, chain),
  ].filter(finding => finding !== undefined)
  const [first] = findings.sort((a, b) => a.position - b.position)
  return first === undefined ? { agreement: agreementOf(facts, chain) } : { finding: first }
}

function identityFinding({ config }: JournalFacts, chain: ChainRecord): JournalFinding | undefined {
  if (config?.chainId === chain.chainId && config.genesisHash === chain.genesisHash) return undefined
  const problem = `is of chain ${config?.chainId} with genesis ${config?.genesisHash}, this is ${chain.chainId} with ${chain.genesisHash}`
  return { position: 1, type: 'LedgerOpened', problem }
}

type Placed = { readonly place: ChainPlace }

/** The journal takes things in as they stand on chain, one by one, and nothing else. */
function orderFinding<T extends Placed>(
  type: string,
  stated: readonly Stated<T>[],
  onChain: readonly T[],
): JournalFinding | undefined {
  for (const [index, { position, ...said }] of stated.entries()) {
    const found = onChain[index]
    const problem =
      found === undefined ? 'is not on chain' : differenceOf(said as Readonly<Record<string, unknown>>, { ...found })
    if (problem !== undefined) return { position, type, problem }
  }
  return undefined
}

function differenceOf(
  said: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const name of Object.keys(said)) {
    if (name === 'place') {
      if (!isSamePlace(said['place'] as ChainPlace, found['place'] as ChainPlace)) return 'stands elsewhere on chain'
    } else if (said[name] !== found[name]) {
      return `says ${name} ${said[name]}, the chain says ${found[name]}`
    }
  }
  return undefined
}

function isSamePlace(a: ChainPlace, b: ChainPlace): boolean {
  return (
    a.transactionHash.toLowerCase() === b.transactionHash.toLowerCase() &&
    a.blockNumber === b.blockNumber &&
    a.logIndex === b.logIndex
  )
}

function payeeFinding({ payees }: JournalFacts, chain: ChainRecord): JournalFinding | undefined {
  const wallets = new Map(chain.payees.map(({ id, wallet }) => [id, wallet]))
  const wrong = payees.find(({ id, wallet }) => wallets.get(id) !== wallet)
  if (wrong === undefined) return undefined
  const problem = `says that payee ${wrong.id} is ${wrong.wallet}, the chain says ${wallets.get(wrong.id) ?? 'nobody'}`
  return { position: wrong.position, type: 'PayeeRegistered', problem }
}

function epochFinding(facts: JournalFacts, head: JournalHead, onChain: ChainEpoch): JournalFinding | undefined {
  const closed = facts.epochs.find(({ epoch }) => epoch === onChain.epoch)
  if (!onChain.isCounted) {
    const final = facts.finals.find(({ epoch }) => epoch === onChain.epoch)
    const problem = 'is final in the journal and does not count on chain'
    return final && { position: final.position, type: 'EpochFinalised', problem }
  }
  const cancelled = facts.cancelled.find(({ epoch }) => epoch === onChain.epoch)
  if (cancelled !== undefined) {
    return { position: cancelled.position, type: 'EpochCancelled', problem: 'is of an epoch that counts on chain' }
  }
  if (closed === undefined) {
    const problem = `is not there: epoch ${onChain.epoch}, which is on chain, follows position ${onChain.journalPosition}`
    return { position: head.position + 1, type: undefined, problem }
  }
  const { parts, isCounted: _, isFinal: __, ...figures } = onChain
  const other = (Object.keys(figures) as (keyof typeof figures)[]).find(name => closed[name] !== figures[name])
  const problem =
    other === undefined
      ? partsProblem(closed.rows, parts)
      : `closes with ${other} ${closed[other]}, the chain says ${figures[other]}`
  return problem === undefined ? undefined : { position: closed.position, type: 'EpochClosed', problem }
}

/** The contract computed the root of each part from the rows that it was given. */
function partsProblem(rows: readonly PayoutRow[], parts: ChainEpoch['parts']): string | undefined {
  const onChain = parts.reduce((total, { rowCount }) => total + rowCount, 0)
  if (onChain !== rows.length) return `has ${rows.length} rows, the chain has ${onChain}`
  let from = 0
  for (const [part, { rowCount, root }] of parts.entries()) {
    const own = rows.slice(from, from + rowCount).map(({ id, ...row }) => ({ ...row, payeeId: id }))
    if (rowCount > 0 && rowsRoot(own) !== root) return `has other rows than the chain in part ${part}`
    from += rowCount
  }
  return undefined
}

/** The contract must hold what came in, less what has left it. */
function reserveFinding(facts: JournalFacts, head: JournalHead, chain: ChainRecord): JournalFinding | undefined {
  const surplusWei = surplusOf(chain)
  if (surplusWei >= 0n || facts.config === undefined) return undefined
  const problem = `comes to a reserve of which the contract lacks ${-surplusWei} wei`
  return { position: head.position, type: undefined, problem }
}

function surplusOf({ inbox, finals, claims, contractWei }: ChainRecord): bigint {
  const came = inbox.reduce((total, item) => total + item.amountMicrocredits, 0n)
  const burnt = finals.reduce((total, { burnMicrocredits }) => total + burnMicrocredits, 0n)
  const paid = claims.reduce((total, { paidMicrocredits }) => total + paidMicrocredits, 0n)
  return contractWei - (came - burnt - paid) * weiPerMicrocredit
}

function agreementOf(facts: JournalFacts, chain: ChainRecord): ChainAgreement {
  return {
    blockNumber: chain.blockNumber,
    inboxItems: facts.inbox.length,
    claims: facts.claims.length,
    epochsPosted: chain.epochs.filter(({ isCounted }) => isCounted).length,
    epochsFinal: facts.finals.length,
    surplusWei: surplusOf(chain),
    pending: {
      inboxItems: chain.inbox.length - facts.inbox.length,
      claims: chain.claims.length - facts.claims.length,
      epochsFinal: chain.finals.length - facts.finals.length,
    },
  }
}
