/** The transactions on `Settlement` that an action of the model stands for. */
import type { Wrong } from '../../model/direct-proofs.ts'
import type { Random } from '../../model/random.ts'
import type { Header } from '../../model/state.ts'
import { encodeRows, type PayoutRow, type RowProof } from '../../rows/rows.ts'
import type { PlacedLeaf } from '../support/trees.ts'
import { proofsOf, showAbsence } from '../support/watcher.ts'
import { DisputesTwin, type Inbox } from './disputes-twin.ts'
import { leavesOfEpoch, rootOf, shownLeaf } from './leaves.ts'
import type { Messages } from './messages.ts'
import { addressOf, ownerOf, placeOfAccount, wei } from './names.ts'
import type { Step } from './record.ts'
import type { Sending, TwinChain } from './twin-chain.ts'

type PostedEpoch = {
  readonly epoch: bigint
  readonly cut: bigint
  readonly parent: number
  readonly parts: PayoutRow[][]
  readonly leaves: readonly PlacedLeaf[]
}

/** Remembers what a game has posted and registered, so that it can be shown. */
export class SettlementTwin {
  private readonly posted = new Map<number, PostedEpoch>([
    [0, { epoch: 0n, cut: 0n, parent: 0, parts: [], leaves: [] }],
  ])
  private readonly payees = new Map<string, number>()
  private finalEpoch = 0
  readonly disputes: DisputesTwin

  constructor(
    private readonly chain: TwinChain,
    private readonly random: Random,
    private readonly messages: Messages,
    inbox: Inbox,
  ) {
    this.disputes = new DisputesTwin(chain, this, messages, inbox)
  }

  /** The transactions that a step stands for; none where the contracts have nothing like it. */
  async sendingsOf(step: Step): Promise<Sending[]> {
    const own = await this.ownSendings(step)
    const closing = step.closed.flatMap(number => {
      const isEnd = (step.action.type === 'answer' || step.action.type === 'timeOut') && step.action.demand === number
      return isEnd ? [] : [this.disputes.sending('anybody', 'refund', this.disputes.idOf(number))]
    })
    return [...own, ...closing]
  }

  private async ownSendings(step: Step): Promise<Sending[]> {
    const { caller, action, result } = step
    const send = (name: string, ...args: readonly unknown[]) => [this.sending(caller, name, ...args)]
    switch (action.type) {
      case 'deposit':
        return send('deposit', wei(action.amount))
      case 'forceWithdrawal':
        return send('forceWithdrawal', action.amount)
      case 'revoke':
        return send('revoke', addressOf('dave'), action.nonce)
      case 'registerPayee':
        if (!this.payees.has(action.account)) this.payees.set(action.account, this.payees.size + 1)
        return send('registerPayees', [addressOf(action.account)])
      case 'pushReceipt':
        return this.disputes.receipts.push(caller, action.receipt, action.certificate)
      case 'postEpoch':
        return this.post(step, action.header)
      case 'cancel':
        return send('cancel', action.epoch)
      case 'finalise':
        if (result.isAccepted) this.finalEpoch = action.epoch
        return send('finalise', action.epoch)
      case 'claim': {
        const proof = this.rowOf(action.epoch, action.payee)
        return proof === undefined ? [] : send('claim', proof.epoch, proof.part, proof.index, proof.row, proof.siblings)
      }
      case 'cancelWrong':
        return this.cancelWrong(step, action.epoch, action.wrong)
      case 'switchToExit':
        return [...send('startExit'), ...(result.isAccepted ? this.burnings(step) : [])]
      case 'takeLeaf': {
        const { name, isPayable, isNetwork } = ownerOf(action.account)
        const { leaf, siblings } = this.shown(this.finalEpoch, action.account)
        return isNetwork ? [] : send('exitClaim', addressOf(name), isPayable, leaf, siblings)
      }
      case 'takeDeposit':
        return send('exitDeposit', action.index + 1)
      case 'openDemand':
        return this.disputes.opening(step)
      case 'rank':
        return this.disputes.rank(step, action.demand, action.follows)
      case 'answer':
        return this.disputes.answer(step)
      case 'timeOut':
        return [this.disputes.sending(caller, 'expire', this.disputes.idOf(action.demand))]
    }
  }

