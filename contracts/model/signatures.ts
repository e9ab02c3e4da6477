/** A signature of the model is a value that only its owner can make: the key ring remembers those that were made. */
export type Signed<T> = { readonly signer: string; readonly message: T }
export type Sign = <T>(message: T) => Signed<T>

export class KeyRing {
  private readonly made = new Set<Signed<unknown>>()
  private readonly forged: Signed<unknown>[] = []

  /** `placeOf`: where a key lies in its tree. */
  constructor(readonly placeOf: (key: string) => string = placeOfHash) {}

  /** The one way to sign as `signer`; whoever holds the function is the owner. */
  keyOf(signer: string): Sign {
    return message => {
      const signed = { signer, message }
      this.made.add(signed)
      return signed
    }
  }

  /** A signature that somebody made up. */
  forge<T>(signer: string, message: T): Signed<T> {
    const signed = { signer, message }
    this.forged.push(signed)
    return signed
  }

  /** Everything that was signed or forged. */
  get all(): readonly Signed<unknown>[] {
    return [...this.made, ...this.forged]
  }

  isGenuine(signed: Signed<unknown>): boolean {
    return this.made.has(signed)
  }
}

const digests = new WeakMap<object, string>()

/** Stands for the EIP-712 digest. Equal messages have equal digests. */
export function digestOf(message: { readonly type: string }): string {
  const known = digests.get(message)
  if (known !== undefined) return known
  const text = JSON.stringify(message)
  const digest = `${message.type}-${hash32(text, 0)}${hash32(text, 0x9e3779b9)}`
  digests.set(message, digest)
  return digest
}

/**
 * Where a key lies in its tree: eight hexadecimal digits, which stand for the 64 of 32 bytes. Whoever invents a key chooses its place: such a
 * key is `@` and the digits.
 */
export function placeOfHash(key: string): string {
  return key.startsWith('@') ? key.slice(1, 1 + placeDigits) : hash32(key, 0)
}

export const placeDigits = 8

function hash32(text: string, salt: number): string {
  let hash = (0x811c9dc5 ^ salt) >>> 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  return (hash >>> 0).toString(16).padStart(8, '0')
}
