import type { Instruction, Permission, Receipt, Release, Transfer } from '../messages.ts'
import type { Random } from '../random.ts'
import type { KeyRing, Sign, Signed } from '../signatures.ts'
import { epochOf, type State } from '../state.ts'

/** A deadline after every game. */
export const never = 1_000_000

/** Everybody's keys, and what the owners have signed that others might misuse. */
export class People {
  readonly honest = ['alice', 'bob', 'nora'] as const
  readonly nodes = ['nora', 'mallory'] as const
  readonly honestNode = 'nora'
  /** What a falsification has prepared against a victim for a later epoch. */
  readonly grudges = new Map<string, 'replay'>()
  private readonly signs = new Map<string, Sign>()
  private readonly instructions = new Map<string, Signed<Instruction>>()
  private readonly keptBack = new Map<string, Signed<Transfer>>()
  private readonly receipts = new Map<string, Signed<Receipt>>()
  private readonly nonces = new Map<string, number>()
  readonly permissions: Signed<Permission>[] = []

  constructor(private readonly keys: KeyRing) {}

  signAs(name: string): Sign {
    const sign = this.signs.get(name) ?? this.keys.keyOf(name)
    this.signs.set(name, sign)
    return sign
  }

  bear(victim: string): true {
    this.grudges.set(victim, 'replay')
    return true
  }

  nextNonce(lane: string): number {
    const nonce = (this.nonces.get(lane) ?? 0) + 1
    this.nonces.set(lane, nonce)
    return nonce
  }

  /** Signs a transfer that the ledger does not take, so that its owner counts on its deadline. */
  keepBack(wallet: string, amount: number, deadline: number): void {
    const body: Transfer = { type: 'Transfer', wallet, to: 'mallory', amount, deadline, lane: 5, nonce: 1 }
    this.keptBack.set(wallet, this.signAs(wallet)(body))
  }

  keptBackBy(wallet: string): Signed<Transfer> | undefined {
    return this.keptBack.get(wallet)
  }

  /** The one receipt that a node signs for an order. */
  receiptFor(order: string, node: string, units: number): Signed<Receipt> {
    const made = this.receipts.get(order)
    if (made !== undefined) return made
    const sequence = this.nextNonce(`receipts of ${node}`)
    const receipt = this.signAs(node)<Receipt>({ type: 'Receipt', order, node, sequence, units })
    this.receipts.set(order, receipt)
    return receipt
  }

  /** What a node signs to give an order back; nothing once it has signed a receipt for it, since either would answer for its pay. */
  releaseFor(order: string, node: string): Signed<Release> | undefined {
    if (this.receipts.has(order)) return undefined
    return this.signAs(node)<Release>({ type: 'Release', order, node })
  }

  permit(wallet: string, spendMax: number, counterparties: readonly string[], expires: number, nonce: number): void {
    const terms = { wallet, delegate: 'dave', spendMax, counterparties, expires, nonce }
    this.permissions.push(this.signAs(wallet)<Permission>({ type: 'Permission', ...terms }))
  }

  instruct(wallet: string, least: number, expires: number): Signed<Instruction> {
    const signed = this.signAs(wallet)<Instruction>({ type: 'Instruction', wallet, least, expires })
    this.instructions.set(wallet, signed)
    return signed
  }

  instructionOf(wallet: string): Signed<Instruction> | undefined {
    return this.instructions.get(wallet)
  }

  /** The delegate signs what its permission does not cover: too much, to another, too late or after its revocation. */
  overdraw(
    random: Random,
    state: State,
    parent: number,
  ): { permission: Signed<Permission>; message: Signed<Transfer> } {
    const permission = random.pick(this.permissions)
    const { wallet, spendMax, counterparties, expires, nonce: number } = permission.message
    const { closedAt, cut } = epochOf(state, parent).header
    const isOver = expires <= closedAt || (state.revocations.get(`${wallet}/${number}`) ?? cut) < cut
    const isToOther = !isOver && random.isOnceIn(2)
    const amount = isOver || isToOther ? spendMax : spendMax + random.between(1, 20)
    const nonce = this.nextNonce(`dave for ${wallet}`)
    const to = isToOther ? 'mallory' : (counterparties[0] ?? 'mallory')
    const body: Transfer = { type: 'Transfer', wallet, to, amount, deadline: never, lane: 1, nonce }
    return { permission, message: this.signAs('dave')(body) }
  }
}
