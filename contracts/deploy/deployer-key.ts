import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type Hex, isHex, type PrivateKeyAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type OrRefusal, refuse } from './refusal.ts'

/** 0x, 64 digits and a line end, with room for spaces. */
const KEY_FILE_BYTES_MAX = 128

/**
 * Reads the deployer's private key from a file: 64 hexadecimal digits, with or without 0x. Refuses with `KEY_FILE_MISSING`,
 * `KEY_FILE_EXPOSED` when others than its owner may read or write it, `KEY_FILE_INVALID`. No message repeats what the file says.
 */
export async function readDeployerKey(path: string | undefined): Promise<OrRefusal<PrivateKeyAccount>> {
  if (path === undefined || path === '')
    return refuse('KEY_FILE_MISSING', 'DEPARROW_DEPLOYER_KEY_FILE names no file with the private key of the deployer.')
  let file: FileHandle
  try {
    // Without O_NONBLOCK a named pipe would keep the command waiting for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read'
    return refuse('KEY_FILE_MISSING', `The key file ${path}, named by DEPARROW_DEPLOYER_KEY_FILE, ${reason}.`)
  }
  try {
    return await readOpenKey(path, file)
  } finally {
    await file.close()
  }
}

/** Mode and content are those of the same open file: it cannot be exchanged in between. */
async function readOpenKey(path: string, file: FileHandle): Promise<OrRefusal<PrivateKeyAccount>> {
  const stats = await file.stat()
  if (!stats.isFile()) return refuse('KEY_FILE_INVALID', `The key file ${path} is no file.`)
  const mode = stats.mode & 0o777
  // Windows has no such modes and reports 0666 for every file.
  if ((mode & 0o077) !== 0 && process.platform !== 'win32')
    return refuse(
      'KEY_FILE_EXPOSED',
      `The key file ${path} has mode 0${mode.toString(8)}, so others can reach it: set it to 0600.`,
    )
  const { buffer, bytesRead } = await file.read(Buffer.alloc(KEY_FILE_BYTES_MAX + 1), 0, KEY_FILE_BYTES_MAX + 1, 0)
  const account = bytesRead <= KEY_FILE_BYTES_MAX ? toAccount(buffer.toString('utf8', 0, bytesRead).trim()) : undefined
  if (account === undefined)
    return refuse('KEY_FILE_INVALID', `The key file ${path} holds no private key: 64 hexadecimal digits are needed.`)
  return { ok: true, value: account }
}

function toAccount(text: string): PrivateKeyAccount | undefined {
  const key: Hex = text.startsWith('0x') ? (text as Hex) : `0x${text}`
  if (!isHex(key) || key.length !== 66) return undefined
  try {
    return privateKeyToAccount(key)
  } catch {
    // Zero and numbers beyond the curve's order are no keys. The library's message repeats the number.
    return undefined
  }
}
