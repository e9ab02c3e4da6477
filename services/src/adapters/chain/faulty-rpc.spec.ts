import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { disputesAbi, dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { encodeRow } from '@deparrow/contracts/rows'
import { type Address, bytesToHex, leafPlace, weiPerMicrocredit, zeroHash } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { type Abi, type Hex, keccak256, parseEther } from 'viem'
import { claimFor } from '../../settlement/claims.ts'
import { ChainUnavailableError, chainEpochStatuses } from '../../settlement/token-chain.port.ts'
import { clock, LocalSettlement, must } from './local-settlement.spec.fixture.ts'
import { ann, bob, type ChainLife, credit, SettledNetwork } from './settled-network.spec.fixture.ts'

/** What a provider does wrong with one request. */
const faults = {
  any: ['isSilent', 'doesAndIsSilent'],
  eth_sendRawTransaction: ['drops', 'repeats', 'isSilent', 'doesAndIsSilent'],
  eth_getTransactionReceipt: ['knowsNothing', 'turnsStatus', 'isSilent'],
  eth_getLogs: ['repeats', 'reverses', 'leavesOut', 'isSilent'],
  eth_getTransactionCount: ['isBehind', 'isSilent'],
} as const

type Fault = (typeof faults)[keyof typeof faults][number]

type Request = Parameters<Parameters<LocalSettlement['through']>[0]>

/**
 * A provider that does something wrong, as long as `isFaulty`, with every second request that sends, every third of the other methods that have faults of
 * their own, and one in eight of the rest: each fault of a method in turn.
 */
class FaultyProvider {
  isFaulty = true
  readonly done = new Set<string>()
  private readonly asked = new Map<string, number>()
  private readonly turns = new Map<string, number>()
  private state: number

  constructor(private readonly seed: number) {
    this.state = seed
  }

  readonly answer = async (...[method, params, pass]: Request): Promise<unknown> => {
    const name = method in faults ? (method as keyof typeof faults) : 'any'
    if (!this.isFaulty || !this.isWrong(name)) return pass()
    const turn = this.turns.get(name) ?? this.seed
    this.turns.set(name, turn + 1)
    const possible: readonly Fault[] = faults[name]
    const fault = possible[turn % possible.length] as Fault
    this.done.add(`${name} ${fault}`)
    return distorted(fault, params, pass)
  }

  private isWrong(name: keyof typeof faults): boolean {
    if (name === 'any') return this.next(8) === 0
    const before = this.asked.get(name) ?? 0
    this.asked.set(name, before + 1)
    return before % (name === 'eth_sendRawTransaction' ? 2 : 3) === 0
  }

  /** Below `bound`; a linear congruential generator (Numerical Recipes, 2nd edition, section 7.1). */
  private next(bound: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.state / 2 ** 32) * bound)
  }
}

async function distorted(fault: Fault, params: readonly unknown[], pass: () => Promise<unknown>): Promise<unknown> {
  switch (fault) {
    case 'isSilent':
      throw new Error('the provider says nothing')
    case 'doesAndIsSilent':
      await pass()
      throw new Error('the provider says nothing')
    case 'drops':
      return keccak256(params[0] as Hex)
    case 'knowsNothing':
      return null
    case 'isBehind':
      return `0x${Math.max(0, Number(await pass()) - 1).toString(16)}`
    case 'turnsStatus': {
      const receipt = (await pass()) as { status: string } | null
      return receipt && { ...receipt, status: receipt.status === '0x1' ? '0x0' : '0x1' }
    }
    case 'reverses':
      return [...((await pass()) as unknown[])].reverse()
    case 'leavesOut':
      return ((await pass()) as unknown[]).slice(1)
    case 'repeats': {
      const first = await pass()
      if (Array.isArray(first)) return [...first, ...first]
      await pass().catch(() => undefined)
      return first
    }
  }
}

const place = bytesToHex(leafPlace(ledgerCrypto, ann.address))
const [windowSeconds, answerSeconds] = [60, 60]

type Call = {
  readonly address: Address
  readonly abi: Abi
  readonly functionName: string
  readonly args: readonly unknown[]
}

/** From a deposit to DPC in ann's and bob's wallets, with a demand on the way, through a provider. */
class Story {
  private readonly silences: string[] = []

  constructor(
    private readonly net: LocalSettlement,
    private readonly network: SettledNetwork,
    private readonly provider: FaultyProvider,
  ) {}

  async live(): Promise<ChainLife> {
    const { net, network } = this
    await this.fillPurse()
    await net.deposit(parseEther('50'))
    const life = await network.start(
      net.chainOf({ transport: net.through(this.provider.answer), options: { receiptPollsMax: 10 } }),
    )
    await this.until(life, () => network.ledger.books().wallets === 50n * credit)
    await network.fund(20n * credit)
    await network.withdraw(ann, 3n * credit, 1n)
    await network.transfer(ann, bob, 5n * credit, 2n)
    await network.withdraw(bob, 4n * credit, 1n)
    const isPaid = ({ address }: { readonly address: Address }) => claimFor(life.index, address) !== undefined
    // A wallet that the provider keeps from being registered in time has its row in the next epoch.
    for (let epoch = 1; ![ann, bob].every(isPaid); epoch++) await this.finish(life, epoch)
    this.provider.isFaulty = false
    for (const wallet of [ann, bob]) await this.claim(life, wallet.address)
    await this.until(life, () => network.ledger.books().payables === 0n)
    return life
  }

