import { formatCredits, weiPerMicrocredit } from '@deparrow/ledger'
import { getAddress } from 'viem'
import type { MainJobResult } from './main-job.ts'
import { type NetworkFacts, type RunTimes, timingsOf } from './outcome.ts'

/** The run as a table for a person, one line per row. */
export function outcomeTable(result: MainJobResult, facts: NetworkFacts & RunTimes): string {
  const rows: (readonly [string, string])[] = []
  for (const { job, outputPath, title } of result.jobs) {
    const timings = timingsOf(job)
    rows.push(
      [`job ${job.id.slice(0, 10)}`, title],
      ['  node', getAddress(job.node?.address ?? job.payer)],
      [
        '  time',
        `${timings.submitToRunning} ms to start, ${timings.running} ms running, receipt paid in ${timings.receiptToMinted} ms`,
      ],
      [
        '  price',
        `${formatCredits(job.capturedMicrocredits ?? 0n)} credits: ${formatCredits(job.earnedMicrocredits ?? 0n)} to the node, ${formatCredits(job.feeMicrocredits ?? 0n)} fee`,
      ],
      ['  receipt', `${job.receipt?.signature.slice(0, 22)}… signed by the node`],
      ['  output', outputPath],
    )
  }
  for (const [address, after] of result.after) {
    const before = result.before.get(address)
    const who = address === result.agent ? 'agent' : 'node'
    rows.push(
      [
        `${who} ${getAddress(address).slice(0, 10)}`,
        `${formatCredits(before?.creditsMicro ?? 0n)} → ${formatCredits(after.creditsMicro)} credits`,
      ],
      ['', `${dpc(before?.dpcWei ?? 0n)} → ${dpc(after.dpcWei)} DPC`],
    )
  }
  rows.push(
    ['deposit', result.depositTx],
    ['epoch', facts.epochTx],
    ['claim', result.claimTx],
    ['claimed', `${dpc(result.claimedWei)} DPC`],
    ['journal', `${facts.audit.position} events, ${facts.audit.problem ?? 'every one verified by the auditor'}`],
    [
      'books',
      `${facts.isConserved ? 'reserve = everything owed' : 'OUT OF BALANCE'}; ${facts.isFullReserve ? 'fully covered by the contract’s DPC' : 'NOT COVERED'}`,
    ],
    ['time', `ready after ${facts.startMs} ms, paid on chain after ${facts.totalMs} ms`],
  )
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')
}

function dpc(wei: bigint): string {
  return formatCredits(wei / weiPerMicrocredit)
}
