import { type Address, type Hex, isHexOf, parseMessage } from '@deparrow/ledger'
import { type CommandName, commandArguments } from '../api/commands.ts'
import { commands } from '../commands/commands.ts'
import { messageDigest, recoverSigner } from '../signing/typed-data.ts'
import type { Roots } from './fake-gateway.spec.fixture.ts'
import { domain } from './fake-job.spec.fixture.ts'

/** A command as it arrived, with who had signed it. */
export type Arrived = {
  readonly name: CommandName
  readonly message: Readonly<Record<string, unknown>>
  readonly signature: Hex
  readonly signer: Address | undefined
  readonly digest: Hex
}

/** Reads a command as a gateway does; fails the test's request for a message that is none of its type. */
export async function arrive(name: CommandName, message: unknown, signature: unknown): Promise<Arrived> {
  const { type } = commands[name]
  const parsed = parseMessage(type, message)
  if (!parsed.ok || !isHexOf(signature, 65)) throw new Error(`malformed ${name}`)
  const signer = await recoverSigner(domain, type, { message: parsed.message, signature })
  return { name, message: parsed.message, signature, signer, digest: messageDigest(domain, type, parsed.message) }
}

export function movementOf({ digest, signer }: Arrived) {
  const wallet = { address: signer, available: '1', held: '2', payable: '3' }
  const place = { firstPosition: '9', position: '9', repeated: false }
  return { __typename: 'Movement', commandId: digest, ...place, wallet }
}

/** Takes every command, or answers what `answer` gives instead, and keeps what has arrived. */
export function takingCommands(
  arrived: Arrived[],
  answer: (command: Arrived) => object | undefined = () => undefined,
): Roots {
  const names = Object.keys(commandArguments) as CommandName[]
  return Object.fromEntries(
    names.map(name => [
      name,
      async (variables: Record<string, never>) => {
        const command = await arrive(name, variables[commandArguments[name]], variables['signature'])
        arrived.push(command)
        return answer(command) ?? movementOf(command)
      },
    ]),
  )
}
