import type { Address, Hex, LedgerCommand } from '@deparrow/ledger'
import type { JobLogs } from './job-logs.ts'
import type { JobRegister } from './job-register.ts'
import type { MarketParts } from './market-parts.ts'
import type { HandedReceipt, MeshListener, NodeHello, ReceiptReply } from './node-mesh.port.ts'
import type { Receipts } from './receipts.ts'

type HelloReply = Awaited<ReturnType<MeshListener['helloReceived']>>

/** Where what nodes say arrives: registrations, starts, logs, receipts, and their wish for content. */
export class MeshDesk implements MeshListener {
  constructor(
    private readonly parts: MarketParts,
    private readonly register: JobRegister,
    private readonly logs: JobLogs,
    private readonly receipts: Receipts,
    private readonly onJoined: (node: Address, running: readonly Hex[]) => void,
  ) {}

  async helloReceived(hello: NodeHello): Promise<HelloReply> {
    const refusal = await this.#registerNode(hello)
    if (refusal !== undefined) return { accepted: false, code: refusal }
    await this.#instructPayouts(hello)
    this.onJoined(hello.address, hello.running)
    return { accepted: true }
  }

  /** What the node holds stays bound to it: its certificates stand until it hands in receipts or the holds expire. */
  nodeLeft(_node: Address): void {}

  /** Times on the market's own clock, so that a node whose clock is wrong changes nothing. */
  jobStarted(node: Address, orderDigest: Hex, _startedAtMs: number): void {
    this.register.apply(orderDigest, { type: 'started', node, atMs: this.parts.clock.nowMs() })
  }

  logReceived(node: Address, orderDigest: Hex, chunk: Uint8Array): void {
    const job = this.register.activeJob(orderDigest)
    if (job?.node === node && job.settledAtMs === undefined) this.logs.append(orderDigest, chunk)
  }

  receiptReceived(node: Address, handed: HandedReceipt): Promise<ReceiptReply> {
    return this.receipts.receive(node, handed)
  }

  readContent(contentId: string): Promise<Uint8Array | undefined> {
    return this.parts.content.get(contentId)
  }

  /** A node that is registered stays so when its registration is old, also when its wallet has since chosen another. */
  async #registerNode(hello: NodeHello): Promise<string | undefined> {
    const { message } = hello.registration
    if (message.node !== hello.address) return 'REGISTRATION_FOREIGN'
    if (this.parts.ledger.payoutWallet(hello.address) !== undefined) {
      return this.#updateRegistration(hello)
    }
    return this.#submit({ type: 'RegisterNode', registration: hello.registration })
  }

  async #updateRegistration(hello: NodeHello): Promise<undefined> {
    if (this.parts.ledger.payoutWallet(hello.address) === hello.registration.message.payoutWallet) return undefined
    await this.#submit({ type: 'RegisterNode', registration: hello.registration })
    return undefined
  }

  async #instructPayouts(hello: NodeHello): Promise<void> {
    if (hello.payoutInstruction === undefined) return
    await this.#submit({ type: 'InstructPayouts', instruction: hello.payoutInstruction })
  }

  async #submit(command: LedgerCommand): Promise<string | undefined> {
    const answer = await this.parts.ledger.submit(command)
    return answer.status === 'accepted' ? undefined : answer.refusal.code
  }
}
