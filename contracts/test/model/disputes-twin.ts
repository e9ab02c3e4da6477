/** The transactions on `Disputes` and `DisputedReceipts` that demands and answers of the model stand for. */
import { type Hex, padHex, zeroHash } from 'viem'
import { disputesAbi } from '../../generated/index.ts'
import type { Answer, Demand } from '../../model/demands.ts'
import { inboxKey } from '../../model/messages.ts'
import type { InboxItem, Statement } from '../../model/state.ts'
import { debitEvidence, holdEvidence } from '../support/evidence.ts'
import { laneKey, leafProof, placedEntries, revealed } from '../support/trees.ts'
import { CreditsTwin } from './credits-twin.ts'
import type { Messages } from './messages.ts'
import { addressOf, placeOfAccount } from './names.ts'
import { isOfOrder, type OrderDemand, ReceiptsTwin, unstated } from './receipts-twin.ts'
import type { Step } from './record.ts'
import { type Books, Shown } from './shown.ts'
import { encode, type Sending, type TwinChain } from './twin-chain.ts'

type Asked = { readonly id: Hex; readonly epoch: number; readonly demand: Demand }

const kinds = { leaf: 0, statement: 1, reveal: 2, entry: 3, hold: 4, lane: 5, forced: 7 } as const
const openings = {
  leaf: 'demandLeaf',
  statement: 'demandStatement',
  reveal: 'demandReveal',
  entry: 'demandEntry',
  hold: 'demandHold',
  lane: 'demandLane',
  forced: 'demandForced',
} as const

/** The tree of a statement's entries, and how many bits of a path a digit of the model is. */
const ENTRIES = 0
const DIGIT_BITS = 4

type Own = Exclude<Demand, OrderDemand | { readonly kind: 'credit' }>

/** The model's inbox. */
export type Inbox = (index: number) => InboxItem | undefined

/** Demands as they are asked of the contracts, and answered there. */
export class DisputesTwin {
  private readonly asked = new Map<number, Asked>()
  private readonly stated = new Map<string, Statement>()
  private readonly shown: Shown
  readonly receipts: ReceiptsTwin
  private readonly credits: CreditsTwin

  constructor(
    private readonly chain: TwinChain,
    private readonly books: Books,
    private readonly messages: Messages,
    private readonly inbox: Inbox,
  ) {
    this.shown = new Shown(books, messages)
    const statementOf = (epoch: number, account: string) => this.stated.get(`${epoch} ${account}`)
    this.receipts = new ReceiptsTwin(chain, messages, this.shown, statementOf)
    this.credits = new CreditsTwin(chain, messages, this.shown, inbox, statementOf)
  }

  /** The id on the chain of a demand of the model. */
  idOf(number: number): Hex {
    return this.askedAs(number).id
  }

  private askedAs(number: number): Asked {
    const asked = this.asked.get(number)
    if (asked === undefined) throw new RangeError(`demand ${number} was not asked`)
    return asked
  }

  /** Opens a demand, if the contracts can be asked for it. */
  async opening({ caller, action, result }: Step): Promise<Sending[]> {
    if (action.type !== 'openDemand') return []
    const { demand, epoch, follows } = action
    const before = this.followed(follows)
    if (result.isAccepted) {
      const question = await this.questionOf(epoch, demand)
      const id = await this.chain.read<Hex>(this.chain.addresses.disputes, disputesAbi, 'idOf', [question])
      this.asked.set(result.value, { id, epoch, demand })
    }
    if (isOfOrder(demand)) return [await this.receipts.opening(caller, epoch, demand, before)]
    if (demand.kind === 'credit') return this.credits.opening(caller, epoch, demand, before)
    return [this.sending(caller, openings[demand.kind], epoch, ...this.askedFor(demand), before)]
  }

  rank({ caller }: Step, number: number, follows: number | undefined): Sending[] {
    return [this.sending(caller, 'rank', this.idOf(number), this.followed(follows))]
  }

  private followed(number: number | undefined): Hex {
    return number === undefined ? zeroHash : this.idOf(number)
  }

