import { createCipheriv } from 'node:crypto'

const chunkBytes = 65_536

/**
 * Randomness that only the seed decides: the ChaCha20 key stream (RFC 8439, section 2.4) under the 32-byte seed, with
 * block counter and nonce starting at zero, handed out without gaps.
 */
export class RandomStream {
  private readonly cipher: ReturnType<typeof createCipheriv>
  private readonly zeros = new Uint8Array(chunkBytes)

  constructor(seed: Uint8Array) {
    this.cipher = createCipheriv('chacha20', seed, new Uint8Array(16))
  }

  fill(target: Uint8Array): void {
    for (let done = 0; done < target.length; done += chunkBytes) {
      const length = Math.min(chunkBytes, target.length - done)
      target.set(this.cipher.update(this.zeros.subarray(0, length)), done)
    }
  }
}
