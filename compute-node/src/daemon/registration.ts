import {
  type Address,
  formatMessage,
  type Message,
  type MessageType,
  type NodeRegistration,
  nodeRegistrationType,
  type PayoutInstruction,
  parseMessage,
  payoutInstructionType,
  type Signed,
} from '@deparrow/ledger'
import type { NodeSigner } from './node-crypto.ts'
import {
  type PayoutOptions,
  payoutInstructionSeconds,
  payoutIntervalSecondsDefault,
  payoutMinimumMicrocreditsDefault,
  registrationRenewalSeconds,
  registrationSeconds,
} from './node-options.ts'
import type { NodeStore } from './node-store.ts'

/**
 * The node's registration of its payout wallet. The same signature is used again while it lasts, so that joining again is
 * the same command to the ledger; the nonce is the clock, so that a lost folder does not repeat one.
 */
export function registrationOf(
  store: NodeStore,
  signer: NodeSigner,
  payoutWallet: Address,
  nowMs: number,
): Signed<NodeRegistration> {
  const kept = load<NodeRegistration>(store, nodeRegistrationType)
  const nowSeconds = Math.floor(nowMs / 1000)
  const isUsable =
    kept?.message.payoutWallet === payoutWallet &&
    Number(kept.message.deadline) > nowSeconds + registrationRenewalSeconds
  if (kept !== undefined && isUsable) return kept
  return keep(
    store,
    nodeRegistrationType,
    signer.sign<NodeRegistration>(nodeRegistrationType, {
      node: signer.address,
      payoutWallet,
      nonce: BigInt(nowMs),
      deadline: BigInt(nowSeconds + registrationSeconds),
    }),
  )
}

/**
 * The standing instruction under which earnings are paid out: the given one, or the node's own when it is its own payout
 * wallet. `undefined` when another wallet is paid and has not signed any.
 */
export function instructionOf(
  store: NodeStore,
  signer: NodeSigner,
  payout: PayoutOptions,
  nowMs: number,
): Signed<PayoutInstruction> | undefined {
  if (payout.instruction !== undefined) return payout.instruction
  if (payout.wallet !== undefined && payout.wallet !== signer.address) return undefined
  const terms = {
    wallet: signer.address,
    minimumMicrocredits: payout.minimumMicrocredits ?? payoutMinimumMicrocreditsDefault,
    intervalSeconds: payout.intervalSeconds ?? payoutIntervalSecondsDefault,
  }
  const kept = load<PayoutInstruction>(store, payoutInstructionType)
  const nowSeconds = Math.floor(nowMs / 1000)
  const isUsable =
    kept?.message.minimumMicrocredits === terms.minimumMicrocredits &&
    kept.message.intervalSeconds === terms.intervalSeconds &&
    Number(kept.message.expires) > nowSeconds + payoutInstructionSeconds / 2
  if (kept !== undefined && isUsable) return kept
  const expires = BigInt(nowSeconds + payoutInstructionSeconds)
  const message: PayoutInstruction = { ...terms, expires, nonce: BigInt(nowMs) }
  return keep(store, payoutInstructionType, signer.sign(payoutInstructionType, message))
}

function load<M extends Message>(store: NodeStore, type: MessageType): Signed<M> | undefined {
  const text = store.meta(type.name)
  if (text === undefined) return undefined
  const { message, signature } = JSON.parse(text)
  const parsed = parseMessage<M>(type, message)
  return parsed.ok ? { message: parsed.message, signature } : undefined
}

function keep<M extends Message>(store: NodeStore, type: MessageType, signed: Signed<M>): Signed<M> {
  const { message, signature } = signed
  store.setMeta(type.name, JSON.stringify({ message: formatMessage(type, message), signature }))
  return signed
}
