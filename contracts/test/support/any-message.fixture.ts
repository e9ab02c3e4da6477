import type { FieldType, FieldValue, Message, MessageType } from '@deparrow/ledger'
import fc from 'fast-check'
import { bytesToHex, type Hex } from 'viem'

const hexOf = (byteCount: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: byteCount, maxLength: byteCount }).map(bytes => bytesToHex(bytes))

const anyText = fc.string({ unit: 'grapheme', maxLength: 20 })

/** Any message of a type, with the edges of each field's range. */
export function anyMessageOf(type: MessageType): fc.Arbitrary<Message> {
  const fields = type.fields.map(field => [field.name, anyValueOf(field.type)])
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true })
}

function anyValueOf(type: FieldType): fc.Arbitrary<FieldValue> {
  switch (type) {
    case 'address':
      return hexOf(20)
    case 'bytes32':
      return hexOf(32)
    case 'bool':
      return fc.boolean()
    case 'string':
      return anyText
    case 'uint8':
      return fc.nat({ max: 255 })
    case 'uint32':
      return fc.nat({ max: 2 ** 32 - 1 })
    case 'uint64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    case 'address[]':
      return fc.array(hexOf(20), { maxLength: 32 })
    case 'string[]':
      return fc.array(anyText, { maxLength: 32 })
  }
}
