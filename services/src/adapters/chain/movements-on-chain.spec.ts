import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { disputedReceiptsAbi, disputesAbi, dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import {
  type DebitEvidence,
  type EscrowCapture,
  type EscrowOrder,
  escrowCaptureType,
  escrowOrderType,
  type Hex,
  type Iou,
  type IouRedemption,
  inboxKey,
  iouRedemptionType,
  iouType,
  lowerHex,
  type Message,
  type MessageType,
  type PayoutInstruction,
  type Purchase,
  payoutInstructionType,
  purchaseType,
  typedDataDigest,
  usageReceiptType,
  zeroHash,
} from '@deparrow/ledger'
import { ethersCrypto, testConfig } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { CertifiedOrder } from '@deparrow/sdk/disputes'
import { viewAccount } from '@deparrow/sdk/disputes'
import { type Abi, BaseError, ContractFunctionRevertedError, encodeFunctionData, parseEther } from 'viem'
import { clock, depositor, LocalSettlement, must } from './local-settlement.spec.fixture.ts'
import { ann, bob, type ChainLife, credit, node, SettledNetwork } from './settled-network.spec.fixture.ts'

const [windowSeconds, answerSeconds] = [3_600, 600]
const net = new LocalSettlement({
  windowSeconds: BigInt(windowSeconds),
  answerSeconds: BigInt(answerSeconds),
  roundsMax: 4n,
})
const weiPerMicrocredit = 10n ** 12n

let network: SettledNetwork
let life: ChainLife

const archive = () => must(life.archive.archive)
const epochNow = () => BigInt(life.index.lastEpoch)
const viewNow = async () => (await net.chainOf().posterView(life.index.lastEpoch, [])).epoch
const soon = () => BigInt(Math.floor(clock.nowMs() / 1_000) + 600)
const spend = (nonce: bigint) => ({ lane: 9, nonce, deadline: soon() })

const signed = <M extends Message>(signer: typeof ann, type: MessageType, message: M) =>
  signer.sign<M>(type, message, network.domain)

/** Lets time pass on the chain, which mines a block when there is something to mine. */
async function pass(seconds: number): Promise<void> {
  clock.aheadMs += seconds * 1_000
  await net.mined(net.walletOf().sendTransaction({ to: depositor.address }))
}

const untilPending = (epoch: number) =>
  network.runUntil(life, async () => life.index.lastEpoch === epoch && (await viewNow()).status === 'pending')

type Contract = 'token' | 'settlement' | 'disputes' | 'disputedReceipts'
const abis: Readonly<Record<Contract, Abi>> = {
  token: dpcTokenAbi,
  settlement: settlementAbi,
  disputes: disputesAbi,
  disputedReceipts: disputedReceiptsAbi,
}

/** Calls a contract as the depositor. */
async function call(contract: Contract, functionName: string, ...args: readonly unknown[]): Promise<void> {
  const data = encodeFunctionData({ abi: abis[contract], functionName, args } as never)
  await net.mined(net.walletOf().sendTransaction({ to: net.deployment.addresses[contract], data }))
}

/** By which error the receipts contract refuses a demand on a pushed receipt. */
async function refusalOfPushed(evidence: ReturnType<typeof receiptEvidence>): Promise<string> {
  const { disputedReceipts: address } = net.deployment.addresses
  const asked = { functionName: 'demandPushed', args: [epochNow(), evidence, zeroHash] } as const
  try {
    await net.publicClient.simulateContract({ address, abi: disputedReceiptsAbi, ...asked, account: depositor })
  } catch (error) {
    const revert =
      error instanceof BaseError ? error.walk(cause => cause instanceof ContractFunctionRevertedError) : null
    return (revert instanceof ContractFunctionRevertedError && revert.data?.errorName) || 'no revert of the contract'
  }
  return 'taken'
}

/** What the poster's bond and a wallet have, in wei. */
async function bondAndWallet(wallet: Hex): Promise<readonly [bigint, bigint]> {
  const { settlement, token } = net.deployment.addresses
  const bond = { address: settlement, abi: settlementAbi, functionName: 'bondWei' } as const
  const balance = { address: token, abi: dpcTokenAbi, functionName: 'balanceOf', args: [wallet] } as const
  return [await net.publicClient.readContract(bond), await net.publicClient.readContract(balance)]
}

/** Lets the process answer until no demand is open; one that it cannot answer stops it. */
async function answered(): Promise<void> {
  await network.runUntil(life, async () => (await viewNow()).openDemands === 0)
  assert.deepEqual(life.answerer.alarms, [])
  assert.equal((await viewNow()).status, 'pending')
}

/** The debits of an account in the pending epoch, by the kind of what allows them. */
function debitsOf(account: Parameters<ReturnType<typeof archive>['placeOf']>[0]) {
  const place = archive().placeOf(account)
  const view = viewAccount(archive(), place)
  const keys = archive()
    .statement(account as never)
    ?.entries.map(({ key }) => key)
  return (keys ?? []).flatMap(key => {
    const evidence = view.entry(key)?.evidence
    return evidence === undefined ? [] : [{ place, key, kind: evidence.kind }]
  })
}

/** What moves by a message of its own. */
async function moveInEveryWay(): Promise<void> {
  const buys = { wallet: ann.address, seller: bob.address, amountMicrocredits: credit, reference: zeroHash }
  await network.accept({ type: 'BuyService', purchase: signed<Purchase>(ann, purchaseType, { ...buys, ...spend(1n) }) })
  const owes = { debtor: ann.address, creditor: bob.address, amountMicrocredits: credit, reference: zeroHash }
  const promise = signed<Iou>(ann, iouType, { ...owes, ...spend(2n), dueAt: soon() + 3_600n })
  await network.accept({ type: 'IssueIou', iou: promise })
  const iou = typedDataDigest(ethersCrypto, network.domain, iouType, promise.message)
  const part = { debtor: ann.address, iou, amountMicrocredits: credit / 4n, ...spend(3n) }
  await network.accept({ type: 'RedeemIou', redemption: signed<IouRedemption>(ann, iouRedemptionType, part) })
  const placed = { wallet: ann.address, seller: bob.address, amountMicrocredits: credit, reference: zeroHash }
  const escrowed = { ...placed, expires: soon(), ...spend(4n) }
  const order = signed<EscrowOrder>(ann, escrowOrderType, escrowed)
  await network.accept({ type: 'OpenEscrow', order })
  const escrow = typedDataDigest(ethersCrypto, network.domain, escrowOrderType, escrowed)
  const captured = { escrow, wallet: ann.address, amountMicrocredits: credit / 2n }
  const capture = signed<EscrowCapture>(ann, escrowCaptureType, captured)
  await network.accept({ type: 'CaptureEscrow', capture })
  const regular = { wallet: bob.address, minimumMicrocredits: 1n, intervalSeconds: 60, nonce: 1n }
  const standing = { ...regular, expires: soon() + 86_400n }
  const instruction = signed<PayoutInstruction>(bob, payoutInstructionType, standing)
  await network.accept({ type: 'InstructPayouts', instruction })
  await network.accept({ type: 'PayByInstruction', wallet: bob.address })
}

/** A receipt as the contracts are shown it. */
function receiptEvidence(certified: CertifiedOrder, sequence: bigint) {
  const now = BigInt(clock.nowMs())
  const { message } = node.receipt(certified.certificate.orderDigest, { sequence, startedAtMs: now, endedAtMs: now })
  const receipt = signed(node, usageReceiptType, message)
  const { rates, feeBasisPoints, burnBasisPoints } = testConfig
  const pricing = { ...rates, feeBasisPoints, burnBasisPoints }
  return { certified, receipt: receipt.message, receiptSignature: receipt.signature, pricing }
}

describe('on the contracts', () => {
  let pushed: ReturnType<typeof receiptEvidence>
  /** Two receipts that the node has signed for one order, of which the ledger has only made a certificate. */
  let unknown: readonly [ReturnType<typeof receiptEvidence>, ReturnType<typeof receiptEvidence>]

  before(async () => {
    network = await SettledNetwork.open(net)
    await net.deposit(parseEther('50'))
    life = await network.start()
    await life.follower.poll()
    await network.fund(20n * credit)
    await network.registerNode()
    await network.withdraw(ann, credit, 1n)
    await untilPending(1)
    await pass(windowSeconds + 120)
    await network.runUntil(life, () => life.index.pending === undefined)
    await moveInEveryWay()
    await network.transfer(ann, bob, credit, 2n)
    await network.settle(await network.assign(3n), 1n, 'completed')
    pushed = receiptEvidence(await network.assign(4n), 2n)
    await network.withdraw(ann, credit, 6n)
    const certified = network.certifyUnknown(7n)
    unknown = [receiptEvidence(certified, 3n), receiptEvidence(certified, 4n)]
    for (const evidence of [pushed, ...unknown]) await call('disputedReceipts', 'pushReceipt', evidence)
    await call('settlement', 'forceWithdrawal', credit)
    await untilPending(2)
    await call('token', 'approve', net.deployment.addresses.disputes, parseEther('2000'))
    await call('disputes', 'fund', parseEther('2000'))
  })

  it('every debit is shown with what allows it, whatever kind it is', async () => {
    const debits = archive().movedAccounts().flatMap(debitsOf)
    const kinds: readonly DebitEvidence['kind'][] = [
      ...(['transfer', 'purchase', 'redemption', 'job', 'escrow'] as const),
      ...(['withdrawal', 'instruction', 'forced', 'row'] as const),
    ]
    assert.deepEqual([...new Set(debits.map(({ kind }) => kind))].sort(), [...kinds].sort())
    for (const { place, key } of debits) await call('disputes', 'demandEntry', epochNow(), place, key, zeroHash)
    assert.equal((await viewNow()).openDemands, debits.length)
    await answered()
  })

  it('a forced withdrawal is shown by its debit', async () => {
    const books = must(archive().asked).books
    const indices = Array.from({ length: books.inboxCut }, (_, index) => index)
    const forced = debitsOf(depositor.address.toLowerCase() as Hex).find(({ kind }) => kind === 'forced')
    const index = indices.find(candidate => inboxKey(ledgerCrypto, candidate) === forced?.key)
    await call('disputes', 'demandForced', epochNow(), BigInt(must(index)), zeroHash)
    await answered()
  })

  it('a receipt that its node pushed is shown by what its wallet was paid', async () => {
    await call('disputedReceipts', 'demandPushed', epochNow(), pushed, zeroHash)
    await answered()
  })

  it('a receipt is not demanded that its node has not pushed, though its order is certified', async () => {
    assert.equal(await refusalOfPushed(receiptEvidence(unknown[0].certified, 5n)), 'ReceiptNotPushed')
  })

  it('a receipt for an order that nobody knows is paid by the bond as the ledger would have paid it, and once', async () => {
    const { payoutWallet } = unknown[0].certified.certificate
    const paid = viewAccount(archive(), archive().placeOf(lowerHex(pushed.certified.certificate.payoutWallet)))
    const due = must(paid.entry(pushed.certified.certificate.orderDigest)).creditMicrocredits * weiPerMicrocredit
    const [bond, balance] = await bondAndWallet(payoutWallet)
    await call('disputedReceipts', 'demandPushed', epochNow(), unknown[0], zeroHash)
    await answered()
    assert.deepEqual(await bondAndWallet(payoutWallet), [bond - due, balance + due])
    for (const again of unknown) assert.equal(await refusalOfPushed(again), 'OrderCompensated')
  })

  it('the epoch of all these demands is final in the end', async () => {
    await pass(2 * answerSeconds)
    await pass(windowSeconds + 120)
    await network.runUntil(life, () => life.index.pending === undefined)
    assert.equal(life.index.lastFinalEpoch, 2)
  })
})
