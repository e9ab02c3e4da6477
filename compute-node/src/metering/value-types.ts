import type { ByteReader } from './byte-reader.ts'
import { featureNotGranted } from './module-refused.ts'
import { hex } from './opcodes.ts'

/** Number types, v128, funcref, externref. */
const valueTypes: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f])

export function readValueType(reader: ByteReader): number {
  const type = reader.byte()
  if (!valueTypes.has(type)) throw featureNotGranted(`the value type ${hex(type)}`)
  return type
}

/** Funcref or externref. */
export function readReferenceType(reader: ByteReader): number {
  const type = reader.byte()
  if (type !== 0x70 && type !== 0x6f) throw featureNotGranted(`the reference type ${hex(type)}`)
  return type
}
