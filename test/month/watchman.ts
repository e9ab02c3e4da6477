import assert from 'node:assert/strict'
import {
  acceptanceStruct,
  EpochWatch,
  JournalFollower,
  type LookResult,
  openSettlementChain,
  sendOptionsDevelopment,
  TransactionSender,
} from '@deparrow/compute-node/watch'
import { disputesAbi } from '@deparrow/contracts'
import { lowerHex, weiPerMicrocredit } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { type AcceptanceStruct, type NodeJob, nodeJobOf } from '@deparrow/sdk/watcher'
import type { ChainServer } from './chain-server.ts'
import { type Contracts, dpcWei } from './contracts.ts'
import type { NodePapers } from './market.ts'
import type { Person } from './person.ts'
import type { SimulatedChain } from './simulated-chain.ts'

/** What the watcher holds of its DPC for demands at most: a wrong epoch takes a few of them. */
const purseWei = 200_000_000n * weiPerMicrocredit

type Said = { readonly level: string; readonly code: string; readonly message: string }

/** What came of a look: its result, and what was said and not said before. */
export type Look = LookResult & { readonly said: readonly Said[] }

/** Somebody who runs the watcher, with a wallet that it may fill its purse from, and sees to the pay of nodes that ask for it. */
export class Watchman {
  /** Of nodes that have asked. */
  private readonly jobs: NodeJob[] = []
  private readonly acceptances: AcceptanceStruct[] = []
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
      acceptances: this.acceptances,
      jobs: () => this.jobs,
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

  /** A node asks it to see to its pay; the job as the contracts read it. */
  entrust({ paper, acceptance }: NodePapers): NodeJob {
    const job = nodeJobOf(ledgerCrypto, this.contracts.domain, paper)
    if ('fault' in job) assert.fail(`the papers of a node are of no use: ${job.fault}`)
    this.jobs.push(job)
    if (acceptance !== undefined) this.acceptances.push(acceptanceStruct(acceptance))
    return job
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
