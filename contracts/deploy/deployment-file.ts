import { constants } from 'node:fs'
import { access, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Address } from 'viem'
import type { DeparrowAddresses } from './addresses.ts'
import type { DeployParameters } from './parameters.ts'
import { type OrRefusal, refuse } from './refusal.ts'

/** A deployment as written to a file. Integers that may exceed 2^53 are decimal strings. */
export type DeploymentRecord = DeparrowAddresses & {
  readonly chainId: number
  /** The block in which `Settlement` was deployed: no event is older. */
  readonly deploymentBlock: string
  readonly parameters: {
    readonly deployer: Address
    readonly poster: Address
    readonly guardian: Address
    readonly distribution: Address
    readonly ledgerSigner: Address
    readonly windowSeconds: string
    readonly inboxAgeSeconds: string
    readonly answerSeconds: string
    readonly roundsMax: string
    readonly exitSeconds: string
    readonly epochBondWei: string
    readonly askerBondWei: string
    readonly compensationMaxMicrocredits: string
    readonly unbondSeconds: string
    readonly genesisTreasuryWei: string
    readonly firstNonce: number
  }
}

/** What is known of a deployment before it is made. */
export type DeploymentPlan = Omit<DeploymentRecord, 'deploymentBlock'>

/** The plan of a deployment. */
export function planOf(
  place: { chainId: number; deployer: Address; addresses: DeparrowAddresses },
  parameters: DeployParameters,
): DeploymentPlan {
  const { poster, guardian, distribution, ledgerSigner, firstNonce } = parameters
  return {
    chainId: place.chainId,
    ...place.addresses,
    parameters: {
      deployer: place.deployer,
      poster,
      guardian,
      distribution,
      ledgerSigner,
      windowSeconds: String(parameters.windowSeconds),
      inboxAgeSeconds: String(parameters.inboxAgeSeconds),
      answerSeconds: String(parameters.answerSeconds),
      roundsMax: String(parameters.roundsMax),
      exitSeconds: String(parameters.exitSeconds),
      epochBondWei: String(parameters.epochBondWei),
      askerBondWei: String(parameters.askerBondWei),
      compensationMaxMicrocredits: String(parameters.compensationMaxMicrocredits),
      unbondSeconds: String(parameters.unbondSeconds),
      genesisTreasuryWei: String(parameters.genesisTreasuryWei),
      firstNonce,
    },
  }
}

/**
 * Makes sure, before anything is sent, that the record can be written and that no record of another deployment is lost.
 * Refuses with `OUT_FILE_UNWRITABLE` and `OUT_FILE_DIFFERS`.
 */
export async function checkDeploymentFile(path: string, plan: DeploymentPlan): Promise<OrRefusal<undefined>> {
  const isFolderWritable = await access(dirname(path), constants.W_OK).then(
    () => true,
    () => false,
  )
  const found = await stat(path).catch(() => undefined)
  if (!isFolderWritable || (found !== undefined && !found.isFile()))
    return refuse('OUT_FILE_UNWRITABLE', `${path} cannot be written: name a file in a folder that exists.`)
  if (found === undefined) return { ok: true, value: undefined }
  return isSameDeployment(await readRecord(path), plan)
    ? { ok: true, value: undefined }
    : refuse(
        'OUT_FILE_DIFFERS',
        `${path} holds something else than this deployment: move it away or name another file.`,
      )
}

/** Writes the record whole or not at all; a file that says the same is left as it is. Answers whether it wrote. */
export async function writeDeploymentFile(path: string, record: DeploymentRecord): Promise<boolean> {
  if (isDeepStrictEqual(await readRecord(path), record)) return false
  const { parameters, ...place } = record
  const unfinished = `${path}.unfinished`
  const file = await open(unfinished, 'w', 0o644)
  try {
    await file.writeFile(`${JSON.stringify({ ...place, parameters }, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(unfinished, path)
  return true
}

/** The JSON in a file, `undefined` when there is none. */
async function readRecord(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

function isSameDeployment(found: unknown, plan: DeploymentPlan): boolean {
  if (typeof found !== 'object' || found === null) return false
  const { deploymentBlock, ...rest } = found as DeploymentRecord
  return typeof deploymentBlock === 'string' && isDeepStrictEqual(rest, plan)
}
