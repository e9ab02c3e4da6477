import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  createDurableFile,
  createKeyFile,
  type KeyFileResult,
  loadKeyFile,
  readOwnFile,
  scryptCostRandomPassword,
  scryptCostStandard,
  type UnlockedKey,
} from '@deparrow/sdk/keystore'
import { developmentChainId, type SecretKey } from '@deparrow/sdk/network'
import { CliError } from './cli-error.ts'
import type { CliConfig } from './config.ts'

/** Which key a command uses: that of the agent's wallet or that of the compute node. */
export type KeyName = 'wallet' | 'node'

/** Asked only when the password's rule depends on it. */
export type ReadChainId = () => Promise<number>

type Password = { readonly text: string; readonly isRandom: boolean }

/** A password file is one line. */
const passwordLengthMax = 1_024

export function keyFilePath(config: CliConfig, name: KeyName): string {
  return join(config.dataFolder, `${name}.key.json`)
}

/** Unlocks a key. Throws a {@link CliError} with the code of what is wrong. */
export async function unlockKey(config: CliConfig, name: KeyName, readChainId: ReadChainId): Promise<UnlockedKey> {
  const path = keyFilePath(config, name)
  const password = await findPassword(config, path, readChainId)
  // Without a password a key file that is missing is the better news.
  const result = await loadKeyFile({ path, password: password?.text ?? '' })
  if (!result.ok && result.refusal.code === 'KEY_FILE_MISSING') throw missing(path, name)
  if (password === undefined)
    throw new CliError(
      'PASSWORD_REQUIRED',
      `There is no file ${path}.password, which held the password of this development key.`,
    )
  return unlocked(result)
}

/** Creates a key, or takes in `privateKey`. Throws `KEY_FILE_EXISTS` rather than touch one that is there. */
export async function createKey(
  config: CliConfig,
  name: KeyName,
  readChainId: ReadChainId,
  privateKey?: SecretKey,
): Promise<UnlockedKey> {
  const path = keyFilePath(config, name)
  const password = (await findPassword(config, path, readChainId)) ?? (await generatePassword(path))
  const cost = password.isRandom ? scryptCostRandomPassword : scryptCostStandard
  const request = { path, password: password.text, cost }
  return unlocked(await createKeyFile(privateKey === undefined ? request : { ...request, privateKey }))
}

/** Unlocks the key, or creates it when there is none yet. */
export async function unlockOrCreateKey(
  config: CliConfig,
  name: KeyName,
  readChainId: ReadChainId,
): Promise<UnlockedKey & { readonly isNew: boolean }> {
  try {
    return { ...(await unlockKey(config, name, readChainId)), isNew: false }
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'KEY_FILE_MISSING') throw error
    return { ...(await createKey(config, name, readChainId)), isNew: true }
  }
}

/**
 * The password: from the file that `DEPARROW_KEY_PASSWORD_FILE` names, whose mode is its owner's business because container
 * platforms mount secrets as they do; else, on the development chain, from the file beside the key. `undefined` where that one
 * is yet to be written.
 */
async function findPassword(
  config: CliConfig,
  keyPath: string,
  readChainId: ReadChainId,
): Promise<Password | undefined> {
  const named = config.keyPasswordFile
  if (named !== undefined) {
    const text = await readFile(named, 'utf8').catch(error => {
      throw new CliError('PASSWORD_FILE_INVALID', `The password file ${named} cannot be read (${error.code}).`)
    })
    return { text: passwordIn(text, named), isRandom: false }
  }
  const chainId = await readChainId()
  if (chainId !== developmentChainId) {
    throw new CliError(
      'PASSWORD_REQUIRED',
      `On chain ${chainId} a key needs a password of yours: write it to a file and name that file in DEPARROW_KEY_PASSWORD_FILE.`,
    )
  }
  const beside = `${keyPath}.password`
  const file = await readOwnFile(beside)
  if (file.ok) return { text: passwordIn(file.text, beside), isRandom: true }
  if (file.refusal.code === 'KEY_FILE_MISSING') return undefined
  throw new CliError(file.refusal.code, file.refusal.message)
}

async function generatePassword(keyPath: string): Promise<Password> {
  const text = randomBytes(32).toString('base64url')
  await mkdir(dirname(keyPath), { recursive: true, mode: 0o700 })
  await createDurableFile(`${keyPath}.password`, `${text}\n`)
  return { text, isRandom: true }
}

function passwordIn(text: string, path: string): string {
  const password = text.replace(/\r?\n$/, '')
  if (password !== '' && password.length <= passwordLengthMax && !/[\r\n]/.test(password)) return password
  throw new CliError('PASSWORD_FILE_INVALID', `The password file ${path} must hold one line with the password.`)
}

function unlocked(result: KeyFileResult): UnlockedKey {
  if (!result.ok) throw new CliError(result.refusal.code, result.refusal.message)
  return { address: result.address, privateKey: result.privateKey }
}

function missing(path: string, name: KeyName): CliError {
  const advice =
    name === 'wallet' ? 'create one with: deparrow wallet create' : 'start the node once with: deparrow node start'
  return new CliError('KEY_FILE_MISSING', `There is no ${name} key at ${path}; ${advice}`)
}
