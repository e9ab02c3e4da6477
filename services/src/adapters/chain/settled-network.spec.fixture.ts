import assert from 'node:assert/strict'
import {
  type Domain,
  type HoldCertificate,
  holdCertificateType,
  JournalLedger,
  jobOrderType,
  type LedgerCommand,
  type LedgerConfig,
  lowerHex,
  type Message,
  type MessageType,
  nodeRegistrationType,
  pricingDigest,
  type SignedJobOrder,
  transferType,
  typedDataDigest,
  usageReceiptType,
  withdrawalType,
} from '@deparrow/ledger'
import { Actor, ethersCrypto, InMemoryEventStore, ledgerActor, testConfig } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { CertifiedOrder } from '@deparrow/sdk/disputes'
import { keccak256, stringToHex } from 'viem'
import { ChainFollower } from '../../settlement/chain-follower.ts'
import { DemandAnswerer } from '../../settlement/demand-answerer.ts'
import { EpochPoster } from '../../settlement/epoch-poster.ts'
import { JournalArchive } from '../../settlement/journal-archive.ts'
import { feedJournal } from '../../settlement/journal-feed.ts'
import { JournalIndex } from '../../settlement/journal-index.ts'
import { clock, depositor, type LocalSettlement } from './local-settlement.spec.fixture.ts'
import type { ViemSettlementChain } from './viem-settlement-chain.ts'

export const credit = 1_000_000n
export const [ann, bob, node] = [new Actor(21), new Actor(22), new Actor(11)]

/** One life of the settlement process on the contracts of a local chain. */
export type ChainLife = {
  readonly index: JournalIndex
  readonly archive: JournalArchive
  readonly follower: ChainFollower
  readonly poster: EpochPoster
  readonly answerer: DemandAnswerer
}

/** A ledger of a local chain, and what its users sign. */
export class SettledNetwork {
  readonly domain: Domain

  private constructor(
    readonly net: LocalSettlement,
    readonly ledger: JournalLedger,
  ) {
    this.domain = { chainId: 31_337, verifyingContract: lowerHex(net.deployment.addresses.settlement) }
  }

  static async open(net: LocalSettlement): Promise<SettledNetwork> {
    const ledger = await JournalLedger.open({
      store: new InMemoryEventStore(),
      shard: 'test',
      crypto: ethersCrypto,
      clock,
      signer: ledgerActor.asLedgerSigner(),
    })
    const { genesisHash } = await net.chainOf().identity()
    const settlement = lowerHex(net.deployment.addresses.settlement)
    const config: LedgerConfig = { ...testConfig, chainId: 31_337, settlement, genesisHash }
    await ledger.submit({ type: 'OpenLedger', config })
    return new SettledNetwork(net, ledger)
  }

  /** Starts the process anew, as after a kill: nothing is kept but journal and chain. */
  async start(chain: ViemSettlementChain = this.net.chainOf()): Promise<ChainLife> {
    const [index, archive] = [new JournalIndex(), new JournalArchive(ledgerCrypto)]
    await feedJournal(this.ledger, event => {
      index.apply(event)
      archive.apply(event)
    })
    const parts = { ledger: this.ledger, chain, index }
    const options = { gatherMs: 0, epochIntervalMs: 3_600_000, payeesPerCallMax: 200, blocksPerRequestMax: 20 }
    const follower = new ChainFollower({ ...parts, blocksPerRequestMax: 20 })
    const isChainKnown = () => follower.isVerified
    const answerer = new DemandAnswerer({ chain, index, archive, options, isChainKnown })
    const isChainDoubtful = () => follower.followed === undefined || follower.chainAlarm !== undefined
    const isExitStarted = () => follower.isExitStarted === true
    const poster = new EpochPoster({ ...parts, clock, options, isChainDoubtful, isExitStarted, answerer })
    return { index, archive, follower, poster, answerer }
  }

