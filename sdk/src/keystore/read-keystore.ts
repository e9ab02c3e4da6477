import { type Address, isHexOf, lowerHex } from '@deparrow/ledger'
import type { Keystore, ScryptDeriveOpts } from 'ox/Keystore'
import { isBearable } from './scrypt.ts'

/** A key file of the one kind that is opened here: version 3, scrypt, AES-128-CTR, a key of 32 bytes. */
export type ScryptKeystore = Omit<Keystore, 'crypto'> & {
  readonly address?: Address
  readonly crypto: Omit<Keystore['crypto'], 'kdf' | 'kdfparams'> & Pick<ScryptDeriveOpts, 'kdf' | 'kdfparams'>
}

/** Reads the text of a key file; `undefined` when a field is missing, of another kind, or asks for unbearable work. */
export function readKeystore(text: string): ScryptKeystore | undefined {
  const file = recordOf(parse(text))
  // Some wallets write the name of this field with a capital.
  const secret = recordOf(file['crypto'] ?? file['Crypto'])
  const kdfparams = recordOf(secret['kdfparams'])
  const isKnown =
    file['version'] === 3 &&
    secret['cipher'] === 'aes-128-ctr' &&
    secret['kdf'] === 'scrypt' &&
    kdfparams['dklen'] === 32 &&
    isBearable({ n: kdfparams['n'], r: kdfparams['r'], p: kdfparams['p'] }) &&
    isDigits(kdfparams['salt']) &&
    isHexOf(`0x${secret['ciphertext']}`, 32) &&
    isHexOf(`0x${secret['mac']}`, 32) &&
    isHexOf(`0x${recordOf(secret['cipherparams'])['iv']}`, 16)
  if (!isKnown) return undefined
  const { address, id } = file
  const named = typeof address === 'string' ? `0x${address.replace(/^0x/, '')}` : undefined
  if (named !== undefined && !isHexOf(named, 20)) return undefined
  const keystore = { version: 3, id, crypto: secret }
  return { ...keystore, ...(named === undefined ? {} : { address: lowerHex(named) }) } as unknown as ScryptKeystore
}

function isDigits(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 256 && /^(?:[0-9a-fA-F]{2})+$/.test(value)
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
