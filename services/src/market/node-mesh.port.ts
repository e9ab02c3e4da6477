import type {
  Address,
  AssignmentRelease,
  EngineName,
  Hex,
  JobSpec,
  NodeRegistration,
  PayoutInstruction,
  Signed,
  SignedHoldCertificate,
  SignedJobOrder,
  SignedUsageReceipt,
  SpendPermission,
} from '@deparrow/ledger'

/** A compute node that is connected now. */
export type ConnectedNode = {
  readonly address: Address
  readonly peerId: string
  readonly engines: readonly EngineName[]
  /** Jobs that it runs side by side at most. */
  readonly slotsMax: number
  readonly memoryBytesMax: number
  /** Orders with a shorter grace are not for this node. */
  readonly graceSecondsMin: number
}

/** What a node says when it joins; `running` are the jobs that it holds and has not handed a receipt in for. */
export type NodeHello = ConnectedNode & {
  readonly registration: Signed<NodeRegistration>
  readonly payoutInstruction: Signed<PayoutInstruction> | undefined
  readonly running: readonly Hex[]
}

export type Assignment = {
  readonly orderDigest: Hex
  readonly order: SignedJobOrder
  readonly spec: JobSpec
  readonly certificate: SignedHoldCertificate
  /** The payer's signature for the delegate that signed the order; absent when the payer itself did. */
  readonly permission?: Signed<SpendPermission> | undefined
}

export type AssignmentReply =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly code: string; readonly release: Signed<AssignmentRelease> }

export type HandedReceipt = {
  readonly receipt: SignedUsageReceipt
  /** CID of the output when there is one; the node serves it until the receipt is acknowledged. */
  readonly outputCid: string | null
  /** For a person, why the job did not complete: a code and a sentence. */
  readonly failure: { readonly code: string; readonly message: string } | null
}

export type ReceiptReply =
  | { readonly acknowledged: true }
  | { readonly acknowledged: false; readonly code: string; readonly final: boolean }

/** What the market does with what nodes say. Everything has been decoded and bounded, signatures of messages not yet checked. */
export type MeshListener = {
  /** A refusal closes the connection and is told to the node. */
  helloReceived(
    hello: NodeHello,
  ): Promise<{ readonly accepted: true } | { readonly accepted: false; readonly code: string }>
  nodeLeft(node: Address): void
  jobStarted(node: Address, orderDigest: Hex, startedAtMs: number): void
  logReceived(node: Address, orderDigest: Hex, chunk: Uint8Array): void
  receiptReceived(node: Address, handed: HandedReceipt): Promise<ReceiptReply>
  /** Content that nodes may fetch; `undefined` when it is not here. */
  readContent(contentId: string): Promise<Uint8Array | undefined>
}

/** The compute nodes as the market reaches them. Calls reject with {@link NodeUnreachableError} when the node does not answer. */
export type NodeMesh = {
  start(listener: MeshListener): Promise<void>
  stop(): Promise<void>
  /** Multiaddresses, with peer id, at which nodes join. */
  addresses(): readonly string[]
  nodes(): readonly ConnectedNode[]
  assign(node: Address, assignment: Assignment, signal: AbortSignal): Promise<AssignmentReply>
  cancel(node: Address, orderDigest: Hex, signal: AbortSignal): Promise<void>
  /** The bytes, checked against their CID; refused above `bytesMax`. */
  fetchContent(node: Address, contentId: string, bytesMax: number, signal: AbortSignal): Promise<Uint8Array>
}

export class NodeUnreachableError extends Error {
  override readonly name = 'NodeUnreachableError'
  constructor(node: Address, options?: { cause: unknown }) {
    super(`node ${node} did not answer`, options)
  }
}
