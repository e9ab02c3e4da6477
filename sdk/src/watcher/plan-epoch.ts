import { WatchCase } from './case.ts'
import { type DirectProof, payableProof, publicProofs } from './direct-proofs.ts'
import { examineEpoch } from './examine-epoch.ts'
import { blindCredits, examineGuarded } from './guard-wants.ts'
import { blindKepts, examineJobs } from './node-wants.ts'
import { openWants } from './open-wants.ts'
import type { WatchCall, WatchFinding, WatchPlan } from './plan.ts'
import type { EpochView, OwnBooks } from './view.ts'
import type { Want } from './wants.ts'

const patienceDivisor = 4

/**
 * What to do about an epoch now. It knows nothing but the view: called again after each block it goes on where the chain says that it is, whoever asked
 * what was asked. Opens no demand on an epoch that is what a sound journal gives. Throws `FrontierError` for a view that no contract made.
 */
export function planEpoch(view: EpochView): WatchPlan {
  const { status } = view.posted
  if (status === 'cancelled') return { ...nothing('wrong'), calls: refunds(view) }
  if (status === 'final') return nothing('unknown')
  return withProofs(publicProofs(view), planByJournal(view))
}

/**
 * What one transaction shows comes first; what else is to be called comes after it, for the case that the contract does not take it: whoever sends the calls
 * stops at the first of `endingCalls` that does what it is for.
 */
function withProofs(proofs: readonly DirectProof[], plan: WatchPlan): WatchPlan {
  if (proofs.length === 0) return plan
  return {
    ...plan,
    verdict: 'wrong',
    findings: [...proofs.map(({ finding }) => finding), ...plan.findings],
    calls: [...proofs.map(({ call }) => call), ...plan.calls],
  }
}

function planByJournal(view: EpochView): WatchPlan {
  const { own, posted } = view
  if (own === undefined) {
    const finding = { code: 'NO_JOURNAL', message: `there is no journal to hold epoch ${posted.epoch} to` } as const
    if (isPatient(view)) return { ...nothing('waiting'), findings: [finding], calls: expiries(view) }
    // A node needs no journal to know that it works, and a wallet none to know what the ledger has signed.
    return asked(view, 'unknown', [finding], [...blindKepts(view), ...blindCredits(view)])
  }
  const watched = new WatchCase(view, own)
  const payable = payableProof(watched)
  return withProofs(payable === undefined ? [] : [payable], planByDemands(view, watched))
}

function planByDemands(view: EpochView, watched: WatchCase): WatchPlan {
  const { own } = watched
  const epoch = examineEpoch(watched)
  const owed = [examineJobs(watched), examineGuarded(watched)]
  const faults = owed.flatMap(part => part.faults)
  const findings = [...epoch.findings, ...faults.map(({ finding }) => finding)]
  const wants = [...epoch.wants, ...faults.map(({ want }) => want), ...owed.flatMap(({ searches }) => searches)]
  const said = [...journalFindings(view, own), ...findings]
  if (findings.length === 0 && wants.length === 0)
    return { ...nothing(own.isSound ? 'right' : 'wrong'), findings: said, calls: expiries(view) }
  if (!own.isComplete && isPatient(view)) return { ...nothing('waiting'), findings: said, calls: expiries(view) }
  return asked(view, 'wrong', said, wants)
}

/** Asks what is wanted, unless a call already ends the epoch: no demand can be opened on what it ends, and no purse is to be filled for it. */
function asked(
  view: EpochView,
  verdict: WatchPlan['verdict'],
  findings: readonly WatchFinding[],
  wants: readonly Want[],
): WatchPlan {
  const ending = expiries(view)
  if (ending.length > 0) return { ...nothing(verdict), findings, calls: ending }
  const { calls, missingWei, isTooLate } = openWants(view, wants)
  const late: readonly WatchFinding[] = isTooLate ? [{ code: 'TOO_LATE', message: tooLate(view.posted.epoch) }] : []
  const short: readonly WatchFinding[] =
    missingWei === 0n ? [] : [{ code: 'PURSE_TOO_SMALL', message: purse(missingWei) }]
  return { verdict, findings: [...findings, ...late, ...short], calls, missingWei }
}

/** Whether the journal of an epoch may still come. */
function isPatient({ nowSeconds, posted, parameters, patienceSeconds }: EpochView): boolean {
  const seconds = patienceSeconds ?? Math.floor(parameters.windowSeconds / patienceDivisor)
  return nowSeconds < posted.completedAt + seconds
}

function nothing(verdict: WatchPlan['verdict']): WatchPlan {
  return { verdict, findings: [], calls: [], missingWei: 0n }
}

function journalFindings(
  { posted, parent }: EpochView,
  { archive, isSound, isComplete }: OwnBooks,
): readonly WatchFinding[] {
  const { epoch } = posted
  const opening = archive.asked?.parent?.leavesRoot
  return [
    ...(isComplete
      ? []
      : [{ code: 'JOURNAL_INCOMPLETE', message: `the journal is not that of epoch ${epoch}` } as const]),
    ...(isSound ? [] : [{ code: 'JOURNAL_UNSOUND', message: `the journal of epoch ${epoch} is not right` } as const]),
    ...(opening === undefined || opening === parent.leavesRoot
      ? []
      : [
          {
            code: 'PARENT_DIFFERS',
            message: `epoch ${parent.epoch} became final with another root than the journal gives`,
          } as const,
        ]),
  ]
}

/** The first demand that nobody answered in time ends the epoch; one of the watcher's own brings it the reward. */
function expiries({ demands, nowSeconds, me }: EpochView): readonly WatchCall[] {
  const over = demands.filter(({ state, deadline }) => state === 'open' && nowSeconds > deadline)
  const first = over.find(({ asker }) => asker === me) ?? over[0]
  if (first === undefined) return []
  return [{ contract: 'disputes', functionName: 'expire', args: [first.id], demand: first.id }]
}

/** Bonds of the watcher that lie behind demands on an epoch that was cancelled by another. */
function refunds({ demands, me }: EpochView): readonly WatchCall[] {
  const own = demands.filter(({ state, asker }) => state === 'open' && asker === me)
  return own.map(({ id }) => ({ contract: 'disputes', functionName: 'refund', args: [id], demand: id }))
}

function tooLate(epoch: number): string {
  return `the window of epoch ${epoch} is over and no answer can be followed`
}

function purse(missingWei: bigint): string {
  return `the purse lacks ${missingWei} wei for demands that are needed`
}
