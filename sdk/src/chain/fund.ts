import { dpcTokenAbi } from '@deparrow/contracts'
import { type Hex, isAmount, weiPerMicrocredit } from '@deparrow/ledger'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type Answer, refuse } from '../api/refusal.ts'
import { publishedAccount } from '../keys/published-account.ts'
import { developmentChainId, publishedAddresses } from '../keys/published-development-keys.ts'
import type { WalletContext } from '../wallet/wallet-context.ts'
import { type ChainAccess, sendAndWait } from './chain-access.ts'

export type FundRequest = {
  /** DPC to receive, counted in µcr. */
  readonly amountMicrocredits: bigint
  /** Key of the distribution wallet; default: the published account that holds most DPC. */
  readonly distributionKey?: Hex
}

export type Funded = { readonly transactionHash: Hex; readonly dpcWei: bigint; readonly etherWei: bigint }

/** A wallet that has less gets its Ether for gas topped up to this: thousands of transactions on a local chain. */
const etherWeiForGas = 10n ** 18n

/** Two processes may fund at once from the same wallet and choose the same account nonce; one of them tries again. */
const sendAttemptsMax = 5

/**
 * Gives a wallet development DPC, and Ether for gas when it has less than 1 ETH. Only on chain 31337. Refusals:
 * `NOT_A_DEVELOPMENT_CHAIN`, `MALFORMED`, `INSUFFICIENT_DPC`.
 */
export async function fund(context: WalletContext, request: FundRequest): Promise<Answer<Funded>> {
  const { chainId } = context.network
  if (chainId !== developmentChainId) {
    const message = `Development DPC exists on chain ${developmentChainId} only and this network is on chain ${chainId}; buy DPC and deposit it.`
    return refuse({ code: 'NOT_A_DEVELOPMENT_CHAIN', message })
  }
  if (!isAmount(request.amountMicrocredits)) {
    const message = 'amountMicrocredits: expected a positive amount not above the supply of DPC.'
    return refuse({ code: 'MALFORMED', message, field: 'amountMicrocredits' })
  }
  const access = await context.chain()
  const dpcWei = request.amountMicrocredits * weiPerMicrocredit
  const source = await findSource(context, access, request.distributionKey)
  if (source.dpcWei < dpcWei) {
    return refuse({
      code: 'INSUFFICIENT_DPC',
      message: `The distribution wallet ${source.account.address} has too little DPC left.`,
      requiredMicrocredits: request.amountMicrocredits,
      availableMicrocredits: source.dpcWei / weiPerMicrocredit,
    })
  }
  const etherWei = await topUpEther(context, access, source.account)
  const receipt = await sendAndWait(access, 'transfer of DPC', () =>
    insist(() =>
      access.walletClient(source.account).writeContract({
        address: context.network.token,
        abi: dpcTokenAbi,
        functionName: 'transfer',
        args: [context.account.address, dpcWei],
        account: source.account,
        chain: access.chain,
      }),
    ),
  )
  return { ok: true, transactionHash: receipt.transactionHash, dpcWei, etherWei }
}

async function findSource(context: WalletContext, access: ChainAccess, key: Hex | undefined) {
  const balanceOf = (address: Hex) =>
    access.publicClient.readContract({
      address: context.network.token,
      abi: dpcTokenAbi,
      functionName: 'balanceOf',
      args: [address],
    })
  if (key !== undefined) {
    const account: LocalAccount = privateKeyToAccount(key)
    return { account, dpcWei: await balanceOf(account.address) }
  }
  const balances = await Promise.all(publishedAddresses.map(balanceOf))
  const richest = balances.reduce((best, wei, index) => (wei > (balances[best] ?? 0n) ? index : best), 0)
  return { account: publishedAccount(richest), dpcWei: balances[richest] ?? 0n }
}

async function topUpEther(context: WalletContext, access: ChainAccess, source: LocalAccount): Promise<bigint> {
  const held = await access.publicClient.getBalance({ address: context.account.address })
  if (held >= etherWeiForGas) return 0n
  const value = etherWeiForGas - held
  await sendAndWait(access, 'transfer of Ether', () =>
    insist(() =>
      access.walletClient(source).sendTransaction({
        to: context.account.address,
        value,
        account: source,
        chain: access.chain,
      }),
    ),
  )
  return value
}

/** A transaction that was refused before it was mined has done nothing, so it can be sent again with a fresh nonce. */
async function insist(send: () => Promise<Hex>): Promise<Hex> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (error) {
      if (attempt === sendAttemptsMax || !/nonce/i.test(String(error))) throw error
    }
  }
}
