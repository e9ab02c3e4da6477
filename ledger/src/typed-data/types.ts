import type { Address, Hex } from '../hex.ts'

export type FieldType =
  | 'address'
  | 'bytes32'
  | 'bool'
  | 'string'
  | 'uint8'
  | 'uint32'
  | 'uint64'
  | 'address[]'
  | 'string[]'

export type Field = { readonly name: string; readonly type: FieldType }

/** The struct of an EIP-712 message: its name and its fields in the order in which they are hashed. */
export type MessageType = { readonly name: string; readonly fields: readonly Field[] }

export type FieldValue = string | number | bigint | boolean | readonly string[]

/** An EIP-712 message as the ledger holds it: `uint64` as bigint, `uint8` and `uint32` as number, hexadecimal in lower case. */
export type Message = Readonly<Record<string, FieldValue>>

/**
 * The EIP-712 domain of everything that DEparrow signs. Name is `DEparrow`, version is `1`; the chain and the settlement
 * contract bind a signature to one network.
 */
export type Domain = { readonly chainId: number; readonly verifyingContract: Address }

/** A message with the signature over it, as it travels and as it is kept in the journal. */
export type Signed<M extends Message> = { readonly message: M; readonly signature: Hex }
