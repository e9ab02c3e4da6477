import { signatureSecondsMax } from '../account/transfer.ts'
import { zeroAddress } from '../hex.ts'
import {
  accept,
  checkDeadline,
  checkSignature,
  type Decision,
  type DecisionContext,
  refuse,
} from '../journal/decision.ts'
import type { Signed } from '../typed-data/types.ts'
import { type NodeRegistration, nodeRegistrationType } from './node-registration.ts'

/**
 * Binds a node to its payout wallet: the first time under the node's signature, afterwards only under that of the wallet that
 * is registered, so that a stolen node key cannot redirect earnings. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`,
 * `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `NONCE_USED`.
 */
export function registerNode(context: DecisionContext, registration: Signed<NodeRegistration>): Decision {
  const { node, payoutWallet, nonce, deadline } = registration.message
  if (payoutWallet === zeroAddress) {
    return refuse({ code: 'MALFORMED', field: 'payoutWallet', problem: 'the zero address is no wallet' })
  }
  const registered = context.state.nodes.get(node)
  const refusal =
    checkSignature(context, nodeRegistrationType, registration, registered?.payoutWallet ?? node) ??
    checkDeadline(deadline, context.nowMs, signatureSecondsMax)
  if (refusal !== undefined) return refuse(refusal)
  if (registered !== undefined && nonce <= registered.registrationNonce) {
    return refuse({ code: 'NONCE_USED', nonce, lastNonce: registered.registrationNonce })
  }
  return accept({ type: 'NodeRegistered', data: { registration }, entries: [] })
}
