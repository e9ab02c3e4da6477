import { dpcTokenAbi } from '@deparrow/contracts'
import { isAmount, weiPerMicrocredit } from '@deparrow/ledger'
import { formatEther, type TransactionReceipt } from 'viem'
import { type Answer, refuse } from '../api/refusal.ts'
import type { WalletContext } from '../wallet/wallet-context.ts'
import { type ChainAccess, sendAndWait } from './chain-access.ts'
import { type DepositMethod, depositCalls } from './deposit-calls.ts'

/**
 * Sends the DPC of an amount to the settlement contract and waits until that is mined. Refusals: `MALFORMED` for an amount out of
 * range, `INSUFFICIENT_DPC` with both amounts. Throws `CHAIN_REJECTED`.
 */
export async function sendDeposit(
  context: WalletContext,
  amountMicrocredits: bigint,
  method: DepositMethod,
): Promise<Answer<{ readonly receipt: TransactionReceipt }>> {
  if (!isAmount(amountMicrocredits)) {
    const message = 'amountMicrocredits: expected a positive amount not above the supply of DPC.'
    return refuse({ code: 'MALFORMED', message, field: 'amountMicrocredits' })
  }
  const access = await context.chain()
  const amountWei = amountMicrocredits * weiPerMicrocredit
  const token = { address: context.network.token, abi: dpcTokenAbi } as const
  const held = await access.publicClient.readContract({
    ...token,
    functionName: 'balanceOf',
    args: [context.account.address],
  })
  if (held < amountWei) {
    return refuse({
      code: 'INSUFFICIENT_DPC',
      message: `The wallet holds ${formatEther(held)} DPC and the deposit needs ${formatEther(amountWei)}.`,
      requiredMicrocredits: amountMicrocredits,
      availableMicrocredits: held / weiPerMicrocredit,
    })
  }
  return { ok: true, receipt: await sendAll(context, access, amountWei, method) }
}

async function sendAll(
  { account, network }: WalletContext,
  access: ChainAccess,
  amountWei: bigint,
  method: DepositMethod,
): Promise<TransactionReceipt> {
  const { publicClient } = access
  const wallet = access.walletClient(account)
  const { chainId, token, settlement } = network
  const calls = await depositCalls({ publicClient, account, chainId, token, settlement }, amountWei, method)
  let receipt: TransactionReceipt | undefined
  for (const { what, ...call } of calls) {
    receipt = await sendAndWait(access, what, async () =>
      wallet.writeContract((await publicClient.simulateContract({ ...call, account })).request),
    )
  }
  return receipt as TransactionReceipt
}