  /** States what an answer shows for the first time, and answers. Of refused answers those of accounts that are stated. */
  async answer({ caller, action, result, epoch }: Step): Promise<Sending[]> {
    if (action.type !== 'answer' || epoch === undefined) return []
    const { answer } = action
    const shown = [...(answer.statements ?? [])]
    const isStanding = shown.every(([account, statement]) => this.stated.get(`${epoch} ${account}`) === statement)
    const asked = this.askedAs(action.demand)
    if (!result.isAccepted && !isStanding) return []
    const own = await this.answering(caller, asked, answer)
    const isAnsweredByStatement = asked.demand.kind === 'statement'
    const stating = shown.flatMap(([account, statement]) => {
      if (this.stated.has(`${epoch} ${account}`)) return []
      this.stated.set(`${epoch} ${account}`, statement)
      const isSame = isAnsweredByStatement && 'account' in asked.demand && asked.demand.account === account
      return isSame
        ? []
        : [this.sending(caller, 'state', epoch, ...this.shown.statementArgs(epoch, account, statement))]
    })
    return [...stating, ...own]
  }

  private async answering(caller: string, { epoch, demand }: Asked, answer: Answer): Promise<Sending[]> {
    if (isOfOrder(demand)) return this.receipts.answering(caller, epoch, demand, answer)
    const account = demand.kind === 'forced' ? (this.inbox(demand.index)?.account ?? '') : demand.account
    const place = placeOfAccount(account)
    const answering = (name: string, ...args: readonly unknown[]) => [this.sending(caller, name, epoch, ...args)]
    if (demand.kind === 'leaf') return answering('answerLeaf', place, leafProof(this.books.leavesOf(epoch), place))
    const statement = answer.statements?.get(account) ?? this.stated.get(`${epoch} ${account}`) ?? unstated
    if (demand.kind === 'statement')
      return answering('answerStatement', ...this.shown.statementArgs(epoch, account, statement))
    const struct = this.shown.structOf(statement)
    switch (demand.kind) {
      case 'forced': {
        const proof = this.shown.entryProof(statement, this.messages.keyOf(inboxKey(demand.index)))
        return answering('answerForced', demand.index + 1, struct, proof)
      }
      case 'credit': {
        const { key, value } = await this.questionOf(epoch, demand)
        return answering('answerCredit', place, key, value, struct, this.shown.entryProof(statement, key))
      }
      case 'reveal': {
        const [, tree, path, bits] = this.askedFor(demand)
        const below = revealed(placedEntries(this.shown.entriesOf(statement.entries)), path as Hex, bits as number)
        return answering('answerReveal', place, tree, path, bits, struct, below.siblings, below.frontier)
      }
      case 'lane': {
        const key = keyOfLane(demand.key)
        const proofs = [statement.opening, statement.closing].map(leaf => this.shown.laneProof(leaf, key))
        return answering('answerLane', place, key, struct, ...proofs)
      }
      case 'entry': {
        const key = this.messages.keyOf(demand.key)
        const evidence = await this.debitEvidence(epoch, demand.key, statement, answer)
        return answering('answerEntry', place, key, struct, this.shown.entryProof(statement, key), evidence)
      }
      case 'hold': {
        const key = this.messages.keyOf(demand.key)
        const proof = this.shown.holdProof(statement.closing, key)
        return answering('answerHold', place, key, struct, proof, await this.holdEvidence(statement, answer))
      }
    }
  }