  /** Some epochs come in two parts. */
  private post({ caller, result }: Step, header: Header): Sending[] {
    const amounts = [...header.leaves.values()].flatMap(({ available, held }) => [available, held])
    // On the chain no amount can be negative, so that there is nothing to send.
    if ([header.burn, ...amounts].some(amount => amount < 0)) return []
    const rows = header.rows.map(row => ({
      payeeId: this.payees.get(row.payee) ?? this.payees.size + 1,
      incrementMicrocredits: BigInt(row.increment),
      cumulativeMicrocredits: BigInt(row.cumulative),
      previousEpoch: row.previousEpoch,
    }))
    rows.sort((a, b) => a.payeeId - b.payeeId)
    const isSplit = result.isAccepted && rows.length > 1 && this.random.isOnceIn(2)
    const parts = isSplit ? [rows.slice(0, 1), rows.slice(1)] : rows.length > 0 ? [rows] : []
    const leaves = leavesOfEpoch(header, this.messages)
    const root = rootOf(leaves)
    const cut = BigInt(header.cut === 0 ? 0 : header.cut + 1)
    const onChain = {
      parent: header.parent,
      inboxCut: cut,
      journalPosition: header.position,
      closedAt: this.chain.timeOf(header.closedAt),
      journalHash: root.hash,
      burnMicrocredits: header.burn,
      leavesRoot: root.hash,
      leavesTotalMicrocredits: root.sum,
      rowCount: rows.length,
    }
    const id = result.isAccepted ? result.value : 0
    if (result.isAccepted) this.posted.set(id, { epoch: BigInt(id), cut, parent: header.parent, parts, leaves })
    const [first = [], ...more] = parts
    return [
      this.sending(caller, 'postEpoch', onChain, encodeRows(first)),
      ...more.map(part => this.sending(caller, 'postRows', id, encodeRows(part))),
    ]
  }

  private async cancelWrong({ caller }: Step, id: number, wrong: Wrong): Promise<Sending[]> {
    if (wrong.kind === 'stale') {
      const acceptance = await this.messages.acceptance(wrong.acceptance)
      return [this.disputes.receipts.sending(caller, 'cancelStale', id, acceptance)]
    }
    if (wrong.kind === 'payable') {
      const { leaf, siblings } = this.shown(id, `payable:${wrong.payee}`)
      const youngest = this.epochOf(id).cut - 1n
      const shown = [id, addressOf(wrong.payee), leaf, siblings, youngest < 0n ? 0n : youngest]
      return [this.sending(caller, 'cancelUnpaid', ...shown)]
    }
    const row = this.rowOf(id, wrong.payee)
    if (row === undefined) return []
    const earlier = this.rowOf(wrong.earlier, wrong.payee)
    if (earlier !== undefined) return [this.sending(caller, 'cancelWrongRow', row, earlier)]
    const named = this.posted.get(Number(`0x${row.row.slice(-8)}`)) ?? this.epochOf(0)
    const absence = showAbsence(named, this.payees.get(wrong.payee) ?? 0)
    return [this.sending(caller, 'cancelRowWithoutPrevious', row, ...absence)]
  }

  /** Whoever starts the exit burns what is nobody's: the model does it in one step. */
  private burnings({ caller, unearned = [] }: Step): Sending[] {
    const names = ['treasury', 'rewards', 'clearing'].filter(name => this.has(this.finalEpoch, name))
    const leaves = names.map(name => {
      const { leaf, siblings } = this.shown(this.finalEpoch, name)
      return this.sending(caller, 'exitBurn', name, leaf, siblings)
    })
    const genesis = this.epochOf(this.finalEpoch).cut === 0n ? [0] : []
    return [...leaves, ...[...genesis, ...unearned].map(index => this.sending(caller, 'exitBurnItem', index))]
  }

  private epochOf(id: number): PostedEpoch {
    const posted = this.posted.get(id)
    if (posted === undefined) throw new RangeError(`epoch ${id} was not posted`)
    return posted
  }

  private has(id: number, account: string): boolean {
    const found = this.epochOf(id).leaves.find(({ place }) => place === placeOfAccount(account))
    return found !== undefined && found.leaf.available + found.leaf.held > 0n
  }

  private readonly shown = (id: number, account: string) => shownLeaf(this.epochOf(id).leaves, placeOfAccount(account))

  leavesOf(id: number): readonly PlacedLeaf[] {
    return this.epochOf(id).leaves
  }

  parentOf(id: number): number {
    return this.epochOf(id).parent
  }

  rowProofOf(id: number, payee: string): RowProof | undefined {
    return this.rowOf(id, payee)
  }

  private rowOf(id: number, payee: string): RowProof | undefined {
    const posted = this.posted.get(id)
    return posted && proofsOf(posted, this.payees.get(payee) ?? 0)[0]?.proof
  }

  private readonly sending = (caller: string, name: string, ...args: readonly unknown[]): Sending => ({
    caller,
    call: this.chain.settlement(name, args),
  })
}
