import { loadKeyFile, readOwnFile } from '@deparrow/sdk/keystore'
import type { PrivateKeyAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { Secret } from './secret.ts'

/** A secret that others could guess or that does not fit into a header guards nothing. */
const sharedSecretPattern = /^[\x21-\x7e]{32,512}$/

/** The text of a secret file, without white space at its ends. Throws {@link SecretFileError}. */
export async function readSecret(path: string): Promise<Secret> {
  const file = await readOwnFile(path)
  if (!file.ok) throw new SecretFileError(file.refusal.message)
  const text = file.text.trim()
  if (text === '') throw new SecretFileError(`${path} is empty.`)
  return new Secret(text)
}

/** As {@link readSecret}, for one that is shared between processes: 32 printable characters or more. */
export async function readSharedSecret(path: string): Promise<Secret> {
  const secret = await readSecret(path)
  if (sharedSecretPattern.test(secret.reveal())) return secret
  throw new SecretFileError(
    `${path} must hold 32 to 512 printable characters without spaces; make one with: openssl rand -hex 32`,
  )
}

/** The account of a key file. Throws {@link SecretFileError}. */
export async function openAccount(keyFile: string, passwordFile: string): Promise<PrivateKeyAccount> {
  return privateKeyToAccount(await openKey(keyFile, passwordFile))
}

/** The private key of a key file. Throws {@link SecretFileError}. */
export async function openKey(keyFile: string, passwordFile: string): Promise<`0x${string}`> {
  const password = await readSecret(passwordFile)
  const loaded = await loadKeyFile({ path: keyFile, password: password.reveal() })
  if (!loaded.ok) throw new SecretFileError(loaded.refusal.message)
  return loaded.privateKey.reveal()
}

/** Thrown when a secret cannot be read. The message names the file and says what to do, and repeats nothing of what is in it. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError'
}
