import type { LedgerCommand } from '../journal/command.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'

type RecordEpochCancelled = Extract<LedgerCommand, { type: 'RecordEpochCancelled' }>

/**
 * An epoch is gone from the chain: cancelled, or lapsed before all its rows were there. Also one that this journal never closed, whose number is then used
 * up. Refusals in order: `EPOCH_OUT_OF_ORDER` (an older number than those known), `COMMAND_CONFLICT` (the head is neither the final nor the pending epoch).
 */
export function recordEpochCancelled({ state }: DecisionContext, command: RecordEpochCancelled): Decision {
  const { epoch, lastEpoch, headEpoch, place } = command
  const pending =
    state.lastEpoch !== undefined && state.lastEpoch.epoch > state.lastEpochFinal ? state.lastEpoch.epoch : undefined
  const isKnown = epoch === pending || epoch > state.lastEpochNumber
  if (!isKnown || lastEpoch < epoch || lastEpoch < state.lastEpochNumber) {
    return refuse({ code: 'EPOCH_OUT_OF_ORDER', expectedEpoch: pending ?? state.lastEpochNumber + 1, epoch })
  }
  const isHead = headEpoch === state.lastEpochFinal || (headEpoch === pending && epoch > headEpoch)
  if (!isHead) return refuse({ code: 'COMMAND_CONFLICT', commandId: `epoch-cancelled:${epoch}`, field: 'headEpoch' })
  return accept({ type: 'EpochCancelled', data: { epoch, lastEpoch, headEpoch, place }, entries: [] })
}
