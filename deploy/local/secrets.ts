import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { SecretKey } from '@deparrow/sdk'
import {
  createDurableFile,
  createKeyFile,
  loadKeyFile,
  readOwnFile,
  scryptCostRandomPassword,
} from '@deparrow/sdk/keystore'

/** A secret of the local network cannot be read; the message says which and why. */
export class SecretError extends Error {
  override readonly name = 'SecretError'
}

/**
 * The secrets of a local network: key files encrypted under a random password that lies beside them with mode 0600. This is for
 * the development chain alone, where no key guards anything of value.
 */
export class LocalSecrets {
  private constructor(
    private readonly folder: string,
    private readonly password: string,
  ) {}

  static async open(folder: string): Promise<LocalSecrets> {
    return new LocalSecrets(folder, await readOrCreateSecret(join(folder, 'password')))
  }

  /** The key of this name, made at its first use. */
  async key(name: string): Promise<SecretKey> {
    const path = join(this.folder, `${name}.json`)
    const { password } = this
    const loaded = await loadKeyFile({ path, password })
    if (loaded.ok) return loaded.privateKey
    if (loaded.refusal.code !== 'KEY_FILE_MISSING') throw new SecretError(loaded.refusal.message)
    const created = await createKeyFile({ path, password, cost: scryptCostRandomPassword })
    if (!created.ok) throw new SecretError(created.refusal.message)
    return created.privateKey
  }

  /** 32 random bytes of this name as hexadecimal, made at their first use. */
  secret(name: string): Promise<string> {
    return readOrCreateSecret(join(this.folder, name))
  }
}

async function readOrCreateSecret(path: string): Promise<string> {
  const found = await readOwnFile(path)
  if (found.ok) return found.text.trim()
  if (found.refusal.code !== 'KEY_FILE_MISSING') throw new SecretError(found.refusal.message)
  const secret = randomBytes(32).toString('hex')
  await createDurableFile(path, `${secret}\n`)
  return secret
}
