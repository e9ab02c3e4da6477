import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { verifyJournal } from '@deparrow/compute-node/verify'
import { journalChunks } from '@deparrow/compute-node/verify/source'
import { makeJournal } from './verify/make-journal.ts'

export type VerifySize = {
  /** Events of the journal that is verified without signatures. */
  readonly events: number
  /** Signatures in the journal that is verified with all of them. */
  readonly signatures: number
}

export type VerifyRates = {
  readonly eventsPerSecondPlain: number
  readonly signaturesPerSecond: number
  readonly eventsPerSecondSigned: number
  /** How fast the journal itself was made: signed, decided, written. */
  readonly eventsPerSecondMade: number
}

/** Signatures to an event in the journals that are made: nine transfers to each job, which has four events and two signatures. */
const signaturesPerEvent = 11 / 13

/**
 * How fast `deparrow ledger verify` replays a journal out of a file, of nine transfers to each whole job. One thread does the books; without
 * signatures the other cores hash, with them all cores recover signers beside it. The code is warm: a small journal goes first.
 */
export async function measureVerify({ events, signatures }: VerifySize): Promise<VerifyRates> {
  const folder = await mkdtemp(join(tmpdir(), 'deparrow-verify-'))
  try {
    const signed = join(folder, 'signed.ndjson')
    const plain = join(folder, 'plain.ndjson')
    await makeJournal(signed, Math.ceil(signatures / signaturesPerEvent))
    const made = await makeJournal(plain, events)
    await replay(signed, 'trusted')
    const trusted = await replay(plain, 'trusted')
    const checked = await replay(signed, 'checked')
    return {
      eventsPerSecondPlain: Math.round(trusted.events / trusted.seconds),
      signaturesPerSecond: Math.round(checked.signatures / checked.seconds),
      eventsPerSecondSigned: Math.round(checked.events / checked.seconds),
      eventsPerSecondMade: made.eventsPerSecond,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function replay(path: string, signatures: 'checked' | 'trusted') {
  const startedAt = performance.now()
  const { finding, head, signatureCount } = await verifyJournal(journalChunks(path), { signatures })
  if (finding !== undefined) throw new Error(`event ${finding.position} ${finding.problem}`)
  return { events: head.position, signatures: signatureCount, seconds: (performance.now() - startedAt) / 1_000 }
}
