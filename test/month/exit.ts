import assert from 'node:assert/strict'
import { disputesAbi, nodeRegistryAbi, settlementAbi } from '@deparrow/contracts'
import { encodeRow } from '@deparrow/contracts/rows'
import {
  type Address,
  bytesToHex,
  encodeSiblings,
  entryRoot,
  type Hex,
  type LeafAccount,
  lanesOf,
  lowerHex,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { proveRow } from '@deparrow/services/testing'
import { decodeErrorResult, encodeFunctionData } from 'viem'
import type { Contracts } from './contracts.ts'
import type { ComputeNode } from './people.ts'
import type { Person } from './person.ts'
import type { PublicArchive } from './public-archive.ts'
import type { Call, SimulatedChain } from './simulated-chain.ts'

const callGas = 600_000n

/** What was taken out, and by how many. */
export type ExitReport = {
  readonly finalEpoch: number
  readonly claims: number
  readonly exits: number
  readonly depositsReturned: number
  readonly itemsBurnt: number
  readonly namesBurnt: number
  readonly refusedTwice: number
}

/** Everybody's way out when the operator is gone: a stranger sends all of it, by the public journal and the chain alone. */
export class Exit {
  private readonly settlement: { readonly address: Address; readonly abi: typeof settlementAbi }

  constructor(
    private readonly chain: SimulatedChain,
    private readonly contracts: Contracts,
    private readonly stranger: Person,
    private readonly published: PublicArchive,
  ) {
    this.settlement = { address: lowerHex(contracts.addresses.settlement), abi: settlementAbi }
  }

  /** Makes final what only waits for that, lets N pass, and switches the contract. Answers the last final epoch. */
  async start(): Promise<number> {
    const { client } = this.contracts
    const read = <Name extends 'headEpoch' | 'finalEpoch' | 'finalisedAt' | 'exitSeconds'>(functionName: Name) =>
      client.readContract({ ...this.settlement, functionName })
    const head = await read('headEpoch')
    if (head !== (await read('finalEpoch'))) {
      const { finalAt } = await client.readContract({ ...this.settlement, functionName: 'epoch', args: [head] })
      await this.chain.passTo(finalAt)
      await this.send([this.call('finalise', [head])])
    }
    await this.chain.mine()
    assert.equal(await this.refusal(this.call('startExit', [])), 'ExitTooEarly')
    await this.chain.passTo((await read('finalisedAt')) + (await read('exitSeconds')))
    await this.send([this.call('startExit', [])])
    return Number(await read('finalEpoch'))
  }

  /** Takes everything out, and sees each refused a second time. */
  async takeAll(finalEpoch: number, accounts: readonly LeafAccount[]): Promise<ExitReport> {
    const claims = await this.claims(finalEpoch)
    const leaves = accounts.flatMap(account => this.leafCall(finalEpoch, account) ?? [])
    const names = (['treasury', 'rewards', 'clearing'] as const).flatMap(name => this.leafCall(finalEpoch, name) ?? [])
    const { deposits, burnt } = await this.itemsAbove(finalEpoch)
    const calls = [...claims, ...leaves, ...names, ...deposits, ...burnt]
    await this.send(calls)
    const expected: Record<string, string> = {
      claim: 'NothingToClaim',
      exitClaim: 'LeafTaken',
      exitBurn: 'LeafTaken',
      exitDeposit: 'ItemNotReturnable',
      exitBurnItem: 'ItemNotReturnable',
    }
    for (const call of calls) assert.equal(await this.refusal(call), expected[call.functionName])
    return {
      finalEpoch,
      claims: claims.length,
      exits: leaves.length,
      namesBurnt: names.length,
      depositsReturned: deposits.length,
      itemsBurnt: burnt.length,
      refusedTwice: calls.length,
    }
  }

  /** The poster takes its whole bond. */
  async returnBond(poster: Person): Promise<void> {
    const bondWei = await this.contracts.client.readContract({ ...this.settlement, functionName: 'bondWei' })
    await this.chain.sendSigned(poster.account, [this.call('withdrawBond', [bondWei])])
  }

  /** Who asked, and who answered, empties its purse. */
  async returnPurses(owners: readonly Person[]): Promise<void> {
    const { client, addresses } = this.contracts
    const to = lowerHex(addresses.disputes)
    for (const { account } of owners) {
      const purse = { address: to, abi: disputesAbi, functionName: 'purseWei', args: [account.address] } as const
      const amountWei = await client.readContract(purse)
      const data = encodeFunctionData({ abi: disputesAbi, functionName: 'withdraw', args: [amountWei] })
      await this.chain.sendSigned(account, [{ to, data, gas: callGas }])
    }
  }

  /** Nodes take their stakes, as always. */
  async returnStakes(nodes: readonly ComputeNode[]): Promise<void> {
    const { client, addresses } = this.contracts
    const to = lowerHex(addresses.registry)
    const registry = { address: to, abi: nodeRegistryAbi } as const
    for (const { signer, payout } of nodes) {
      const { stakeWei } = await client.readContract({ ...registry, functionName: 'nodeOf', args: [signer.address] })
      if (stakeWei === 0n) continue
      const data = encodeFunctionData({
        abi: nodeRegistryAbi,
        functionName: 'unbond',
        args: [signer.address, stakeWei],
      })
      await this.chain.sendSigned(payout.account, [{ to, data, gas: callGas }])
    }
    await this.chain.passTo(
      this.chain.nowSeconds + (await client.readContract({ ...registry, functionName: 'unbondSeconds' })),
    )
    const calls = nodes.map(({ signer }) => ({
      to,
      data: encodeFunctionData({ abi: nodeRegistryAbi, functionName: 'withdraw', args: [signer.address] }),
      gas: callGas,
    }))
    await this.chain.sendSigned(this.stranger.account, calls)
  }

  /** The newest final row of each payee that has not claimed all of it. */
  private async claims(finalEpoch: number): Promise<readonly NamedCall[]> {
    const calls: NamedCall[] = []
    for (const { books, index, row } of this.published.finalRows(finalEpoch).values()) {
      const claimed = await this.contracts.client.readContract({
        ...this.settlement,
        functionName: 'claimedMicrocredits',
        args: [row.id],
      })
      if (claimed === row.cumulativeMicrocredits) continue
      const shown = proveRow(books, index)
      const bytes = encodeRow({ ...row, payeeId: row.id })
      calls.push(this.call('claim', [BigInt(books.epoch), shown.part, shown.index, bytes, [...shown.proof]]))
    }
    return calls
  }

  /** Takes or burns a leaf; `undefined` for an account that has nothing. */
  private leafCall(epoch: number, account: LeafAccount): NamedCall | undefined {
    const shown = this.published.archive.leaf(epoch, account)
    if (shown?.leaf === undefined) return undefined
    const { leaf, proof } = shown
    if (leaf.availableMicrocredits + leaf.heldMicrocredits === 0n) return undefined
    const struct = {
      available: leaf.availableMicrocredits,
      held: leaf.heldMicrocredits,
      lanesRoot: bytesToHex(entryRoot(ledgerCrypto, lanesOf(ledgerCrypto, leaf)).hash),
      holdsRoot: bytesToHex(entryRoot(ledgerCrypto, leaf.holds ?? []).hash),
      receiptSequence: leaf.receiptSequence,
    }
    const siblings = encodeSiblings(proof.siblings)
    if (account === 'treasury' || account === 'rewards' || account === 'clearing') {
      return this.call('exitBurn', [account, struct, siblings])
    }
    const isPayable = account.startsWith('payable:')
    return this.call('exitClaim', [
      (isPayable ? account.slice('payable:'.length) : account) as Address,
      isPayable,
      struct,
      siblings,
    ])
  }

  /** Inbox items that the last final epoch does not cover. */
  private async itemsAbove(finalEpoch: number) {
    const { client } = this.contracts
    const { inboxCut } = await client.readContract({
      ...this.settlement,
      functionName: 'epoch',
      args: [BigInt(finalEpoch)],
    })
    const count = await client.readContract({ ...this.settlement, functionName: 'inboxCount' })
    const [deposits, burnt]: [NamedCall[], NamedCall[]] = [[], []]
    for (let index = inboxCut; index < count; index++) {
      const { kind } = await client.readContract({ ...this.settlement, functionName: 'inboxItem', args: [index] })
      if (kind === inboxKind.deposit) deposits.push(this.call('exitDeposit', [index]))
      if (kind === inboxKind.emission) burnt.push(this.call('exitBurnItem', [index]))
    }
    return { deposits, burnt }
  }

  private async send(calls: readonly NamedCall[]): Promise<void> {
    await this.chain.sendSigned(this.stranger.account, calls)
  }

  /** The contract's error for a call now. */
  private async refusal({ to, data }: NamedCall): Promise<string> {
    try {
      await this.chain.request('eth_call', [{ from: this.stranger.address, to, data }, 'latest'])
    } catch (error) {
      const { data: revert } = error as { data?: Hex }
      if (typeof revert !== 'string') throw error
      return decodeErrorResult({ abi: settlementAbi, data: revert }).errorName
    }
    return 'nothing'
  }

  private call(...[functionName, args]: [string, readonly unknown[]]): NamedCall {
    const data = encodeFunctionData({ abi: settlementAbi, functionName, args } as Parameters<
      typeof encodeFunctionData
    >[0])
    return { functionName, to: this.settlement.address, data, gas: callGas }
  }
}

type NamedCall = Call & { readonly functionName: string }

/** The numbers of `InboxKind` in the contract. */
const inboxKind = { deposit: 0, emission: 3 } as const
