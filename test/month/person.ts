import {
  type Address,
  type Domain,
  type Hex,
  hexToBytes,
  type LedgerSigner,
  type Message,
  type MessageType,
  type Signed,
  typedDataDigest,
} from '@deparrow/ledger'
import { addressOfPrivateKey, ledgerCrypto, signDigest } from '@deparrow/sdk/crypto'
import { bytesToHex, type LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** Somebody with a key that follows from the run's seed and a name. */
export class Person {
  readonly address: Address
  private readonly key: Uint8Array
  private readonly nonces = new Map<number, bigint>()
  private ofChain: LocalAccount | undefined

  constructor(seed: number, name: string) {
    this.key = ledgerCrypto.keccak256(new TextEncoder().encode(`${seed}:${name}`))
    const address = addressOfPrivateKey(this.key)
    if (address === undefined) throw new RangeError(`the seed ${seed} gives ${name} no key`)
    this.address = address
  }

  sign<M extends Message>(domain: Domain, type: MessageType, message: M): Signed<M> {
    return { message, signature: this.signDigest(typedDataDigest(ledgerCrypto, domain, type, message)) }
  }

  signDigest(digest: Hex): Hex {
    return signDigest(this.key, hexToBytes(digest))
  }

  /** The next nonce of a lane; the first is 1. */
  nonce(lane: number): bigint {
    const next = (this.nonces.get(lane) ?? 0n) + 1n
    this.nonces.set(lane, next)
    return next
  }

  asLedgerSigner(): LedgerSigner {
    return { address: this.address, sign: async digest => this.signDigest(digest) }
  }

  /** For transactions. */
  get account(): LocalAccount {
    this.ofChain ??= privateKeyToAccount(bytesToHex(this.key))
    return this.ofChain
  }
}
