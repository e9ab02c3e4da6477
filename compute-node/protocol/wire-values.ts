import {
  digestOfContentId,
  formatMessage,
  type Hex,
  isHexOf,
  type JobSpec,
  lowerHex,
  type Message,
  type MessageType,
  parseJobSpec,
  parseMessage,
  type Signed,
} from '@deparrow/ledger'
import * as z from 'zod'

/** A message as bytes of JSON and back. `decode` throws zod's error for anything that is not exactly the message. */
export type MessageCodec<M> = {
  readonly encode: (message: M) => unknown
  readonly schema: z.ZodType<M>
}

export const addressSchema = hexSchema(20)

export const digestSchema = hexSchema(32)

export const contentIdSchema = z.string().refine(text => digestOfContentId(text) !== undefined, 'expected a CID')

/** A code for machines: upper-case words. */
export const codeSchema = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/)

export const jobSpecSchema: z.ZodType<JobSpec> = z.unknown().transform((input, context) => {
  const parsed = parseJobSpec(input)
  if (parsed.ok) return parsed.spec
  context.addIssue(`${parsed.field} ${parsed.problem}`)
  return z.NEVER
})

/** A typed-data message with its 65-byte signature. Whether the signature is the right one is not checked here. */
export function signedSchema<M extends Message>(type: MessageType): z.ZodType<Signed<M>> {
  return signedSchemaOf(() => type)
}

/** The same for a message of which several versions are signed: `typeOf` tells from the unchecked message which one it is. */
export function signedSchemaOf<M extends Message>(typeOf: (message: unknown) => MessageType): z.ZodType<Signed<M>> {
  const message = z.unknown().transform((input, context): M => {
    const parsed = parseMessage<M>(typeOf(input), input)
    if (parsed.ok) return parsed.message
    context.addIssue(`${parsed.field} ${parsed.problem}`)
    return z.NEVER
  })
  return z.strictObject({ message, signature: hexSchema(65) })
}

/** Writes what {@link signedSchema} reads. */
export function encodeSigned<M extends Message>(type: MessageType, signed: Signed<M>): unknown {
  return { message: formatMessage(type, signed.message), signature: signed.signature }
}

export function integerSchema(min: number, max: number): z.ZodType<number> {
  return z.int().min(min).max(max)
}

function hexSchema(byteCount: number): z.ZodType<Hex> {
  return z
    .string()
    .refine(text => isHexOf(text, byteCount), `expected ${byteCount} bytes of hexadecimal`)
    .transform(lowerHex)
}
