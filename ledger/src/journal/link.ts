import { sendElsewhere } from '../clearing/send.ts'
import type { Hex } from '../hex.ts'
import { encodeEvent } from './codec.ts'
import type { LinkCommand } from './command.ts'
import { decide } from './decide.ts'
import { type DecisionContext, type DraftEvent } from './decision.ts'
import { evolve } from './evolve.ts'
import { ExpiryQueue } from './expiry-queue.ts'
import { type Identified, signedPart } from './identify.ts'
import { OverlayMap } from './overlay-map.ts'
import type { LedgerRefusal } from './refusal.ts'
import type { LedgerState } from './state.ts'

/** Commands in a link at most. */
export const linkedCommandsMax = 16

export type LinkDecision =
  | { readonly accepted: true; readonly members: readonly LinkedMember[] }
  | { readonly accepted: false; readonly refusal: LedgerRefusal }

export type LinkedMember = { readonly commandId: Hex; readonly events: readonly DraftEvent[] }

/**
 * Decides linked commands one after another over a copy of what they change, so that a refusal of one leaves nothing behind.
 * Refusals in order: `MALFORMED` (not 2 to 16 different signed commands), then `LINK_FAILED` with the first member's refusal; a member
 * that was decided alone before is refused with `COMMAND_CONFLICT`.
 */
export function decideLink(context: DecisionContext, { command, members }: Identified<LinkCommand>): LinkDecision {
  const malformed = malformedLink(command, members)
  if (malformed !== undefined) return { accepted: false, refusal: malformed }
  const state = overlayOf(context.state)
  const linked: LinkedMember[] = []
  for (const [index, member] of members.entries()) {
    const commandId = member.digest as Hex
    const failed = (refusal: LedgerRefusal) =>
      ({ accepted: false, refusal: { code: 'LINK_FAILED', index, refusal } }) as const
    if (context.state.decided.has(commandId)) return failed({ code: 'COMMAND_CONFLICT', commandId, field: 'link' })
    const decision = decide({ ...context, state, digest: member.digest, signer: member.signer }, member.command)
    if (!decision.accepted) return failed(decision.refusal)
    for (const draft of decision.events) {
      const placed = { position: state.position + 1, atMs: context.nowMs, commandId: draft.commandId ?? commandId }
      const event = { ...sendElsewhere(state, draft), ...placed }
      // What has no form in the journal has to show here, where nothing is written yet.
      encodeEvent(event)
      evolve(state, event, state.hash, context.crypto)
    }
    linked.push({ commandId, events: decision.events })
  }
  return { accepted: true, members: linked }
}

function malformedLink(link: LinkCommand, members: readonly Identified[]): LedgerRefusal | undefined {
  const malformed = (problem: string) => ({ code: 'MALFORMED', field: 'commands', problem }) as const
  if (members.length < 2 || members.length > linkedCommandsMax) {
    return malformed(`expected 2 to ${linkedCommandsMax} commands`)
  }
  if (link.commands.some(command => signedPart(command) === undefined)) return malformed('expected signed commands')
  if (new Set(members.map(member => member.digest)).size < members.length) return malformed('expected no command twice')
  return undefined
}

/** A state that reads through to another one and keeps its changes to itself. What is due and what is forgotten is left out. */
function overlayOf(state: Readonly<LedgerState>): LedgerState {
  const overlaid = Object.entries(state).map(([name, value]) => {
    if (value instanceof Map) return [name, new OverlayMap(value as ReadonlyMap<unknown, unknown>)]
    if (value instanceof Set) return [name, new Set(value)]
    if (value instanceof ExpiryQueue) return [name, new ExpiryQueue()]
    return [name, value]
  })
  return Object.fromEntries(overlaid) as LedgerState
}
