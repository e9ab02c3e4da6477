import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createKeyFile, scryptCostRandomPassword } from '@deparrow/sdk/keystore'
import { SecretKey } from '@deparrow/sdk/network'
import type { LocalSettlement } from '../chain/local-settlement.spec.fixture.ts'
import { nobody, type Ran, run } from './cli.spec.fixture.ts'

/** A data folder's wallet on a development chain, with the key of an actor of this number. */
export async function writeWallet(folder: string, actorNumber: number): Promise<void> {
  const path = join(folder, 'wallet.key.json')
  const privateKey = new SecretKey(`0x${actorNumber.toString(16).padStart(64, '0')}`)
  await createKeyFile({ path, password: 'pw', privateKey, cost: scryptCostRandomPassword })
  await writeFile(`${path}.password`, 'pw\n', { mode: 0o600 })
}

/** Runs `deparrow chain …` against a local chain, with no network and no operator anywhere. */
export function chainRunner(chain: LocalSettlement, folder: string) {
  const words = () => ['--url', nobody, '--data', folder, '--rpc', chain.rpcUrl]
  return {
    /** The result of a command that is done. */
    async done(...asked: string[]): Promise<Record<string, never>> {
      const ran = await run(['chain', ...asked, '--json', ...words()])
      if (ran.code !== 0) throw new Error(ran.stdout)
      return JSON.parse(ran.stdout)
    },
    /** Exit code and error of a command that is refused. */
    async refused(...asked: string[]): Promise<Refused> {
      const ran = await run(['chain', ...asked, '--json', ...words()])
      if (ran.code === 0) throw new Error(`done: ${ran.stdout}`)
      return { exit: ran.code, ...JSON.parse(ran.stdout).error }
    },
    /** What a person sees. */
    said(...asked: string[]): Promise<Ran> {
      return run(['chain', ...asked, ...words()])
    },
  }
}

export type Refused = { readonly exit: number; readonly code: string; readonly message: string } & Readonly<
  Record<string, unknown>
>
