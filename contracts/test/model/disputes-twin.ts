/** The transactions on `Disputes` that demands and answers of the model stand for: leaves, statements, entries, holds, lanes, forced withdrawals. */
import { type Hex, zeroHash } from 'viem'
import { disputesAbi } from '../../generated/index.ts'
import type { Answer, Demand } from '../../model/demands.ts'
import { inboxKey } from '../../model/messages.ts'
import type { Leaf as ModelLeaf, Statement } from '../../model/state.ts'
import { debitEvidence, holdEvidence } from '../support/evidence.ts'
import { type Entry, entriesRoot, entryProof, laneKey, leafProof, type PlacedLeaf } from '../support/trees.ts'
import { holdEntries, laneEntries, leafOfModel } from './leaves.ts'
import type { Messages } from './messages.ts'
import { addressOf, placeOfAccount, twinParams } from './names.ts'
import type { Step } from './record.ts'
import { encode, type Sending, type TwinChain } from './twin-chain.ts'

/** What the twin of the settlement contract knows of an epoch. */
export type Books = {
  leavesOf(epoch: number): readonly PlacedLeaf[]
  parentOf(epoch: number): number
  postedAt(epoch: number): number
  rowProofOf(epoch: number, payee: string): { part: number; index: number; row: Hex; siblings: Hex[] } | undefined
}

/** `isRanked`: with as many demands before it as in the model. */
type Asked = { readonly id: Hex; readonly epoch: number; readonly demand: Demand; readonly isRanked: boolean }

const kinds = { leaf: 0, statement: 1, entry: 3, hold: 4, lane: 5, forced: 7 } as const
const openings = {
  leaf: 'demandLeaf',
  statement: 'demandStatement',
  entry: 'demandEntry',
  hold: 'demandHold',
  lane: 'demandLane',
  forced: 'demandForced',
} as const

type Kind = keyof typeof kinds
type Own = Extract<Demand, { readonly kind: Kind }>
const isOwn = (demand: Demand): demand is Own => demand.kind in kinds

/** Demands that are asked of the contract itself; the model's others are passed on by whoever plays the game. */
export class DisputesTwin {
  private readonly asked = new Map<number, Asked>()
  private readonly ids = new Set<Hex>()
  private readonly stated = new Map<string, Statement>()

  constructor(
    private readonly chain: TwinChain,
    private readonly books: Books,
    private readonly messages: Messages,
    private readonly inbox: (index: number) => { readonly account: string; readonly asked: number } | undefined,
  ) {}

  idOf(number: number): Hex | undefined {
    return this.asked.get(number)?.id
  }

  /** Opens a demand, if it is of a kind and in a place of its row that the contract can be asked for in the same way. */
  async opening({ caller, action, result, now }: Step): Promise<Sending[]> {
    if (action.type !== 'openDemand' || !isOwn(action.demand)) return []
    const { demand, epoch, follows } = action
    const followed = follows === undefined ? undefined : this.asked.get(follows)
    const isRanked = follows === undefined || followed?.isRanked === true
    // What follows a demand that the contract was not asked is the first of a row there, while the window runs.
    const isFirst = followed === undefined && now < this.books.postedAt(epoch) + twinParams.windowSeconds
    if (!isRanked && !(result.isAccepted && (followed !== undefined || isFirst))) return []
    const before = followed?.id ?? zeroHash
    const question = this.questionOf(epoch, demand)
    const id = await this.chain.read<Hex>(this.chain.addresses.disputes, disputesAbi, 'idOf', [question])
    // The model asks the same twice, the contract does not; and it asks for no statement that stands.
    const isStated = demand.kind === 'statement' && this.stated.has(`${epoch} ${demand.account}`)
    if (this.ids.has(id) || isStated) return []
    if (result.isAccepted) {
      this.ids.add(id)
      this.asked.set(result.value, { id, epoch, demand, isRanked })
    }
    const where = demand.kind === 'forced' ? [demand.index + 1] : [question.place]
    const key = 'key' in demand ? [question.key] : []
    return [this.sending(caller, openings[demand.kind], epoch, ...where, ...key, before)]
  }

  /** States what an answer shows for the first time, and answers. Of refused answers those of accounts that are stated. */
  async answer({ caller, action, result, epoch }: Step): Promise<Sending[]> {
    if (action.type !== 'answer' || epoch === undefined) return []
    const { answer } = action
    const shown = [...(answer.statements ?? [])]
    const isStanding = shown.every(([account, statement]) => this.stated.get(`${epoch} ${account}`) === statement)
    const asked = this.asked.get(action.demand)
    if (!result.isAccepted && (asked === undefined || !isStanding)) return []
    const own = asked === undefined ? [] : await this.answering(caller, asked, answer)
    const isAnsweredByStatement = asked?.demand.kind === 'statement'
    const stating = shown.flatMap(([account, statement]) => {
      if (this.stated.has(`${epoch} ${account}`)) return []
      this.stated.set(`${epoch} ${account}`, statement)
      const isSame = isAnsweredByStatement && 'account' in asked.demand && asked.demand.account === account
      return isSame ? [] : [this.sending(caller, 'state', epoch, ...this.statementArgs(epoch, account, statement))]
    })
    return [...stating, ...own]
  }

