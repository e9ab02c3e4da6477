import { disputesAbi, settlementAbi } from '@deparrow/contracts'
import { encodeRows } from '@deparrow/contracts/rows'
import {
  type Address,
  type EpochBooks,
  formatExportEnd,
  formatExportedEvent,
  formatExportHeader,
  type Hex,
  inboxKinds,
  lowerHex,
  type StoredEvent,
  withdrawalType,
  zeroHash,
} from '@deparrow/ledger'
import { type Actor, TestLedger, testConfig } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { answerTo, EpochArchive, stateAccount } from '@deparrow/sdk/disputes'
import { parseEventLogs } from 'viem'
import { type LocalSettlement, published } from './local-settlement.spec.fixture.ts'

const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }

/** An operator of a local chain: a ledger that follows the contract, and posts epochs to it until it does not any more. */
export class Operator {
  readonly ledger: TestLedger
  private nonce = 0n
  private nextBlock = 0n

  constructor(private readonly chain: LocalSettlement) {
    const config = { ...testConfig, chainId: 31_337, settlement: chain.settlement, ledgerSigner: this.signer }
    this.ledger = new TestLedger(config)
  }

  private get signer(): Address {
    return lowerHex(published(0).address)
  }

  private get settlement() {
    return { address: this.chain.settlement, abi: settlementAbi } as const
  }

  /** Takes in what the chain has and the ledger does not. */
  async follow(): Promise<void> {
    const { client } = this.chain
    const toBlock = await client.getBlockNumber({ cacheTime: 0 })
    const logs = await client.getLogs({ address: this.chain.settlement, fromBlock: this.nextBlock, toBlock })
    this.nextBlock = toBlock + 1n
    this.ledger.nowMs = Math.max(this.ledger.nowMs, Number(await this.chain.now()) * 1_000)
    for (const { eventName, args } of parseEventLogs({ abi: settlementAbi, logs })) {
      if (eventName === 'InboxItemAppended') {
        const kind = inboxKinds[args.kind] ?? 'deposit'
        if (kind === 'revocation') continue
        const detail = kind === 'forcedWithdrawal' ? { askedMicrocredits: BigInt(args.detail) } : {}
        this.ledger.record(kind, lowerHex(args.account), args.amountMicrocredits, detail)
      } else if (eventName === 'DelegateRevoked') {
        const { wallet, delegate, nonce } = args
        this.ledger.record('revocation', lowerHex(wallet), 0n, { delegate: lowerHex(delegate), nonce })
      } else if (eventName === 'PayeeRegistered') {
        this.ledger.accept({ type: 'RecordPayee', wallet: lowerHex(args.account), id: args.id })
      } else if (eventName === 'EpochFinalised') {
        const { epoch, burnMicrocredits } = args
        this.ledger.accept({ type: 'RecordEpochFinal', epoch: Number(epoch), burnMicrocredits, place })
      }
    }
  }

  /** A wallet's withdrawal, signed and accepted. */
  withdraw(actor: Actor, amountMicrocredits: bigint): void {
    const deadline = BigInt(Math.floor(this.ledger.nowMs / 1_000) + 600)
    const message = { wallet: actor.address, amountMicrocredits, lane: 0, nonce: ++this.nonce, deadline }
    const domain = { chainId: 31_337, verifyingContract: this.chain.settlement }
    this.ledger.accept({ type: 'WithdrawCredits', withdrawal: actor.sign(withdrawalType, message, domain) })
  }

  /** Closes the books and posts them; answers what was posted. */
  async post(): Promise<EpochBooks> {
    await this.follow()
    const { ledger } = this
    ledger.accept({ type: 'CloseEpoch', epoch: ledger.state.lastEpochNumber + 1 })
    const books = ledger.state.lastEpoch as EpochBooks
    const header = {
      parent: BigInt(books.parent),
      inboxCut: BigInt(books.inboxCut),
      journalPosition: BigInt(books.journalPosition),
      closedAt: BigInt(Math.floor(ledger.nowMs / 1_000)),
      journalHash: books.journalHash,
      burnMicrocredits: books.burnMicrocredits,
      leavesRoot: books.leavesRoot,
      leavesTotalMicrocredits: books.leavesTotalMicrocredits,
      rowCount: books.rows.length,
    }
    const rows = books.rows.map(({ id, ...row }) => ({ payeeId: id, ...row }))
    const args = [header, encodeRows(rows)] as const
    await this.chain.write(published(1), { ...this.settlement, functionName: 'postEpoch', args })
    return books
  }

  /** Finalises an epoch when its window is over, and hears of it. */
  async finalise({ epoch }: EpochBooks): Promise<void> {
    await this.chain.pass(700n)
    await this.chain.write(published(1), { ...this.settlement, functionName: 'finalise', args: [BigInt(epoch)] })
    await this.follow()
  }

  /** Answers a demand as the poster, out of the journal. */
  async answer(id: Hex): Promise<void> {
    const { client, addresses } = this.chain
    const disputes = { address: addresses.disputes, abi: disputesAbi } as const
    const events = await client.getContractEvents({ ...disputes, eventName: 'Demanded', fromBlock: 0n, strict: true })
    const demanded = events.find(({ args }) => args.id === id)
    if (demanded === undefined) throw new Error(`no demand ${id}`)
    const archive = new EpochArchive(ledgerCrypto)
    for (const event of this.ledger.events) archive.apply(event)
    const answer = answerTo(archive, { question: demanded.args.question }, { rowsPerPart: 1_000 })
    if ('cannotAnswer' in answer) throw new Error(answer.cannotAnswer)
    const statement = answer.stated === undefined ? undefined : stateAccount(archive, answer.stated)
    for (const call of statement === undefined ? [answer] : [statement, answer]) {
      const { functionName, args } = call
      await this.chain.write(published(1), { ...disputes, functionName, args })
    }
  }

  /** The journal up to now as an export, whose events may be changed. */
  export(edit: (stored: StoredEvent) => StoredEvent = stored => stored): string {
    const stored = this.ledger.stored.map(edit)
    const { position, hash } = stored.at(-1) as StoredEvent
    const header = { shard: 'main', chainId: 31_337, settlement: this.chain.settlement }
    return [
      formatExportHeader({ ...header, after: { position: 0, hash: zeroHash } }),
      ...stored.map(formatExportedEvent),
      formatExportEnd({ end: { position, hash }, isComplete: true }),
    ].join('')
  }
}
