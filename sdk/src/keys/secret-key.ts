import type { Hex } from '@deparrow/ledger'

/** A private key that does not show itself: printing, logging or serialising it gives `[secret]`. */
export class SecretKey {
  readonly #privateKey: Hex

  constructor(privateKey: Hex) {
    this.#privateKey = privateKey
  }

  /** The 32 bytes as hexadecimal; for the one place that signs or encrypts. */
  reveal(): Hex {
    return this.#privateKey
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}
