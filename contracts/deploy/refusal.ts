/** What the deploy command answers to the shell. The numbers mean the same as those of the `deparrow` command. */
export const deployExitCodes = {
  done: 0,
  /** What stands on the chain or in the file does not fit, or the deployer cannot pay. */
  refused: 1,
  /** The command line is wrong; nothing was tried. */
  usage: 2,
  /** The deployer's key cannot be used, or an account's key is published. */
  key: 3,
  /** The chain does not answer, or not in time. Trying again later may help. */
  unreachable: 4,
  /** The chain is another one than expected. */
  untrusted: 5,
  /** A fault of this program. */
  internal: 70,
} as const

const exitCodesByRefusal = {
  USAGE: deployExitCodes.usage,
  OUT_FILE_UNWRITABLE: deployExitCodes.usage,
  OUT_FILE_DIFFERS: deployExitCodes.refused,
  KEY_FILE_MISSING: deployExitCodes.key,
  KEY_FILE_EXPOSED: deployExitCodes.key,
  KEY_FILE_INVALID: deployExitCodes.key,
  PUBLISHED_ACCOUNT: deployExitCodes.key,
  CHAIN_UNREACHABLE: deployExitCodes.unreachable,
  DEPLOYER_BUSY: deployExitCodes.unreachable,
  WRONG_CHAIN: deployExitCodes.untrusted,
  DEPLOYER_NONCE: deployExitCodes.refused,
  DEPLOYMENT_MISMATCH: deployExitCodes.refused,
  POSTER_HAS_CODE: deployExitCodes.refused,
  INSUFFICIENT_FUNDS: deployExitCodes.refused,
  TRANSACTION_REVERTED: deployExitCodes.refused,
  CHAIN_REFUSED: deployExitCodes.refused,
  INTERNAL: deployExitCodes.internal,
} as const

/** Why a deployment was not made or not confirmed. */
export type DeployRefusal = { readonly code: keyof typeof exitCodesByRefusal; readonly message: string }

/** A value, or why there is none. */
export type OrRefusal<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: DeployRefusal }

/** A refusal as a result; the message is a whole sentence without secrets. */
export function refuse(code: DeployRefusal['code'], message: string): { ok: false; refusal: DeployRefusal } {
  return { ok: false, refusal: { code, message } }
}

/** The exit code for a refusal. */
export function deployExitCodeOf({ code }: DeployRefusal): number {
  return exitCodesByRefusal[code]
}
