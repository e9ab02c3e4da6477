import {
  type Address,
  type Domain,
  type Hex,
  hexToBytes,
  type Message,
  type MessageType,
  type Signed,
  typedDataDigest,
} from '@deparrow/ledger'
import { addressOfPrivateKey, ledgerCrypto, signDigest } from '@deparrow/sdk/crypto'

export const simDomain: Domain = { chainId: 31_337, verifyingContract: `0x${'5e'.repeat(20)}` }

/** Somebody with a key, which follows from a small number. */
export class Party {
  readonly address: Address
  private readonly key: Uint8Array

  constructor(number: number) {
    this.key = hexToBytes(`0x${number.toString(16).padStart(64, '0')}`)
    const address = addressOfPrivateKey(this.key)
    if (address === undefined) throw new RangeError(`${number} makes no key`)
    this.address = address
  }

  sign<M extends Message>(type: MessageType, message: M): Signed<M> {
    return { message, signature: this.signDigest(typedDataDigest(ledgerCrypto, simDomain, type, message)) }
  }

  signDigest(digest: Hex): Hex {
    return signDigest(this.key, hexToBytes(digest))
  }
}

/** Everybody in the simulation; the same in every seed, so that keys are made once. */
export const parties = {
  wallets: Array.from({ length: 8 }, (_, index) => new Party(101 + index)),
  delegates: Array.from({ length: 3 }, (_, index) => new Party(201 + index)),
  nodes: Array.from({ length: 4 }, (_, index) => new Party(301 + index)),
  treasurer: new Party(401),
  ledger: new Party(402),
  stranger: new Party(403),
} as const
