import type { LedgerCommand } from '../journal/command.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import type { LedgerState } from '../journal/state.ts'

type RecordEpochCancelled = Extract<LedgerCommand, { type: 'RecordEpochCancelled' }>

/**
 * An epoch is gone from the chain: cancelled, or lapsed before all its rows were there. Also one that this journal never closed, whose number is then used
 * up. Refusals in order: `EPOCH_OUT_OF_ORDER` (an older number than those known), `COMMAND_CONFLICT` (the head is neither the final nor the pending epoch).
 */
export function recordEpochCancelled({ state }: DecisionContext, command: RecordEpochCancelled): Decision {
  if (command.journalPosition !== undefined) return giveUpEpoch(state, command, command.journalPosition)
  const { epoch, lastEpoch, headEpoch, place } = command
  const pending =
    state.lastEpoch !== undefined && state.lastEpoch.epoch > state.lastEpochFinal ? state.lastEpoch.epoch : undefined
  const isKnown = epoch === pending || epoch > state.lastEpochNumber
  if (!isKnown || lastEpoch < epoch || lastEpoch < state.lastEpochNumber) {
    return refuse({ code: 'EPOCH_OUT_OF_ORDER', expectedEpoch: pending ?? state.lastEpochNumber + 1, epoch })
  }
  const isHead = headEpoch === state.lastEpochFinal || (headEpoch === pending && epoch > headEpoch)
  if (!isHead) return refuse({ code: 'COMMAND_CONFLICT', commandId: cancelCommandId(command), field: 'headEpoch' })
  return accept({ type: 'EpochCancelled', data: { epoch, lastEpoch, headEpoch, place }, entries: [] })
}

/** An epoch can be cancelled once by the chain, and before that be given up once for each time that its books were closed. */
export function cancelCommandId({ epoch, journalPosition }: CancelledEpoch): string {
  return journalPosition === undefined ? `epoch-cancelled:${epoch}` : `epoch-cancelled:${epoch}:${journalPosition}`
}

type CancelledEpoch = Pick<RecordEpochCancelled, 'epoch' | 'journalPosition'>

/**
 * The pending epoch never came on chain and is too old for it: the chain will give its number to the next one. Refusals in order: `EPOCH_OUT_OF_ORDER` (it is not
 * pending, or the chain's last number is not the one before), `COMMAND_CONFLICT` (its books were closed anew meanwhile, or the head is not final).
 */
function giveUpEpoch(state: Readonly<LedgerState>, command: RecordEpochCancelled, journalPosition: number): Decision {
  const { epoch, lastEpoch, headEpoch, place } = command
  const pending =
    state.lastEpoch !== undefined && state.lastEpoch.epoch > state.lastEpochFinal ? state.lastEpoch : undefined
  if (pending?.epoch !== epoch || epoch !== state.lastEpochNumber || lastEpoch !== epoch - 1) {
    return refuse({ code: 'EPOCH_OUT_OF_ORDER', expectedEpoch: pending?.epoch ?? state.lastEpochNumber + 1, epoch })
  }
  const conflict = (field: string) => refuse({ code: 'COMMAND_CONFLICT', commandId: cancelCommandId(command), field })
  if (pending.journalPosition !== journalPosition) return conflict('journalPosition')
  if (headEpoch !== state.lastEpochFinal) return conflict('headEpoch')
  return accept({
    type: 'EpochCancelled',
    data: { epoch, lastEpoch, headEpoch, place, journalPosition },
    entries: [],
  })
}
