import { network } from 'hardhat'
import type { Hex } from 'viem'
import type { ContractCode } from './compiler.ts'

type Provider = { request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown> }

type Block = { readonly transactions: readonly Hex[] }

type SpecChain = {
  readonly provider: Provider
  readonly forgetFixtures: () => void
  /** Contracts that specs deploy while they are loaded. */
  readonly standing: { readonly address: Hex; readonly name: string }[]
  snapshot: unknown
}

const chains: SpecChain[] = []
let pendingCount = 0

/**
 * From now on every chain that a spec opens is kept in view, and takes contracts of any size: whether a changed contract is too large is not what
 * its specs are asked.
 */
export function watchChains(): void {
  const create = network.create.bind(network)
  const watching = async (parameters?: { readonly override?: object }) => {
    const override = { ...parameters?.override, allowUnlimitedContractSize: true }
    const connection = await create({ ...parameters, override })
    const provider = connection.provider as unknown as Provider
    const request = provider.request.bind(provider)
    provider.request = async call => {
      pendingCount += 1
      return request(call).finally(() => {
        pendingCount -= 1
      })
    }
    const { networkHelpers } = connection
    chains.push({ provider, forgetFixtures: () => networkHelpers.clearSnapshots(), standing: [], snapshot: undefined })
    return connection
  }
  network.create = watching as typeof network.create
}

/** Takes every chain as it stands for the beginning of each mutant. Finds the contracts that stand there by their code. */
export async function keepBeginning(originals: ReadonlyMap<string, ContractCode>): Promise<void> {
  const names = new Map([...originals].map(([name, { deployedBytecode }]) => [deployedBytecode, name]))
  for (const chain of chains) {
    for (const address of await creations(chain.provider)) {
      const code = await chain.provider.request({ method: 'eth_getCode', params: [address, 'latest'] })
      const name = names.get(code as Hex)
      if (name === undefined) throw new Error(`What a spec deploys at ${address} while it is loaded is not known.`)
      chain.standing.push({ address, name })
    }
    chain.snapshot = await chain.provider.request({ method: 'evm_snapshot' })
  }
}

async function creations(provider: Provider): Promise<readonly Hex[]> {
  const latest = Number(await provider.request({ method: 'eth_blockNumber' }))
  const found: Hex[] = []
  for (let block = 1; block <= latest; block++) {
    const params = [`0x${block.toString(16)}`, false]
    const { transactions } = (await provider.request({ method: 'eth_getBlockByNumber', params })) as Block
    for (const hash of transactions) {
      const receipt = await provider.request({ method: 'eth_getTransactionReceipt', params: [hash] })
      const { contractAddress } = receipt as { readonly contractAddress: Hex | null }
      if (contractAddress !== null) found.push(contractAddress)
    }
  }
  return found
}

/** Ends what a failed test left running, and sets every chain back to its beginning. */
export async function returnToBeginning(): Promise<void> {
  await quiet()
  for (const chain of chains) {
    // A block takes with it a time that was set for it.
    await chain.provider.request({ method: 'evm_mine' })
    const isBack = await chain.provider.request({ method: 'evm_revert', params: [chain.snapshot] })
    if (isBack !== true) throw new Error('A chain does not go back to its beginning.')
    chain.snapshot = await chain.provider.request({ method: 'evm_snapshot' })
    chain.forgetFixtures()
  }
}

/** Gives the contracts that stand already the code of a mutant, for as long as the chains are not set back. */
export async function exchangeStanding(codes: ReadonlyMap<string, ContractCode>): Promise<void> {
  for (const { provider, standing } of chains) {
    for (const { address, name } of standing) {
      const code = codes.get(name)?.deployedBytecode
      if (code !== undefined) await provider.request({ method: 'hardhat_setCode', params: [address, code] })
    }
  }
}

async function quiet(): Promise<void> {
  for (let still = 0; still < 3; still++) {
    await new Promise(resolve => setTimeout(resolve, 5))
    if (pendingCount > 0) still = -1
  }
}
