import { dpcTokenAbi, nodeRegistryAbi, settlementAbi } from '@deparrow/contracts'
import { encodeRow } from '@deparrow/contracts/rows'
import { type Address, lowerHex, type MessageType } from '@deparrow/ledger'
import type { ClaimView } from '@deparrow/services/testing'
import { encodeFunctionData } from 'viem'
import { type Contracts, wei } from './contracts.ts'
import type { ComputeNode } from './people.ts'
import type { Person } from './person.ts'
import type { Call, SimulatedChain } from './simulated-chain.ts'

/** What a node signs so that somebody else may register and stake for it. */
const registrationType: MessageType = {
  name: 'NodeRegistration',
  fields: [
    { name: 'node', type: 'address' },
    { name: 'payoutWallet', type: 'address' },
    { name: 'deadline', type: 'uint64' },
  ],
}

const callGas = 400_000n

/** What people do with the contracts themselves, each by transactions of its own key. */
export class OnChain {
  private readonly token: Address
  private readonly settlement: Address
  private readonly registry: Address

  constructor(
    private readonly chain: SimulatedChain,
    { addresses }: Contracts,
    private readonly distribution: Person,
  ) {
    this.token = lowerHex(addresses.token)
    this.settlement = lowerHex(addresses.settlement)
    this.registry = lowerHex(addresses.registry)
  }

  /** The distribution wallet sends DPC. */
  async give(to: readonly Address[], amountMicrocredits: bigint): Promise<void> {
    const calls = to.map(account =>
      this.call(
        this.token,
        encodeFunctionData({ abi: dpcTokenAbi, functionName: 'transfer', args: [account, wei(amountMicrocredits)] }),
      ),
    )
    await this.chain.sendSigned(this.distribution.account, calls)
  }

  async deposit(person: Person, amountMicrocredits: bigint): Promise<void> {
    const amountWei = wei(amountMicrocredits)
    await this.chain.sendSigned(person.account, [
      this.approval(this.settlement, amountWei),
      this.toSettlement(encodeFunctionData({ abi: settlementAbi, functionName: 'deposit', args: [amountWei] })),
    ])
  }

  async forceWithdrawal(person: Person, amountMicrocredits: bigint): Promise<void> {
    const data = encodeFunctionData({ abi: settlementAbi, functionName: 'forceWithdrawal', args: [amountMicrocredits] })
    await this.chain.sendSigned(person.account, [this.toSettlement(data)])
  }

  async revoke(wallet: Person, delegate: Address, nonce: bigint): Promise<void> {
    const data = encodeFunctionData({ abi: settlementAbi, functionName: 'revoke', args: [delegate, nonce] })
    await this.chain.sendSigned(wallet.account, [this.toSettlement(data)])
  }

  async cancelEpoch(guardian: Person, epoch: number): Promise<void> {
    const data = encodeFunctionData({ abi: settlementAbi, functionName: 'cancel', args: [BigInt(epoch)] })
    await this.chain.sendSigned(guardian.account, [this.toSettlement(data)])
  }

  /** Somebody sends claims; each pays its payee. */
  async claim(sender: Person, claims: readonly ClaimView[]): Promise<void> {
    const calls = claims.map(claim => {
      const args = [BigInt(claim.epoch), claim.part, claim.index, encodeRow(claim), [...claim.proof]] as const
      return this.toSettlement(encodeFunctionData({ abi: settlementAbi, functionName: 'claim', args }))
    })
    await this.chain.sendSigned(sender.account, calls)
  }

  /** The distribution wallet stakes for nodes that signed that it may. */
  async stake(nodes: readonly ComputeNode[], amountMicrocredits: bigint): Promise<void> {
    const deadline = this.chain.nowSeconds + 3_600n
    const domain = { chainId: 31_337, verifyingContract: this.registry }
    const stakeWei = wei(amountMicrocredits)
    const calls = nodes.map(({ signer, payout }) => {
      const message = { node: signer.address, payoutWallet: payout.address, deadline }
      const { signature } = signer.sign(domain, registrationType, message)
      const args = [signer.address, payout.address, stakeWei, deadline, signature] as const
      return this.call(
        this.registry,
        encodeFunctionData({ abi: nodeRegistryAbi, functionName: 'registerNodeBySignature', args }),
      )
    })
    await this.chain.sendSigned(this.distribution.account, [
      this.approval(this.registry, stakeWei * BigInt(nodes.length)),
      ...calls,
    ])
  }

  async unbond({ signer, payout }: ComputeNode, amountMicrocredits: bigint): Promise<void> {
    const args = [signer.address, wei(amountMicrocredits)] as const
    const data = encodeFunctionData({ abi: nodeRegistryAbi, functionName: 'unbond', args })
    await this.chain.sendSigned(payout.account, [this.call(this.registry, data)])
  }

  private approval(spender: Address, amountWei: bigint): Call {
    return this.call(
      this.token,
      encodeFunctionData({ abi: dpcTokenAbi, functionName: 'approve', args: [spender, amountWei] }),
    )
  }

  private toSettlement(data: Call['data']): Call {
    return this.call(this.settlement, data)
  }

  private call(to: Address, data: Call['data']): Call {
    return { to, data, gas: callGas }
  }
}
