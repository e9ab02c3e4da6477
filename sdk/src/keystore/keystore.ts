import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Address, bytesToHex, type Hex, lowerHex } from '@deparrow/ledger'
import * as OxAddress from 'ox/Address'
import * as Keystore from 'ox/Keystore'
import * as Secp256k1 from 'ox/Secp256k1'
import { SecretKey } from '../keys/secret-key.ts'
import { createDurableFile } from './durable-file.ts'
import { readKeystore } from './read-keystore.ts'
import { deriveKey, type ScryptCost, scryptCostStandard } from './scrypt.ts'

export { createDurableFile } from './durable-file.ts'
export { type ScryptCost, scryptCostRandomPassword, scryptCostStandard } from './scrypt.ts'

/** A key that was unlocked. */
export type UnlockedKey = { readonly address: Address; readonly privateKey: SecretKey }

/** Why a key file was not created or not unlocked. `message` says what to do. */
export type KeyFileRefusal = {
  readonly code: 'KEY_FILE_EXISTS' | 'KEY_FILE_MISSING' | 'KEY_FILE_INVALID' | 'KEY_FILE_EXPOSED' | 'PASSWORD_WRONG'
  readonly message: string
}

export type KeyFileResult =
  | ({ readonly ok: true } & UnlockedKey)
  | { readonly ok: false; readonly refusal: KeyFileRefusal }

/** A key file is under 1 KiB; more than this is something else. */
const keyFileBytesMax = 16 * 1024

/**
 * Encrypts a private key, a fresh one by default, into a new key file (Web3 Secret Storage 3, scrypt, AES-128-CTR) that only its owner
 * can read. The file is durable when this answers. Refusal: `KEY_FILE_EXISTS`.
 * @see https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage
 */
export async function createKeyFile(request: {
  readonly path: string
  readonly password: string
  readonly privateKey?: SecretKey
  readonly cost?: ScryptCost
}): Promise<KeyFileResult> {
  const { path, password, cost = scryptCostStandard } = request
  const privateKey = request.privateKey ?? new SecretKey(Secp256k1.randomPrivateKey())
  const address = addressOf(privateKey)
  const keystore = await encrypt(privateKey, password, cost)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    await createDurableFile(path, `${JSON.stringify({ address: address.slice(2), ...keystore })}\n`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return refuse('KEY_FILE_EXISTS', `${path} holds a key already; it was not touched.`)
  }
  return { ok: true, address, privateKey }
}

/** Unlocks a key file. Refusals, in this order: `KEY_FILE_MISSING`, `KEY_FILE_EXPOSED`, `KEY_FILE_INVALID`, `PASSWORD_WRONG`. */
export async function loadKeyFile(request: {
  readonly path: string
  readonly password: string
}): Promise<KeyFileResult> {
  const file = await readOwnFile(request.path)
  if (!file.ok) return file
  const keystore = readKeystore(file.text)
  if (keystore === undefined) {
    return refuse('KEY_FILE_INVALID', `${request.path} is no key file of the Web3 Secret Storage format, version 3.`)
  }
  const { n, r, p, salt } = keystore.crypto.kdfparams
  const key = await deriveKey(request.password, `0x${salt}`, { n, r, p })
  const privateKey = decrypt(keystore, key)
  if (privateKey === undefined) {
    return refuse('PASSWORD_WRONG', `The password does not open ${request.path}.`)
  }
  const address = addressOf(privateKey)
  if (keystore.address !== undefined && keystore.address !== address) {
    return refuse('KEY_FILE_INVALID', `${request.path} names another address than that of its key.`)
  }
  return { ok: true, address, privateKey }
}

/** The address that a key file names, without unlocking it; `undefined` when there is none to be read. */
export async function readKeyFileAddress(path: string): Promise<Address | undefined> {
  const file = await readOwnFile(path)
  return file.ok ? readKeystore(file.text)?.address : undefined
}

/**
 * Reads a small file that holds a secret. Refusals: `KEY_FILE_MISSING`, `KEY_FILE_EXPOSED` when others may read it (not judged on
 * Windows, which has no such mode), `KEY_FILE_INVALID` when it is too large.
 */
export async function readOwnFile(
  path: string,
): Promise<{ readonly ok: true; readonly text: string } | { readonly ok: false; readonly refusal: KeyFileRefusal }> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (file === undefined) return refuse('KEY_FILE_MISSING', `There is no file ${path}.`)
  try {
    const { mode, size } = await file.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      return refuse('KEY_FILE_EXPOSED', `Others can read ${path}; take that away with: chmod 600 ${path}`)
    }
    if (size > keyFileBytesMax) return refuse('KEY_FILE_INVALID', `${path} is too large to hold a key or a password.`)
    return { ok: true, text: await file.readFile('utf8') }
  } finally {
    await file.close()
  }
}

function addressOf(privateKey: SecretKey): Address {
  return lowerHex(OxAddress.fromPublicKey(Secp256k1.getPublicKey({ privateKey: privateKey.reveal() })))
}

async function encrypt(privateKey: SecretKey, password: string, cost: ScryptCost): Promise<Keystore.Keystore> {
  const salt = bytesToHex(crypto.getRandomValues(new Uint8Array(32)))
  const iv = crypto.getRandomValues(new Uint8Array(16))
  const key = await deriveKey(password, salt, cost)
  const kdfparams = { dklen: 32, ...cost, salt: salt.slice(2) }
  return Keystore.encrypt(privateKey.reveal(), key, { kdf: 'scrypt', kdfparams, iv })
}

function decrypt(keystore: Keystore.Keystore, key: Hex): SecretKey | undefined {
  try {
    return new SecretKey(Keystore.decrypt(keystore, key))
  } catch {
    return undefined
  }
}

function refuse(code: KeyFileRefusal['code'], message: string) {
  return { ok: false, refusal: { code, message } } as const
}
