import { type Address, type Domain, formatMessage, type Hex, type Transfer, transferType } from '@deparrow/ledger'
import { signMessage } from '@deparrow/sdk'
import type { LocalAccount } from 'viem'
import { postJson } from './request.ts'

/** A transfer that was answered, and when, on the monotonic clock. */
export type Acknowledged = { readonly commandId: Hex; readonly sentAtMs: number; readonly atMs: number }

export type TransferLoadOptions = {
  readonly gatewayUrl: string
  readonly payer: LocalAccount
  readonly to: Address
  readonly domain: Domain
  /** Transfers under way at the same time, each in a lane of its own. */
  readonly laneCount: number
}

const document = `mutation ($transfer: JSON!, $signature: Hex!) {
  transfer(transfer: $transfer, signature: $signature) { __typename ... on Movement { commandId } ... on Refusal { code message } }
}`

/** Transfers of 1 µcr each, one after another in every lane, until it is stopped: what was acknowledged, and what was answered otherwise. */
export class TransferLoad {
  readonly acknowledged: Acknowledged[] = []
  readonly failures: string[] = []
  private isStopped = false
  private readonly lanes: readonly Promise<void>[]
  private readonly waiting: { readonly count: number; readonly resolve: () => void }[] = []

  constructor(private readonly options: TransferLoadOptions) {
    this.lanes = Array.from({ length: options.laneCount }, (_, lane) => this.runLane(lane))
  }

  /** Resolves when so many transfers were acknowledged, or something was answered otherwise. */
  async reached(count: number): Promise<void> {
    if (this.acknowledged.length >= count || this.failures.length > 0) return
    await new Promise<void>(resolve => this.waiting.push({ count, resolve }))
  }

  /** Resolves when the transfers under way are answered. */
  async stop(): Promise<void> {
    this.isStopped = true
    await Promise.all(this.lanes)
  }

  private async runLane(lane: number): Promise<void> {
    for (let nonce = 1n; !this.isStopped; nonce++) {
      const sentAtMs = performance.now()
      const failure = await this.send(lane, nonce, sentAtMs).catch((error: unknown) => String(error))
      if (failure !== undefined) {
        this.failures.push(failure)
        this.isStopped = true
      }
      for (const { count, resolve } of this.waiting) {
        if (this.acknowledged.length >= count || this.failures.length > 0) resolve()
      }
    }
  }

  private async send(lane: number, nonce: bigint, sentAtMs: number): Promise<string | undefined> {
    const { gatewayUrl, payer, to, domain } = this.options
    const from = payer.address.toLowerCase() as Address
    const deadline = BigInt(Math.floor(Date.now() / 1_000) + 600)
    const transfer: Transfer = { from, to, amountMicrocredits: 1n, lane, nonce, deadline }
    const { signature } = await signMessage(payer, domain, transferType, transfer)
    const variables = { transfer: formatMessage(transferType, transfer), signature }
    const answer = await postJson(`${gatewayUrl}/graphql`, { query: document, variables })
    const movement = (answer.json?.['data'] as { transfer?: { commandId?: Hex } } | null | undefined)?.transfer
    if (movement?.commandId === undefined) return `${answer.status}: ${answer.text.slice(0, 300)}`
    this.acknowledged.push({ commandId: movement.commandId, sentAtMs, atMs: performance.now() })
    return undefined
  }
}
