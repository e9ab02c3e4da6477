import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

/** What is shown in a secret's place, wherever it is printed. */
const hidden = '[secret]'

/** A text that must not be printed: it shows itself only to who asks by {@link Secret.reveal}. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  /** Whether a text is this secret, in a time that does not depend on where they differ. */
  equals(text: string): boolean {
    return timingSafeEqual(digestOf(this.#text), digestOf(text))
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [inspect.custom](): string {
    return hidden
  }
}

function digestOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
