import { randomBytes } from 'node:crypto'
import { chown, mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { publishedAccount, SecretKey } from '@deparrow/sdk'
import {
  createDurableFile,
  createKeyFile,
  loadKeyFile,
  readOwnFile,
  scryptCostRandomPassword,
} from '@deparrow/sdk/keystore'
import { bytesToHex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'

const usage = `node deploy/compose/dist/prepare.js [--folder DIR] [--own-poster]

Makes the secrets of the containers, as far as they are missing: files of mode 0600 for the user 1000, which is who reads them there.
Tells the development chain in chain.env beside them which address the ledger signs with.

  --folder DIR   where they lie (default: deploy/compose/secrets)
  --own-poster   a new key for the account that posts epochs; without it, the published one of the development chain`

/** The user of the containers. */
const userId = 1000

/** Of the published accounts, the one that the development chain's contract knows as its poster. */
const posterIndex = 1

async function main(): Promise<void> {
  const options = {
    folder: { type: 'string', default: 'deploy/compose/secrets' },
    'own-poster': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  const { values } = parseArgs({ options })
  if (values.help) return console.log(usage)
  const folder = resolve(values.folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await own(folder)
  for (const name of ['internal-secret', 'session-secret', 'database-password']) await secret(folder, name)
  const ledgerKey = await key(folder, 'ledger-key')
  await key(folder, 'mesh-key')
  await key(folder, 'poster-key', values['own-poster'] ? undefined : publishedKey())
  const ledgerSigner = privateKeyToAddress(ledgerKey.reveal())
  await tellChain(folder, ledgerSigner)
  console.log(`The secrets are in ${folder}; the ledger signs as ${ledgerSigner}.`)
}

async function secret(folder: string, name: string): Promise<string> {
  const path = join(folder, name)
  const found = await readOwnFile(path)
  if (found.ok) return found.text.trim()
  if (found.refusal.code !== 'KEY_FILE_MISSING') throw new PrepareError(found.refusal.message)
  const text = randomBytes(32).toString('hex')
  await createDurableFile(path, `${text}\n`)
  await own(path)
  return text
}

async function key(folder: string, name: string, privateKey?: SecretKey): Promise<SecretKey> {
  const path = join(folder, `${name}.json`)
  const password = await secret(folder, `${name}-password`)
  const cost = scryptCostRandomPassword
  const made = await createKeyFile({ path, password, cost, ...(privateKey && { privateKey }) })
  if (made.ok) {
    await own(path)
    return made.privateKey
  }
  if (made.refusal.code !== 'KEY_FILE_EXISTS') throw new PrepareError(made.refusal.message)
  const found = await loadKeyFile({ path, password })
  if (!found.ok) throw new PrepareError(found.refusal.message)
  return found.privateKey
}

/** No secret: what the contracts of the development chain are deployed with. It follows from the ledger's key, so it is written anew each time. */
async function tellChain(folder: string, ledgerSigner: string): Promise<void> {
  const path = join(folder, 'chain.env')
  await rm(path, { force: true })
  await createDurableFile(path, `LEDGER_SIGNER=${ledgerSigner}\n`)
  await own(path)
}

/** Everybody knows this key; the development chain refuses no other poster's epochs but its own. */
function publishedKey(): SecretKey {
  const { privateKey } = publishedAccount(posterIndex).getHdKey()
  if (privateKey === null) throw new PrepareError('the published account has no key')
  return new SecretKey(bytesToHex(privateKey))
}

/** Only root may give files away; another user makes them for itself. */
async function own(path: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, userId, userId)
}

/** Thrown when a secret cannot be made or read; the message says why. */
class PrepareError extends Error {
  override readonly name = 'PrepareError'
}

await main()
