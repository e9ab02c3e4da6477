import type { z } from 'zod'
import { MalformedCallError } from './rpc-errors.ts'

/** One value for an answer. */
export type RpcCall = { readonly kind: 'call'; answer(input: unknown): Promise<unknown> }

/** Values as they come; `undefined` when there is nothing to follow. */
export type RpcStream = { readonly kind: 'stream'; open(input: unknown): Promise<AsyncIterator<unknown> | undefined> }

/** What a process does for others of its network. Nothing but these methods can be called. */
export type RpcService = {
  /** As it stands in the address, such as `ledger`. */
  readonly name: string
  readonly methods: Readonly<Record<string, RpcCall | RpcStream>>
  /** Names of errors that callers are told with their message; of all others they learn that there was one. */
  readonly toldErrors?: readonly string[]
}

/** A method that reads its input by a schema before anything else. It answers with {@link MalformedCallError} for other input. */
export function rpcCall<Input>(schema: z.ZodType<Input>, answer: (input: Input) => unknown): RpcCall {
  return { kind: 'call', answer: async input => answer(read(schema, input)) }
}

/** As {@link rpcCall}, for a stream. */
export function rpcStream<Input>(
  schema: z.ZodType<Input>,
  open: (input: Input) => Promise<AsyncIterator<unknown> | undefined>,
): RpcStream {
  return { kind: 'stream', open: async input => open(read(schema, input)) }
}

function read<Input>(schema: z.ZodType<Input>, input: unknown): Input {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new MalformedCallError(`${issue?.path.join('.') ?? 'the input'}: ${issue?.message ?? 'is not usable'}`)
}