  /** Lets the process run until something holds. */
  async runUntil({ follower, poster }: ChainLife, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let round = 0; round < 200; round++) {
      await follower.poll()
      assert.equal(follower.chainAlarm, undefined)
      if (await holds()) return
      await poster.tick()
      assert.equal(poster.posterAlarm, undefined)
    }
    assert.fail('it did not come to that')
  }

  async accept(command: LedgerCommand): Promise<void> {
    const answer = await this.ledger.submit(command)
    assert.equal(answer.status, 'accepted', answer.status === 'refused' ? answer.refusal.code : '')
  }

  /** Moves what the depositor has on chain to ann, who needs no account there. */
  async fund(amountMicrocredits: bigint): Promise<void> {
    const from = lowerHex(depositor.address)
    const message = { from, to: ann.address, amountMicrocredits, lane: 0, nonce: 1n, deadline: this.soon }
    const signature = await depositor.signTypedData({
      domain: { name: 'DEparrow', version: '1', ...this.domain },
      types: { Transfer: transferType.fields.map(field => ({ ...field })) },
      primaryType: 'Transfer',
      message,
    })
    await this.accept({ type: 'TransferCredits', transfer: { message, signature } })
  }

  transfer(from: Actor, to: Actor, amountMicrocredits: bigint, nonce: bigint): Promise<void> {
    const { message } = from.transfer({ to: to.address, amountMicrocredits, nonce, deadline: this.soon })
    return this.accept({ type: 'TransferCredits', transfer: this.sign(from, transferType, message) })
  }

  withdraw(wallet: Actor, amountMicrocredits: bigint, nonce: bigint): Promise<void> {
    const { message } = wallet.withdrawal({ amountMicrocredits, nonce, deadline: this.soon })
    return this.accept({ type: 'WithdrawCredits', withdrawal: this.sign(wallet, withdrawalType, message) })
  }

  registerNode(): Promise<void> {
    const { message } = node.registration({ deadline: this.soon })
    return this.accept({ type: 'RegisterNode', registration: this.sign(node, nodeRegistrationType, message) })
  }

  /** A job of ann on the node, with the ledger's certificate. */
  async assign(nonce: bigint): Promise<CertifiedOrder> {
    const order = this.sign(ann, jobOrderType, ann.order({ nonce, deadline: this.soon }).message)
    const orderDigest = typedDataDigest(ethersCrypto, this.domain, jobOrderType, order.message)
    await this.accept({ type: 'OpenHold', order })
    await this.accept({ type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
    const certificate = await this.ledger.holdCertificate(orderDigest)
    assert.ok(certificate)
    return certifiedOrder(order, certificate)
  }

  /** A job of ann on the node that the ledger certifies without having taken the order. */
  certifyUnknown(nonce: bigint): CertifiedOrder {
    const order = this.sign(ann, jobOrderType, ann.order({ nonce, deadline: this.soon }).message)
    const orderDigest = typedDataDigest(ethersCrypto, this.domain, jobOrderType, order.message)
    const certificate: HoldCertificate = {
      ...{ hold: orderDigest, orderDigest, node: node.address, payoutWallet: node.address, attempt: 1 },
      amountMicrocredits: order.message.maxPriceMicrocredits,
      position: BigInt(this.ledger.head().position),
      expires: order.message.deadline + BigInt(order.message.graceSeconds),
      assignedAtMs: BigInt(clock.nowMs()),
      pricingDigest: pricingDigest(ethersCrypto, testConfig),
    }
    return certifiedOrder(order, ledgerActor.sign(holdCertificateType, certificate, this.domain))
  }

  async settle(
    { certificate }: CertifiedOrder,
    sequence: bigint,
    outcome: 'completed' | 'failedByNode',
  ): Promise<void> {
    const { orderDigest } = certificate
    const now = BigInt(clock.nowMs())
    const times = { startedAtMs: now, endedAtMs: now }
    const { message } = node.receipt(orderDigest, { sequence, outcome, ...times })
    await this.accept({ type: 'ReceiveReceipt', receipt: this.sign(node, usageReceiptType, message) })
    await this.accept({ type: 'SettleJob', orderDigest })
  }

  private get soon(): bigint {
    return BigInt(Math.floor(clock.nowMs() / 1_000) + 600)
  }

  private sign<M extends Message>(signer: Actor, type: MessageType, message: M) {
    return signer.sign(type, message, this.domain)
  }
}

/** As the contracts take it. */
function certifiedOrder(
  { message, signature }: SignedJobOrder,
  certificate: NonNullable<Awaited<ReturnType<JournalLedger['holdCertificate']>>>,
): CertifiedOrder {
  const nobody = `0x${'00'.repeat(20)}` as const
  const limits = { jobMicrocreditsMax: 0n, hourMicrocreditsMax: 0n, dayMicrocreditsMax: 0n }
  const permission = {
    wallet: nobody,
    delegate: nobody,
    ...limits,
    counterparties: [],
    engines: [],
    expires: 0n,
    nonce: 0n,
  }
  return {
    order: { ...message, engine: keccak256(stringToHex(message.engine)) } as CertifiedOrder['order'],
    authority: { signature, permission, permissionSignature: '0x' },
    certificate: certificate.message,
    certificateSignature: certificate.signature,
  }
}