  private async answering(caller: string, { epoch, demand }: Asked, answer: Answer): Promise<Sending[]> {
    if (!isOwn(demand)) return []
    const account = demand.kind === 'forced' ? (this.inbox(demand.index)?.account ?? '') : demand.account
    const place = placeOfAccount(account)
    const answering = (name: string, ...args: readonly unknown[]) => [this.sending(caller, name, epoch, ...args)]
    if (demand.kind === 'leaf') return answering('answerLeaf', place, leafProof(this.books.leavesOf(epoch), place))
    const statement = answer.statements?.get(account) ?? this.stated.get(`${epoch} ${account}`)
    if (statement === undefined) return []
    if (demand.kind === 'statement')
      return answering('answerStatement', ...this.statementArgs(epoch, account, statement))
    const entries = this.entriesOf(statement)
    const shown = this.structOf(statement, entries)
    if (demand.kind === 'forced') {
      const proof = entryProof(entries, this.messages.keyOf(inboxKey(demand.index)))
      return answering('answerForced', demand.index + 1, shown, proof)
    }
    if (demand.kind === 'lane') {
      const [signer = '', lane = '0'] = demand.key.split('/')
      const key = laneKey(addressOf(signer), Number(lane))
      const proofs = [statement.opening, statement.closing].map(leaf => entryProof(laneEntries(leaf), key))
      return answering('answerLane', place, key, shown, ...proofs)
    }
    const key = this.messages.keyOf(demand.key)
    if (demand.kind === 'entry') {
      const evidence = await this.debitEvidence(epoch, demand.key, statement, answer)
      return answering('answerEntry', place, key, shown, entryProof(entries, key), evidence)
    }
    const proof = entryProof(this.holdsOf(statement.closing), key)
    return answering('answerHold', place, key, shown, proof, await this.holdEvidence(statement, answer))
  }

  private async debitEvidence(epoch: number, key: string, statement: Statement, { allowance }: Answer): Promise<Hex> {
    if (allowance === undefined) return '0x'
    switch (allowance.kind) {
      case 'message': {
        const { struct, signature } = await this.messages.signed(allowance.message)
        const lanes = this.lanesOf(statement, allowance.message)
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
    const opening = this.holdsOf(statement.opening)
    const isStanding = opening.some(({ key }) => key === digest)
    const origin = {
      isStanding,
      openingHold: entryProof(opening, digest),
      lanes: this.lanesOf(statement, signed),
    }
    const authority = await this.messages.authority(signed, permission)
    const closingHold = entryProof(this.holdsOf(statement.closing), digest)
    return { order: { order: struct, authority, origin }, closingHold }
  }

  private lanesOf(
    { opening, closing }: Statement,
    { signer, message }: { readonly signer: string; readonly message: { readonly lane: number } },
  ) {
    const key = laneKey(addressOf(signer), message.lane)
    return { opening: entryProof(laneEntries(opening), key), closing: entryProof(laneEntries(closing), key) }
  }

  private statementArgs(epoch: number, account: string, statement: Statement) {
    const place = placeOfAccount(account)
    const { root, sum } = this.structOf(statement, this.entriesOf(statement))
    const holds = this.holdsOf(statement.closing)
    const opening = leafProof(this.books.leavesOf(this.books.parentOf(epoch)), place)
    const closing = leafProof(this.books.leavesOf(epoch), place)
    return [place, { opening, closing, root, sum, holds: entryProof(holds, holds[0]?.key ?? zeroHash) }] as const
  }

  private structOf({ opening, closing }: Statement, entries: readonly Entry[]) {
    const leaf = (of: ModelLeaf) => leafOfModel(of, this.messages)
    const sum = entries.reduce((total, { value }) => total + value, 0n)
    return { opening: leaf(opening), closing: leaf(closing), root: entriesRoot(entries).hash, sum }
  }

  private readonly holdsOf = (leaf: ModelLeaf) => holdEntries(leaf, this.messages)

  private entriesOf({ entries }: Statement): Entry[] {
    const moved = [...entries].filter(([, { credit, debit }]) => credit !== 0 || debit !== 0)
    return moved.map(([key, { credit, debit }]) => ({
      key: this.messages.keyOf(key),
      value: (BigInt(credit) << 64n) | BigInt(debit),
    }))
  }

  private questionOf(epoch: number, demand: Own) {
    if (demand.kind === 'forced') {
      const item = this.inbox(demand.index)
      const key = this.messages.keyOf(inboxKey(demand.index))
      const place = placeOfAccount(item?.account ?? '')
      return { epoch, kind: kinds.forced, place, key, value: BigInt(item?.asked ?? 0) }
    }
    const place = placeOfAccount(demand.account)
    return { epoch, kind: kinds[demand.kind], place, key: this.keyOfDemand(demand), value: 0n }
  }

  private keyOfDemand(demand: Own): Hex {
    if (demand.kind === 'entry' || demand.kind === 'hold') return this.messages.keyOf(demand.key)
    if (demand.kind !== 'lane') return zeroHash
    const [signer = '', lane = '0'] = demand.key.split('/')
    return laneKey(addressOf(signer), Number(lane))
  }

  readonly sending = (caller: string, name: string, ...args: readonly unknown[]): Sending => ({
    caller,
    call: { to: this.chain.addresses.disputes, data: encode(disputesAbi, name, args) },
  })
}
