import {
  type Hex,
  type LedgerAnswer,
  type LedgerCommand,
  type LedgerWriter,
  type SignedAcceptance,
  type SignedHoldCertificate,
  signedPart,
} from '@deparrow/ledger'
import type { RpcClient } from './rpc-client.ts'

/**
 * A shard's writer that runs in another process, at whichever of the client's addresses it is now. A signed command has one decision
 * however often it is sent, so it is sent again when its answer was lost; what records a fact is not: whoever sends it looks first.
 * Throws `ServiceUnavailableError` and `AnswerLostError`.
 */
export class RemoteLedgerWriter implements LedgerWriter {
  constructor(private readonly client: RpcClient) {}

  async submit(command: LedgerCommand): Promise<LedgerAnswer> {
    return (await this.client.call('submit', { command }, { isRepeatable: hasOneDecision(command) })) as LedgerAnswer
  }

  async holdCertificate(orderDigest: Hex): Promise<SignedHoldCertificate | undefined> {
    const answer = await this.client.call('holdCertificate', { orderDigest }, { isRepeatable: true })
    return answer as SignedHoldCertificate | undefined
  }

  async inboxImported(untilMs: number): Promise<void> {
    await this.client.call('inboxImported', { untilMs }, { isRepeatable: true })
  }

  async acceptance(commandId: Hex): Promise<SignedAcceptance | undefined> {
    return (await this.client.call('acceptance', { commandId }, { isRepeatable: true })) as SignedAcceptance | undefined
  }
}

/** Whether the command's id is the digest of what was signed, so that sending it again gets its first answer. */
function hasOneDecision(command: LedgerCommand): boolean {
  return command.type === 'Link' ? command.commands.every(hasOneDecision) : signedPart(command) !== undefined
}
