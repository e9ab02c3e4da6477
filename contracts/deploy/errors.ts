import type { Address } from 'viem'

/** Thrown when contracts stand at the predicted addresses but say something else than the parameters. */
export class DeploymentMismatchError extends Error {
  override name = 'DeploymentMismatchError'

  constructor(readonly mismatch: { address: Address; what: string; expected: string; found: string }) {
    const { address, what, expected, found } = mismatch
    super(`The contract at ${address} has ${what} ${found}, and the parameters say ${expected}.`)
  }
}

/** Thrown when the deployer has sent other transactions, so that the predicted addresses can no longer be reached. */
export class DeployerNonceError extends Error {
  override name = 'DeployerNonceError'

  constructor(readonly detail: { deployer: Address; expectedNonce: number; nonce: number; missing: string }) {
    super(
      `${detail.missing} needs transaction ${detail.expectedNonce} of ${detail.deployer}, which has already sent ${detail.nonce}: name a free firstNonce or use another deployer.`,
    )
  }
}

/** Thrown when a transaction of the deployment was mined and failed. */
export class DeployTransactionError extends Error {
  override name = 'DeployTransactionError'

  constructor(readonly detail: { step: string; transactionHash: string }) {
    super(`The transaction ${detail.transactionHash} (${detail.step}) was reverted.`)
  }
}

/** Thrown when transactions that the deployer sent earlier are not mined in time. */
export class DeployerBusyError extends Error {
  override name = 'DeployerBusyError'

  constructor(readonly detail: { deployer: Address; sentCount: number; timeoutMs: number }) {
    super(
      `The ${detail.sentCount} transactions of ${detail.deployer} were not all mined within ${detail.timeoutMs} ms.`,
    )
  }
}
