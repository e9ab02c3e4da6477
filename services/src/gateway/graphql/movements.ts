import {
  type Address,
  type Hex,
  type Ledger,
  type LedgerAnswer,
  type LedgerCommand,
  linkedCommandsMax,
} from '@deparrow/ledger'
import { Inject, Injectable } from '@nestjs/common'
import { LEDGER, SETTLEMENT_VIEW } from '../../tokens.ts'
import type { SettlementView } from '../settlement-view.port.ts'
import { acceptanceView } from './acceptance-view.ts'
import { spend } from './answer-budget.ts'
import type { RefusalView } from './refusal-types.ts'
import { malformed, refusalView, refusedWith } from './refusal-view.ts'
import { type MalformedCommand, type SignedCommandName, signedCommands } from './signed-commands.ts'

/** A member of a link as the schema has it: the one name that is given, and what was signed. */
export type LinkedInput = Readonly<
  Partial<Record<SignedCommandName, { readonly message: unknown; readonly signature: unknown }>>
>

type Accepted = Extract<LedgerAnswer, { readonly status: 'accepted' }>

/**
 * Hands what wallets have signed to the ledger, which decides. Whoever has a valid signature may hand it in: no session is asked
 * for, and none adds anything. Withdrawals only while the chain is what it was.
 */
@Injectable()
export class Movements {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(SETTLEMENT_VIEW) private readonly settlement: SettlementView,
  ) {}

  async submit(name: SignedCommandName, input: unknown, signature: unknown) {
    const read = signedCommands[name](input, signature)
    if (!read.ok) return malformed(read.field, read.problem)
    if (name === 'withdraw' && (await this.settlement.isChainInDoubt())) return chainInDoubt
    const answer = await this.ledger.submit(read.command)
    if (answer.status === 'refused') return refusalView(answer.refusal, 'MovementResult')
    return this.#movementView(answer, read.wallet)
  }

  async linked(inputs: readonly LinkedInput[]) {
    if (inputs.length > linkedCommandsMax) return malformed('commands', `expected 2 to ${linkedCommandsMax} commands`)
    const commands: LedgerCommand[] = []
    for (const [index, input] of inputs.entries()) {
      const read = readLinked(input)
      if (!read.ok) return malformed(`commands.${index}.${read.field}`, read.problem)
      commands.push(read.command)
    }
    const isPaidOut = commands.some(({ type }) => type === 'WithdrawCredits')
    if (isPaidOut && (await this.settlement.isChainInDoubt())) return chainInDoubt
    const answer = await this.ledger.submit({ type: 'Link', commands })
    if (answer.status === 'refused') return refusalView(answer.refusal, 'LinkedResult')
    return this.#linkedView(answer)
  }

  #movementView(answer: Accepted, address: Address) {
    return {
      __typename: 'Movement' as const,
      ...placeOf(answer),
      commandId: answer.commandId,
      wallet: { address },
      acceptance: (_args: unknown, context: object) => this.#acceptance(answer.commandId as Hex, context),
    }
  }

  async #linkedView(answer: Accepted) {
    const commandIds = await this.#membersOf(answer)
    return {
      __typename: 'LinkedMovement' as const,
      ...placeOf(answer),
      linkId: answer.commandId,
      commandIds,
      acceptances: (_args: unknown, context: object) =>
        Promise.all(commandIds.map(commandId => this.#acceptance(commandId, context))),
    }
  }

  /** The link's own event, the last of its events, names its members. */
  async #membersOf({ lastPosition }: Accepted): Promise<readonly Hex[]> {
    const [event] = await this.ledger.events(lastPosition - 1, 1)
    return event?.type === 'CommandsLinked' ? (event.data.commandIds as readonly Hex[]) : []
  }

  async #acceptance(commandId: Hex, context: object) {
    spend(context, 'lookups', 1)
    const signed = await this.ledger.acceptance(commandId)
    return signed && acceptanceView(signed)
  }
}

function readLinked(input: LinkedInput): ReturnType<(typeof signedCommands)[SignedCommandName]> {
  const names = Object.keys(input) as SignedCommandName[]
  const [name] = names
  if (name === undefined || names.length > 1) return { ok: false, field: '', problem: 'expected one command' }
  const read = signedCommands[name](input[name]?.message, input[name]?.signature)
  return read.ok ? read : below(name, read)
}

function below(name: string, { field, problem }: MalformedCommand): MalformedCommand {
  return { ok: false, field: field === 'signature' ? `${name}.${field}` : `${name}.message.${field}`, problem }
}

function placeOf({ firstPosition, lastPosition, repeated }: Accepted) {
  return { firstPosition, position: lastPosition, repeated }
}

/** No decision on the message, which may be sent again; the ledger does not hear of it. */
const chainInDoubt: RefusalView = refusedWith(
  'CHAIN_IN_DOUBT',
  'The chain differs from what was followed so far, so nothing is paid out to it. Your credits are untouched. Send the same withdrawal again when the network is ready.',
)
