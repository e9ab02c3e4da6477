import { scrypt } from 'node:crypto'
import { bytesToHex, type Hex, hexToBytes } from '@deparrow/ledger'

/** Work of scrypt (RFC 7914): memory is 128 × n × r bytes, time grows with n × r × p. */
export type ScryptCost = { readonly n: number; readonly r: number; readonly p: number }

/** Other wallets' standard for a key under a password that a person chose: a second and 256 MiB. */
export const scryptCostStandard: ScryptCost = { n: 262_144, r: 8, p: 1 }

/** Enough under a random password of 256 bits, which no guessing finds whatever a guess costs; 50 ms and 4 MiB. */
export const scryptCostRandomPassword: ScryptCost = { n: 4_096, r: 8, p: 1 }

/** A file may not ask for more memory than this to be opened. */
const memoryBytesMax = 512 * 2 ** 20

/** Nor for more work, n × r × p, than this: sixteen times the standard, some ten seconds. */
const workMax = 2 ** 25

/** Whether a file's parameters are ones of scrypt, and bearable. */
export function isBearable(cost: { readonly n: unknown; readonly r: unknown; readonly p: unknown }): boolean {
  const isCount = (value: unknown, max: number): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= max
  if (!isCount(cost.n, 2 ** 22) || !isCount(cost.r, 64) || !isCount(cost.p, 64)) return false
  return (
    cost.n > 1 &&
    (cost.n & (cost.n - 1)) === 0 &&
    128 * cost.n * cost.r <= memoryBytesMax &&
    cost.n * cost.r * cost.p <= workMax
  )
}

/** The 32 bytes derived from a password (normalised to NFKC) and a salt. Off the main thread. */
export function deriveKey(password: string, salt: Hex, cost: ScryptCost): Promise<Hex> {
  const { n: N, r, p } = cost
  return new Promise((resolve, reject) => {
    const maxmem = 2 * memoryBytesMax
    scrypt(password.normalize('NFKC'), hexToBytes(salt), 32, { N, r, p, maxmem }, (error, key) =>
      error === null ? resolve(bytesToHex(key)) : reject(error),
    )
  })
}
