import type { LedgerCommand } from '../journal/command.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import type { ChainPlace } from '../journal/event.ts'

type RecordNodeStake = Extract<LedgerCommand, { type: 'RecordNodeStake' }>

/**
 * Keeps what the chain says of a node's stake, also of one that is not registered here. Refusal: `COMMAND_CONFLICT` when the chain said something later
 * about the node, which is known.
 */
export function recordNodeStake({ state }: DecisionContext, command: RecordNodeStake): Decision {
  const { node, stakeMicrocredits, unbondingMicrocredits, place } = command
  const known = state.stakes.get(node)
  if (known !== undefined && !isLater(place, known.place)) {
    return refuse({ code: 'COMMAND_CONFLICT', commandId: stakeCommandId(command), field: 'place' })
  }
  return accept({
    type: 'NodeStakeRecorded',
    data: { node, stakeMicrocredits, unbondingMicrocredits, place },
    entries: [],
  })
}

export function stakeCommandId({ node, place }: Pick<RecordNodeStake, 'node' | 'place'>): string {
  return `stake:${node}:${place.blockNumber}:${place.logIndex}`
}

function isLater(place: ChainPlace, than: ChainPlace): boolean {
  if (place.blockNumber !== than.blockNumber) return place.blockNumber > than.blockNumber
  return place.logIndex > than.logIndex
}
