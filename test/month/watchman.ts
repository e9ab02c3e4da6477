import {
  EpochWatch,
  JournalFollower,
  type LookResult,
  openSettlementChain,
  sendOptionsDevelopment,
  TransactionSender,
} from '@deparrow/compute-node/watch'
import { disputesAbi, dpcTokenAbi } from '@deparrow/contracts'
import { lowerHex, weiPerMicrocredit } from '@deparrow/ledger'
import { encodeFunctionData } from 'viem'
import type { ChainServer } from './chain-server.ts'
import { type Contracts, dpcWei } from './contracts.ts'
import { type NodePapers, receiptDemand } from './node-papers.ts'
import type { Person } from './person.ts'
import type { SimulatedChain } from './simulated-chain.ts'

const callGas = 8_000_000n

/** What the watcher holds of its DPC for demands at most: a wrong epoch takes a few of them. */
const purseWei = 200_000_000n * weiPerMicrocredit

type Said = { readonly level: string; readonly code: string; readonly message: string }

/** What came of a look: its result, and what was said and not said before. */
export type Look = LookResult & { readonly said: readonly Said[] }

/** Somebody who runs the watcher, with a wallet that it may fill its purse from, and sees to the pay of nodes that ask for it. */
export class Watchman {
  /** Of nodes that have asked. */
  private readonly papers: NodePapers[] = []
  private readonly demanded = new Set<NodePapers>()
  private said: Said[] = []
  private readonly watch: EpochWatch

  private constructor(
    private readonly chain: SimulatedChain,
    private readonly contracts: Contracts,
    private readonly person: Person,
    opened: Awaited<ReturnType<typeof openSettlementChain>>,
    journalUrl: string,
  ) {
    const { client } = opened
    const wait = () => Promise.resolve()
    this.watch = new EpochWatch({
      chains: [opened],
      journal: new JournalFollower(journalUrl),
      me: person.address,
      sender: new TransactionSender({ client, account: person.account, options: sendOptionsDevelopment, wait }),
      log: record => this.said.push(record),
      confirmations: 1,
      purseWei,
    })
  }

  static async open(
    chain: SimulatedChain,
    contracts: Contracts,
    person: Person,
    server: ChainServer,
  ): Promise<Watchman> {
    const settlement = lowerHex(contracts.addresses.settlement)
    const opened = await openSettlementChain({ rpcUrl: server.url, settlement })
    await chain.endow(person.address)
    return new Watchman(chain, contracts, person, opened, server.journalUrl)
  }

  /** Looks at all epochs that are not final, and does what is to be done. */
  async look(): Promise<Look> {
    await this.chain.mine()
    this.said = []
    const result = await this.watch.look()
    return { ...result, said: this.said }
  }

  /** A node asks it to see to its pay. */
  entrust(papers: NodePapers): void {
    this.papers.push(papers)
  }

  /** Asks an epoch for the pay of the receipts that the ledger took in it, after a position and up to another. */
  async demandPay(epoch: number, after: number, upTo: number): Promise<void> {
    const asked = this.papers.filter(one => {
      const position = Number(one.acceptance.acceptance.position)
      return position > after && position <= upTo && !this.demanded.has(one)
    })
    if (asked.length === 0) return
    const { client, addresses } = this.contracts
    const disputes = { address: lowerHex(addresses.disputes), abi: disputesAbi } as const
    const bondWei = await client.readContract({ ...disputes, functionName: 'askerBondWei' })
    const amountWei = bondWei * BigInt(asked.length)
    const approval = encodeFunctionData({
      abi: dpcTokenAbi,
      functionName: 'approve',
      args: [disputes.address, amountWei],
    })
    const funding = encodeFunctionData({ abi: disputesAbi, functionName: 'fund', args: [amountWei] })
    await this.chain.sendSigned(this.person.account, [
      { to: lowerHex(addresses.token), data: approval, gas: callGas },
      { to: disputes.address, data: funding, gas: callGas },
      ...asked.map(one => ({
        to: lowerHex(addresses.disputedReceipts),
        data: receiptDemand(epoch, one),
        gas: callGas,
      })),
    ])
    for (const one of asked) this.demanded.add(one)
  }

  /** What is in its purse and in its wallet, in wei. */
  async wealthWei(): Promise<bigint> {
    const { client, addresses } = this.contracts
    const purse = { address: addresses.disputes, abi: disputesAbi, functionName: 'purseWei' } as const
    return (
      (await client.readContract({ ...purse, args: [this.person.address] })) +
      (await dpcWei(this.contracts, this.person.address))
    )
  }
}
