/** The transactions by which a credit is demanded on each of its grounds. */
import { type MessageType, payoutInstructionType, transferType, withdrawalType } from '@deparrow/ledger'
import { concatHex, encodeAbiParameters, type Hex, numberToHex } from 'viem'
import { disputesAbi } from '../../generated/index.ts'
import type { CreditGround } from '../../model/demands.ts'
import type { CreditDemand } from '../../model/judge-credit.ts'
import {
  type Instruction,
  inboxKey,
  instructionKey,
  payableOf,
  type Transfer,
  type Withdrawal,
} from '../../model/messages.ts'
import { digestOf, type Signed } from '../../model/signatures.ts'
import type { InboxItem, Statement } from '../../model/state.ts'
import { structFields } from '../support/messages.ts'
import type { Messages } from './messages.ts'
import { placeOfAccount } from './names.ts'
import { unstated } from './receipts-twin.ts'
import type { Shown } from './shown.ts'
import { encode, type Sending, type TwinChain } from './twin-chain.ts'

const CREDIT = 6

/** The numbers of `MovementKind`. */
const movementKinds = { Transfer: 0, Withdrawal: 5, Instruction: 6, forced: 7 } as const
const messageTypes = { Transfer: transferType, Withdrawal: withdrawalType, Instruction: payoutInstructionType } as const

/** Whom a ground names, whose statement it needs, and how much that shows or the ground itself says. */
type Named = { readonly account: string; readonly key: string; readonly debtor?: string; readonly amount?: number }

/** Asks for credits; the contract takes account, key and amount from the ground. */
export class CreditsTwin {
  constructor(
    private readonly chain: TwinChain,
    private readonly messages: Messages,
    private readonly shown: Shown,
    private readonly inbox: (index: number) => InboxItem | undefined,
    private readonly statementOf: (epoch: number, account: string) => Statement | undefined,
  ) {}

  questionOf(epoch: number, demand: CreditDemand) {
    const { account, key, debtor, amount } = this.named(demand)
    const debit = debtor === undefined ? 0 : (this.statementOf(epoch, debtor)?.entries.get(key)?.debit ?? 0)
    const value = BigInt(amount ?? debit)
    return { epoch, kind: CREDIT, place: placeOfAccount(account), key: this.messages.keyOf(key), value }
  }

  /** Nothing where the model's demand names another account or key than its ground: the contract cannot be asked for that. */
  async opening(caller: string, epoch: number, demand: CreditDemand, before: Hex): Promise<Sending[]> {
    const { account, key, debtor } = this.named(demand)
    if (account !== demand.account || key !== demand.key) return []
    const { ground } = demand
    if (ground.kind === 'deposit') return [this.sending(caller, 'demandDeposit', epoch, ground.index + 1, before)]
    if (ground.kind === 'accepted') {
      const acceptance = await this.messages.acceptance(ground.acceptance)
      const message = await this.encoded(ground.message, key)
      return [this.sending(caller, 'demandAccepted', epoch, movementKinds.Transfer, message, acceptance, before)]
    }
    const isForced = ground.kind === 'forced'
    const kind = movementKinds[isForced ? 'forced' : ground.message.message.type]
    const message = isForced ? numberToHex(ground.index + 1, { size: 32 }) : await this.encoded(ground.message, key)
    const statement = this.statementOf(epoch, debtor ?? '') ?? unstated
    const proof = this.shown.entryProof(statement, this.messages.keyOf(key))
    const struct = this.shown.structOf(statement)
    return [this.sending(caller, 'demandCounterpart', epoch, kind, message, struct, proof, before)]
  }

  private named({ ground, key }: CreditDemand): Named {
    if (ground.kind === 'deposit' || ground.kind === 'forced') {
      const { account = '', amount = 0 } = this.inbox(ground.index) ?? {}
      const own = { key: inboxKey(ground.index) }
      return ground.kind === 'deposit'
        ? { ...own, account, amount }
        : { ...own, account: payableOf(account), debtor: account }
    }
    const { message } = ground.message
    const digest = digestOf(message)
    if (message.type === 'Transfer') {
      const isAccepted = ground.kind === 'accepted'
      const parties = { account: message.to, key: digest }
      return isAccepted ? { ...parties, amount: message.amount } : { ...parties, debtor: message.wallet }
    }
    const isInstruction = message.type === 'Instruction'
    const own = isInstruction ? instructionKey(digest, positionOf(key)) : digest
    return { account: payableOf(message.wallet), key: own, debtor: message.wallet }
  }

  /** The message as the contract decodes it: its struct, and the position of an instruction. */
  private async encoded(signed: Extract<CreditGround, { kind: 'debited' }>['message'], key: string): Promise<Hex> {
    const { struct } = await this.messages.signed(signed as Signed<Transfer | Withdrawal | Instruction>)
    const type: MessageType = messageTypes[signed.message.type]
    const fields = structFields(type)
    const message = encodeAbiParameters(
      fields,
      fields.map(({ name }) => struct[name]),
    )
    if (signed.message.type !== 'Instruction') return message
    return concatHex([message, numberToHex(positionOf(key), { size: 32 })])
  }

  private readonly sending = (caller: string, name: string, ...args: readonly unknown[]): Sending => ({
    caller,
    call: { to: this.chain.addresses.disputes, data: encode(disputesAbi, name, args) },
  })
}

/** The journal position at the end of an instruction's key. */
const positionOf = (key: string): number => Number(key.split('-').at(-1) ?? 0)
