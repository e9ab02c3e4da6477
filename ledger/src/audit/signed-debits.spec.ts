import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Purchase, purchaseType } from '../account/purchase.ts'
import { transferType } from '../account/transfer.ts'
import { type Address, bytesToHex, type Hex, zeroHash } from '../hex.ts'
import { jobOrderType } from '../hold/job-order.ts'
import { walletAccount } from '../journal/account-name.ts'
import { chainHash, encodeEvent } from '../journal/codec.ts'
import type { LedgerEvent, LedgerEventType } from '../journal/event.ts'
import { evolve } from '../journal/evolve.ts'
import { LedgerInvariantError } from '../journal/invariant-error.ts'
import { initialState } from '../journal/state.ts'
import { walletDebits } from '../journal/wallet-debits.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { Actor, digestOfOrder, testStartMs } from '../testing/actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder, escrowRelease } from '../testing/escrow-actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { digestOfIou, iou, iouRedemption } from '../testing/iou-actors.ts'
import { permissionOf, revocationOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import type { Message, Signed } from '../typed-data/types.ts'
import { type AuditFinding, Auditor } from './auditor.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const gateway = new Actor(3)
const mallory = new Actor(4)
const node = new Actor(11)

const deadline = BigInt(testStartMs / 1000 + 600)

function transferBy(signer: Actor, nonce: bigint) {
  const about = { from: ann.address, to: bob.address, amountMicrocredits: 7n, lane: 0, nonce, deadline }
  return { type: 'TransferCredits', transfer: signer.sign(transferType, about) } as const
}

/** Credits leave Ann's wallet in every way that there is, signed by her and, where that is possible, by her delegate. */
function journal(): readonly LedgerEvent[] {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 20_000_000n)
  ledger.accept({
    type: 'GrantPermission',
    permission: permissionOf(ann, gateway, { hourMicrocreditsMax: 3_000_000n }),
  })
  const own = { amountMicrocredits: 5n, reference: zeroHash, lane: 0, deadline }
  for (const [nonce, signer] of [ann, gateway].entries()) {
    const first = BigInt(4 * nonce + 1)
    ledger.accept(transferBy(signer, first))
    const purchase: Purchase = { ...own, wallet: ann.address, seller: bob.address, nonce: first + 1n }
    ledger.accept({ type: 'BuyService', purchase: signer.sign(purchaseType, purchase) })
    const order = signer.sign(jobOrderType, ann.order({ nonce: first + 2n }).message)
    const orderDigest = ledger.assigned(order, node)
    ledger.settle(node.receipt(orderDigest, { sequence: first }))
    const escrow = escrowOrder(signer, { wallet: ann.address, seller: bob.address, nonce: first + 3n })
    ledger.accept({ type: 'OpenEscrow', order: escrow })
    ledger.accept({ type: 'CaptureEscrow', capture: escrowCapture(signer, digestOfEscrow(escrow), 9n, ann.address) })
  }
  ledger.accept({ type: 'RevokePermission', revocation: revocationOf(ann, gateway, 1n) })
  payMore(ledger)
  return ledger.events
}

/** What the wallet alone may sign, and what only gives back. */
function payMore(ledger: TestLedger): void {
  const order = ann.order({ nonce: 20n })
  ledger.accept({ type: 'OpenHold', order })
  ledger.accept({ type: 'CancelOrder', cancellation: ann.cancellation(digestOfOrder(order)) })
  const escrow = escrowOrder(ann, { seller: bob.address, nonce: 21n })
  ledger.accept({ type: 'OpenEscrow', order: escrow })
  ledger.accept({ type: 'ReleaseEscrow', release: escrowRelease(bob, digestOfEscrow(escrow)) })
  const promise = iou(ann, { creditor: bob.address, nonce: 22n })
  ledger.accept({ type: 'IssueIou', iou: promise })
  const paid = { iou: digestOfIou(promise), amountMicrocredits: 11n, nonce: 23n }
  ledger.accept({ type: 'RedeemIou', redemption: iouRedemption(ann, paid) })
  ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 13n, nonce: 24n }) })
  ledger.accept({ type: 'Link', commands: [transferBy(ann, 25n), transferBy(ann, 26n)] })
  ledger.submit({
    type: 'TransferCredits',
    transfer: ann.transfer({ to: bob.address, amountMicrocredits: 10n ** 9n, nonce: 27n }),
  })
  ledger.accept({ type: 'OpenHold', order: ann.order({ nonce: 28n }) })
  ledger.nowMs = Number(deadline + 900n) * 1000
  ledger.accept({ type: 'InstructPayouts', instruction: ann.instruction() })
  ledger.accept({ type: 'PayByInstruction', wallet: ann.address })
  ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
  ledger.accept({ type: 'CloseEpoch', epoch: 1 })
}

type Audited = { readonly event: LedgerEvent; readonly signers: ReadonlySet<Address> }

