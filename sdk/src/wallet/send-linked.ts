import type { Hex } from '@deparrow/ledger'
import { type CommandName, linkedDocument, type SignedCommand } from '../api/commands.ts'
import { read } from '../api/read.ts'
import { type Answer, type RefusedAnswer, readRefusal, refuse } from '../api/refusal.ts'
import type { NonceLane } from '../commands/command.ts'
import type { CommandRequests } from '../commands/commands.ts'
import { commandOf, digestOf, type Movement, readPlace, sign } from './send-command.ts'
import { deliver, nonceAttemptsMax, requireDigest } from './send-signed.ts'
import type { WalletContext } from './wallet-context.ts'

/** One of several commands: what this wallet asks for, under the command's name, or what somebody has signed. */
export type LinkedRequest =
  | { [N in CommandName]: { readonly [K in N]: CommandRequests[N] } }[CommandName]
  | { readonly signed: SignedCommand }

/** Commands that were decided as one and are durable in the journal. */
export type LinkedMovement = Pick<Movement, 'firstPosition' | 'position' | 'repeated'> & {
  /** The digests that were signed, in the order of the commands. */
  readonly commandIds: readonly Hex[]
}

/** By their places among the commands. */
type Signed = ReadonlyMap<number, SignedCommand>

/** A command of this wallet in its place, before it has a nonce. */
type Unsigned = {
  readonly index: number
  readonly name: CommandName
  readonly request: never
  readonly lane?: NonceLane
}

/**
 * Signs what this wallet asks for and hands everything in as one. Refusals: `LINK_FAILED` with `index` and `reason`, and those of a list that
 * is none. A nonce that somebody else used meanwhile is replaced, unless it is in a command that was signed before.
 */
export async function sendLinked(
  context: WalletContext,
  requests: readonly LinkedRequest[],
): Promise<Answer<LinkedMovement>> {
  const own = requests.flatMap((request, index) => unsignedOf(context, request, index))
  const handInAll = (signed: Signed) =>
    handInLinked(
      context,
      requests.map((request, index) => signed.get(index) ?? (request as { readonly signed: SignedCommand }).signed),
    )
  for (let attempt = 1; ; attempt++) {
    const answer = await inLanes(context, own, handInAll)
    if (answer.ok || answer.refusal.reason?.code !== 'NONCE_USED' || attempt === nonceAttemptsMax) return answer
  }
}

async function handInLinked(
  context: WalletContext,
  members: readonly SignedCommand[],
): Promise<Answer<LinkedMovement>> {
  const digests = members.map(member => digestOf(context, member))
  const commands = members.map(({ command, message, signature }) => ({ [command]: { message, signature } }))
  const answer = await deliver(context, { document: linkedDocument, field: 'linked' }, { commands })
  const refusal = readRefusal(answer)
  if (refusal !== undefined) return { ok: false, refusal }
  const commandIds = read.texts(answer, 'commandIds').map(commandId => read.hash({ commandId }, 'commandId'))
  for (const [index, digest] of digests.entries()) requireDigest(context, digest, commandIds[index] ?? '0x')
  return { ok: true, ...readPlace(answer), commandIds }
}

function unsignedOf(context: WalletContext, request: LinkedRequest, index: number): readonly Unsigned[] {
  if ('signed' in request) return []
  const [[name, wanted] = []] = Object.entries(request) as [CommandName, never][]
  if (name === undefined) return []
  const lane = commandOf(name).laneOf?.(context, wanted as never)
  return [{ index, name, request: wanted as never, ...(lane !== undefined && { lane }) }]
}

/**
 * Signs all commands with nonces of their lanes, ascending in their order, and uses them while no other command of these lanes is under way.
 * Lanes are entered in the order of their names, so that two links never wait for each other.
 */
async function inLanes(
  context: WalletContext,
  own: readonly Unsigned[],
  use: (signed: Signed) => Promise<Answer<LinkedMovement>>,
): Promise<Answer<LinkedMovement>> {
  const signed = new Map<number, SignedCommand>()
  const enter = ([group, ...rest]: readonly (readonly Unsigned[])[]): Promise<Answer<LinkedMovement>> => {
    if (group === undefined) return use(signed)
    const signAndEnter = async (first: bigint) => (await signGroup(context, group, first, signed)) ?? enter(rest)
    const lane = group[0]?.lane
    return lane === undefined ? signAndEnter(0n) : context.nonces.run(lane, signAndEnter, group.length)
  }
  return enter(groupByLane(own))
}

/** Signs commands of one lane; the refusal of the first that cannot be signed. */
async function signGroup(
  context: WalletContext,
  group: readonly Unsigned[],
  first: bigint,
  signed: Map<number, SignedCommand>,
): Promise<RefusedAnswer | undefined> {
  for (const [place, { index, name, request }] of group.entries()) {
    const answer = await sign(context, commandOf(name), request, first + BigInt(place))
    if (!answer.ok) return refuse({ ...answer.refusal, field: `commands.${index}.${answer.refusal.field}` })
    signed.set(index, answer.signed)
  }
  return undefined
}

function groupByLane(own: readonly Unsigned[]): readonly (readonly Unsigned[])[] {
  const groups = new Map<string, Unsigned[]>()
  for (const command of own) {
    const key = command.lane === undefined ? '' : `${command.lane.wallet.toLowerCase()}:${command.lane.lane}`
    groups.set(key, [...(groups.get(key) ?? []), command])
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}
