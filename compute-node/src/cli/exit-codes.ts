/**
 * What the process answers to the shell. Scripts may rely on these numbers.
 */
export const exitCodes = {
  done: 0,
  /** The network understood and refused, a job that was waited for did not complete, or a journal does not hold. */
  refused: 1,
  /** The command line or the environment is wrong; nothing was tried. */
  usage: 2,
  /** The key cannot be used: missing, exposed, locked, or published. */
  key: 3,
  /** Nobody answers, or not in time. Trying again later may help. */
  unreachable: 4,
  /** The network or the chain gave something that does not hold: a wrong hash, signature, contract or shape. */
  untrusted: 5,
  /** A fault of this program. */
  internal: 70,
  /** Ended by Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const

const codesByError: Readonly<Record<string, number>> = {
  USAGE: exitCodes.usage,
  CONFIG_INVALID: exitCodes.usage,
  GATEWAY_URL_INVALID: exitCodes.usage,
  FILE_UNREADABLE: exitCodes.usage,
  FILE_UNWRITABLE: exitCodes.usage,
  FILE_UNUSABLE: exitCodes.usage,
  MALFORMED: exitCodes.usage,
  SHARD_UNKNOWN: exitCodes.usage,
  ACCEPTANCE_UNREADABLE: exitCodes.usage,
  MESSAGE_UNRELATED: exitCodes.usage,
  RPC_URL_INVALID: exitCodes.usage,
  SETTLEMENT_UNKNOWN: exitCodes.usage,
  JOURNAL_UNREADABLE: exitCodes.usage,
  DOCKER_ADDRESS_INVALID: exitCodes.usage,
  NODE_DATA_DAMAGED: exitCodes.usage,
  NODE_DATA_NEWER: exitCodes.usage,
  NODE_DATA_LOCKED: exitCodes.usage,
  NODE_DATA_FOREIGN: exitCodes.usage,
  NODE_PAPERS_MISSING: exitCodes.usage,
  NODE_PAPERS_UNREADABLE: exitCodes.usage,
  KEY_FILE_EXISTS: exitCodes.key,
  KEY_FILE_MISSING: exitCodes.key,
  KEY_FILE_INVALID: exitCodes.key,
  KEY_FILE_EXPOSED: exitCodes.key,
  PASSWORD_WRONG: exitCodes.key,
  PASSWORD_REQUIRED: exitCodes.key,
  PASSWORD_FILE_INVALID: exitCodes.key,
  DEVELOPMENT_KEY: exitCodes.key,
  NETWORK_UNREACHABLE: exitCodes.unreachable,
  REQUEST_TIMEOUT: exitCodes.unreachable,
  CREDIT_PENDING: exitCodes.unreachable,
  TRANSACTION_UNKNOWN: exitCodes.unreachable,
  ANSWER_INVALID: exitCodes.untrusted,
  NETWORK_MISMATCH: exitCodes.untrusted,
  MARKET_ADDRESS_INVALID: exitCodes.untrusted,
  CONTENT_MISMATCH: exitCodes.untrusted,
  OUTPUT_DIGEST: exitCodes.untrusted,
  ACCEPTANCE_FOREIGN: exitCodes.untrusted,
  CONTRACT_MISSING: exitCodes.untrusted,
  JOURNAL_FOREIGN: exitCodes.untrusted,
  JOURNAL_DIFFERS: exitCodes.untrusted,
  OUTPUT_MISSING: exitCodes.refused,
  INTERNAL: exitCodes.internal,
  INTERRUPTED: exitCodes.interrupted,
}

/** The exit code for an error's code; a code that is not listed is a refusal. */
export function exitCodeOf(code: string): number {
  if (code.startsWith('RECEIPT_') || code.startsWith('ORDER_')) return exitCodes.untrusted
  return codesByError[code] ?? exitCodes.refused
}