/** Follows events whose chain of hashes is whole, and notes whose signatures the auditor found in each. */
function audit(events: readonly LedgerEvent[]): {
  readonly audited: readonly Audited[]
  readonly finding?: AuditFinding
} {
  let signers = new Set<Address>()
  const crypto: LedgerCrypto = {
    ...ethersCrypto,
    recoverSigner: (digest, signature) => {
      const signer = ethersCrypto.recoverSigner(digest, signature)
      if (signer !== undefined) signers.add(signer)
      return signer
    },
  }
  const auditor = new Auditor(crypto)
  const audited: Audited[] = []
  let hash: Hex = zeroHash
  for (const event of events) {
    signers = new Set()
    const payload = encodeEvent(event)
    hash = chainHash(ethersCrypto, hash, payload)
    const finding = auditor.follow(event, payload, hash)
    if (finding !== undefined) return { audited, finding }
    audited.push({ event, signers })
  }
  return { audited }
}

function debitedWallets({ entries }: LedgerEvent): readonly string[] {
  return entries
    .filter(entry => entry.amountMicrocredits < 0n)
    .map(entry => entry.account)
    .filter(account => account.startsWith('wallet:'))
}

/** Whom a wallet let spend, or what it let be paid out, by an earlier event that carries its own signature. */
function isAllowedBefore(wallet: Address, { event, signers }: Audited, before: readonly Audited[]): boolean {
  return before.some(earlier => {
    if (!earlier.signers.has(wallet)) return false
    if (earlier.event.type === 'PermissionGranted') {
      return (
        signers.has(earlier.event.data.permission.message.delegate) &&
        earlier.event.data.permission.message.wallet === wallet
      )
    }
    if (earlier.event.type !== 'PayoutInstructed' || event.type !== 'PayoutScheduled') return false
    return event.data.instructionDigest === earlier.event.commandId
  })
}

/** The event with the signature of a stranger over the same message, or without the instruction that it names. */
function unsigned(event: LedgerEvent): LedgerEvent {
  const data = Object.entries(event.data).map(([name, value]) => {
    if (name === 'instructionDigest') return [name, bytesToHex(new Uint8Array(32))]
    const isSigned = typeof value === 'object' && value !== null && 'signature' in value
    return [
      name,
      isSigned ? { ...(value as Signed<Message>), signature: mallory.signDigest(event.commandId as Hex) } : value,
    ]
  })
  return { ...event, data: Object.fromEntries(data) } as LedgerEvent
}

describe('credits that leave a wallet', () => {
  it('leave it only under a signature that the auditor found to be the wallet’s, or that of whom it permitted', () => {
    const { audited, finding } = audit(journal())
    assert.equal(finding, undefined)
    for (const [index, one] of audited.entries()) {
      for (const account of debitedWallets(one.event)) {
        const wallet = account.slice('wallet:'.length) as Address
        const isSigned = one.signers.has(wallet) || isAllowedBefore(wallet, one, audited.slice(0, index))
        assert.ok(isSigned, `${one.event.type} at ${one.event.position} debits ${account} and nobody signed`)
      }
    }
  })

  it('leave it by the kinds of event that are said to debit wallets, each of which is in the journal that was walked', () => {
    const debiting = new Set(
      journal()
        .filter(event => debitedWallets(event).length > 0)
        .map(event => event.type),
    )
    const said = Object.entries(walletDebits)
      .filter(([, debit]) => debit === 'signature')
      .map(([type]) => type)
    assert.deepEqual([...debiting].sort(), said.sort())
  })

  it('do not leave it when a stranger signed the same message, or the instruction is not the wallet’s', () => {
    const events = journal()
    for (const event of events.filter(one => debitedWallets(one).length > 0)) {
      const { finding } = audit(events.with(event.position - 1, unsigned(event)))
      assert.equal(finding?.position, event.position, `${event.type} at ${event.position}: ${finding?.problem}`)
    }
  })

  it('do not leave it by a line more in the entries of any event', () => {
    const events = journal()
    for (const event of events) {
      const stolen = [
        { account: walletAccount(ann.address), amountMicrocredits: -1n },
        { account: walletAccount(mallory.address), amountMicrocredits: 1n },
      ]
      const { finding } = audit(events.with(event.position - 1, { ...event, entries: [...event.entries, ...stolen] }))
      assert.equal(finding?.position, event.position, `${event.type} at ${event.position}: ${finding?.problem}`)
    }
  })

  it('do not leave it by any other kind of event, whatever a decider says', () => {
    const kinds = Object.entries(walletDebits) as [LedgerEventType, string][]
    for (const [type] of kinds.filter(([, debit]) => debit === 'none')) {
      const state = initialState()
      state.balances.set(walletAccount(ann.address), 5n)
      const entries = [
        { account: walletAccount(ann.address), amountMicrocredits: -1n },
        { account: 'treasury', amountMicrocredits: 1n },
      ]
      const event = {
        type,
        data: {},
        position: 1,
        atMs: testStartMs,
        commandId: 'none',
        entries,
      } as unknown as LedgerEvent
      assert.throws(
        () => evolve(state, event, zeroHash, ethersCrypto),
        (error: unknown) => error instanceof LedgerInvariantError && error.message.includes('may not take credits'),
        type,
      )
    }
  })
})
