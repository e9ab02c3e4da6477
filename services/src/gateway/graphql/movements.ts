import {
  type Address,
  isHexOf,
  type Ledger,
  type LedgerCommand,
  lowerHex,
  type Message,
  type MessageType,
  type PayoutInstruction,
  parseMessage,
  payoutInstructionType,
  type Signed,
  type Transfer,
  transferType,
  type Withdrawal,
  withdrawalType,
} from '@deparrow/ledger'
import { Inject, Injectable } from '@nestjs/common'
import { LEDGER, SETTLEMENT_VIEW } from '../../tokens.ts'
import type { SettlementView } from '../settlement-view.port.ts'
import { malformed, type RefusalView, refusalView, refusedWith } from './refusal-view.ts'

/** Hands what wallets have signed to the ledger, which decides; withdrawals only while the chain is what it was. */
@Injectable()
export class Movements {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(SETTLEMENT_VIEW) private readonly settlement: SettlementView,
  ) {}

  transfer(input: unknown, signature: string) {
    return this.#submit<Transfer>(transferType, input, signature, transfer => [
      transfer.message.from,
      { type: 'TransferCredits', transfer },
    ])
  }

  async withdraw(input: unknown, signature: string) {
    if (await this.settlement.isChainInDoubt()) return chainInDoubt
    return this.#submit<Withdrawal>(withdrawalType, input, signature, withdrawal => [
      withdrawal.message.wallet,
      { type: 'WithdrawCredits', withdrawal },
    ])
  }

  instructPayouts(input: unknown, signature: string) {
    return this.#submit<PayoutInstruction>(payoutInstructionType, input, signature, instruction => [
      instruction.message.wallet,
      { type: 'InstructPayouts', instruction },
    ])
  }

  async #submit<M extends Message>(
    type: MessageType,
    input: unknown,
    signature: string,
    command: (signed: Signed<M>) => readonly [Address, LedgerCommand],
  ) {
    const parsed = parseMessage<M>(type, input)
    if (!parsed.ok) return malformed(parsed.field, parsed.problem)
    if (!isHexOf(signature, 65)) return malformed('signature', 'expected 0x and 130 hexadecimal digits')
    const [address, submitted] = command({ message: parsed.message, signature: lowerHex(signature) })
    const answer = await this.ledger.submit(submitted)
    if (answer.status === 'refused') return refusalView(answer.refusal)
    const { commandId, lastPosition } = answer
    return { __typename: 'Movement' as const, commandId, position: lastPosition, wallet: { address } }
  }
}

/** No decision on the message, which may be sent again; the ledger does not hear of it. */
const chainInDoubt: RefusalView = refusedWith(
  'CHAIN_IN_DOUBT',
  'The chain differs from what was followed so far, so nothing is paid out to it. Your credits are untouched. Send the same withdrawal again when the network is ready.',
)