  /** Waits for an epoch, has a leaf of it shown, and lets its window pass. */
  private async finish(life: ChainLife, epoch: number): Promise<void> {
    await this.until(life, async () => (await this.statusOf(BigInt(epoch))) === pending)
    const { disputes } = this.net.deployment.addresses
    const args = [BigInt(epoch), place, zeroHash] as const
    await this.write({ address: disputes, abi: disputesAbi, functionName: 'demandLeaf', args })
    await this.until(life, async () => (await this.epoch(BigInt(epoch))).openDemands === 0)
    clock.aheadMs += (2 * answerSeconds + windowSeconds) * 1_000
    await this.until(life, () => life.index.lastFinalEpoch === epoch)
  }

  /** Lets the process run; whatever it meets on the way must be a chain that does not answer. */
  private async until({ follower, poster }: ChainLife, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let round = 0; round < 400; round++) {
      await this.unlessSilent(() => follower.poll())
      if (await holds()) return
      await this.unlessSilent(() => poster.tick())
    }
    assert.fail(`it did not come to that: ${JSON.stringify(follower.chainAlarm)} ${JSON.stringify(poster.posterAlarm)}`)
  }

  private async unlessSilent(step: () => Promise<void>): Promise<void> {
    await step().catch((error: unknown) => {
      assert.ok(error instanceof ChainUnavailableError, String(error))
      this.silences.push(error.operation)
    })
  }

  private async claim({ index }: ChainLife, wallet: Address): Promise<void> {
    const { epoch, part, index: row, proof, ...claim } = must(claimFor(index, wallet))
    const args = [BigInt(epoch), part, row, encodeRow(claim), [...proof]] as const
    const { settlement } = this.net.deployment.addresses
    await this.write({ address: settlement, abi: settlementAbi, functionName: 'claim', args })
    await assert.rejects(this.write({ address: settlement, abi: settlementAbi, functionName: 'claim', args }))
  }

  private async fillPurse(): Promise<void> {
    const { token, disputes } = this.net.deployment.addresses
    const args = [disputes, parseEther('100')] as const
    await this.write({ address: token, abi: dpcTokenAbi, functionName: 'approve', args })
    await this.write({ address: disputes, abi: disputesAbi, functionName: 'fund', args: [args[1]] })
  }

  private async write(call: Call): Promise<void> {
    await this.net.mined(this.net.walletOf().writeContract(call))
  }

  private epoch(id: bigint) {
    const { settlement } = this.net.deployment.addresses
    const call = { address: settlement, abi: settlementAbi, functionName: 'epoch', args: [id] } as const
    return this.net.publicClient.readContract(call)
  }

  private statusOf(id: bigint) {
    const { settlement } = this.net.deployment.addresses
    const call = { address: settlement, abi: settlementAbi, functionName: 'epochStatus', args: [id] } as const
    return this.net.publicClient.readContract(call)
  }
}

const pending = chainEpochStatuses.indexOf('pending')
const seen = new Set<string>()

describe('a provider that is silent, drops, repeats, reorders and lies', () => {
  for (const seed of [1, 2, 3, 4]) {
    describe(`in the order of seed ${seed}`, () => {
      const net = new LocalSettlement({ windowSeconds: BigInt(windowSeconds), answerSeconds: BigInt(answerSeconds) })

      it('keeps nobody from being credited, answered and paid exactly once', async () => {
        const provider = new FaultyProvider(seed)
        const network = await SettledNetwork.open(net)
        const life = await new Story(net, network, provider).live()
        for (const fault of provider.done) seen.add(fault)
        const { wallets, payables, reserve } = network.ledger.books()
        assert.deepEqual([wallets, payables], [43n * credit, 0n])
        assert.equal(reserve * weiPerMicrocredit, await net.chainOf().contractWei())
        assert.deepEqual(await Promise.all([ann, bob].map(({ address }) => dpcOf(net, address))), [3n, 4n])
        assert.ok([...life.index.epochs.values()].every(({ cancelled }) => cancelled === undefined))
      })
    })
  }

  it('did each of these at least once', () => {
    const possible = Object.entries(faults).flatMap(([method, list]) => list.map(fault => `${method} ${fault}`))
    assert.deepEqual(
      possible.filter(fault => !seen.has(fault)),
      [],
    )
  })
})

/** DPC of a wallet. */
async function dpcOf(net: LocalSettlement, address: Address): Promise<bigint> {
  const args = [address] as const
  const call = { address: net.deployment.addresses.token, abi: dpcTokenAbi, functionName: 'balanceOf', args } as const
  return (await net.publicClient.readContract(call)) / parseEther('1')
}