  private async debitEvidence(epoch: number, key: string, statement: Statement, { allowance }: Answer): Promise<Hex> {
    if (allowance === undefined) return '0x'
    switch (allowance.kind) {
      case 'message': {
        const { struct, signature } = await this.messages.signed(allowance.message)
        const lanes = this.shown.laneProofs(statement, allowance.message)
        if (allowance.message.message.type === 'Withdrawal')
          return debitEvidence('withdrawal', { message: struct, signature, lanes })
        const authority = await this.messages.authority(allowance.message, allowance.permission)
        return debitEvidence('transfer', { message: struct, authority, lanes })
      }
      case 'job': {
        const receipt = await this.messages.signed(allowance.receipt)
        const { order, closingHold } = await this.orderOf(statement, allowance.order, allowance.permission)
        const signed = { receipt: receipt.struct, receiptSignature: receipt.signature }
        return debitEvidence('job', { hold: order, ...signed, closingHold })
      }
      case 'instruction': {
        const { struct, signature } = await this.messages.signed(allowance.instruction)
        return debitEvidence('instruction', {
          message: struct,
          signature,
          journalPosition: BigInt(key.split('-').at(-1) ?? 0),
        })
      }
      case 'row': {
        const proof = this.books.rowProofOf(epoch, allowance.payee)
        return proof === undefined ? '0x' : debitEvidence('row', proof)
      }
      case 'forced':
        return debitEvidence('forcedWithdrawal', { index: allowance.index + 1 })
    }
  }

  private async holdEvidence(statement: Statement, { order, permission }: Answer): Promise<Hex> {
    if (order === undefined) return '0x'
    return holdEvidence('job', (await this.orderOf(statement, order, permission)).order)
  }

  private async orderOf(statement: Statement, signed: NonNullable<Answer['order']>, permission: Answer['permission']) {
    const { struct, digest } = await this.messages.signed(signed)
    const origin = {
      isStanding: this.shown.hasHold(statement.opening, digest),
      openingHold: this.shown.holdProof(statement.opening, digest),
      lanes: this.shown.laneProofs(statement, signed),
    }
    const authority = await this.messages.authority(signed, permission)
    const closingHold = this.shown.holdProof(statement.closing, digest)
    return { order: { order: struct, authority, origin }, closingHold }
  }

  private async questionOf(epoch: number, demand: Demand) {
    if (isOfOrder(demand)) return this.receipts.questionOf(epoch, demand)
    if (demand.kind === 'credit') return this.credits.questionOf(epoch, demand)
    if (demand.kind === 'forced') {
      const item = this.inbox(demand.index)
      const key = this.messages.keyOf(inboxKey(demand.index))
      const place = placeOfAccount(item?.account ?? '')
      return {
        epoch,
        kind: kinds.forced,
        place,
        key,
        value: item?.kind === 'ForcedWithdrawal' ? BigInt(item.detail) : 0n,
      }
    }
    const place = placeOfAccount(demand.account)
    const [, ...what] = this.askedFor(demand)
    if (demand.kind !== 'reveal')
      return { epoch, kind: kinds[demand.kind], place, key: (what[0] as Hex | undefined) ?? zeroHash, value: 0n }
    const [tree, path, bits] = what as [number, Hex, number]
    return { epoch, kind: kinds.reveal, place, key: path, value: BigInt((tree << 8) | bits) }
  }

  /** What stands between the epoch and what is followed in the arguments of a demand. */
  private askedFor(demand: Own): readonly unknown[] {
    if (demand.kind === 'forced') return [demand.index + 1]
    const place = placeOfAccount(demand.account)
    switch (demand.kind) {
      case 'reveal': {
        const path = padHex(`0x${demand.path.padEnd(2 * Math.ceil(demand.path.length / 2), '0')}`, {
          size: 32,
          dir: 'right',
        })
        return [place, ENTRIES, path, demand.path.length * DIGIT_BITS]
      }
      case 'lane':
        return [place, keyOfLane(demand.key)]
      case 'entry':
      case 'hold':
        return [place, this.messages.keyOf(demand.key)]
      case 'leaf':
      case 'statement':
        return [place]
    }
  }

  readonly sending = (caller: string, name: string, ...args: readonly unknown[]): Sending => ({
    caller,
    call: { to: this.chain.addresses.disputes, data: encode(disputesAbi, name, args) },
  })
}

function keyOfLane(key: string): Hex {
  const [signer = '', lane = '0'] = key.split('/')
  return laneKey(addressOf(signer), Number(lane))
}
