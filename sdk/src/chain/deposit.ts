import { dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { bytesToHex, type Hex, isAmount, weiPerMicrocredit } from '@deparrow/ledger'
import { formatEther, parseSignature, type TransactionReceipt } from 'viem'
import { type Answer, refuse } from '../api/refusal.ts'
import type { WalletContext } from '../wallet/wallet-context.ts'
import { type ChainAccess, sendAndWait } from './chain-access.ts'

/**
 * How a deposit is allowed: `approve` in a transaction of its own, `permit` by an ERC-2612 signature, `authorization` by an ERC-3009
 * signature. The last two need one transaction.
 */
export type DepositMethod = 'approve' | 'permit' | 'authorization'

/** How long a signed permission for a deposit is good, in seconds of block time. */
const permissionSecondsValid = 3_600n

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
  return { ok: true, receipt: await senders[method](context, access, amountWei) }
}

type Sender = (context: WalletContext, access: ChainAccess, amountWei: bigint) => Promise<TransactionReceipt>

const senders: Readonly<Record<DepositMethod, Sender>> = {
  approve: async (context, access, amountWei) => {
    const { settlement, token } = context.network
    const { account } = context
    const wallet = access.walletClient(account)
    await sendAndWait(access, 'approval', async () => {
      const args = [settlement, amountWei] as const
      const approval = { address: token, abi: dpcTokenAbi, functionName: 'approve', args, account } as const
      return wallet.writeContract((await access.publicClient.simulateContract(approval)).request)
    })
    return sendAndWait(access, 'deposit', async () => {
      const deposit = { address: settlement, abi: settlementAbi, functionName: 'deposit', args: [amountWei] } as const
      return wallet.writeContract((await access.publicClient.simulateContract({ ...deposit, account })).request)
    })
  },
  permit: async (context, access, amountWei) => {
    const { deadline, v, r, s } = await signPermit(context, access, amountWei)
    return sendAndWait(access, 'deposit', async () => {
      const { request } = await access.publicClient.simulateContract({
        address: context.network.settlement,
        abi: settlementAbi,
        functionName: 'depositWithPermit',
        args: [amountWei, deadline, v, r, s],
        account: context.account,
      })
      return access.walletClient(context.account).writeContract(request)
    })
  },
  authorization: async (context, access, amountWei) => {
    const { validBefore, nonce, v, r, s } = await signAuthorization(context, access, amountWei)
    return sendAndWait(access, 'deposit', async () => {
      const { request } = await access.publicClient.simulateContract({
        address: context.network.settlement,
        abi: settlementAbi,
        functionName: 'depositWithAuthorization',
        args: [context.account.address, amountWei, 0n, validBefore, nonce, v, r, s],
        account: context.account,
      })
      return access.walletClient(context.account).writeContract(request)
    })
  },
}

/** ERC-2612. @see https://eips.ethereum.org/EIPS/eip-2612 */
async function signPermit(context: WalletContext, access: ChainAccess, amountWei: bigint) {
  const owner = context.account.address
  const nonce = await access.publicClient.readContract({
    address: context.network.token,
    abi: dpcTokenAbi,
    functionName: 'nonces',
    args: [owner],
  })
  const deadline = await validUntil(access)
  const signature = await context.account.signTypedData({
    domain: await tokenDomain(context, access),
    types: {
      Permit: [
        { name: 'owner', type: 'address' },
        { name: 'spender', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    primaryType: 'Permit',
    message: { owner, spender: context.network.settlement, value: amountWei, nonce, deadline },
  })
  return { deadline, ...split(signature) }
}

/** ERC-3009, with a random nonce. @see https://eips.ethereum.org/EIPS/eip-3009 */
async function signAuthorization(context: WalletContext, access: ChainAccess, amountWei: bigint) {
  const nonce = bytesToHex(crypto.getRandomValues(new Uint8Array(32)))
  const validBefore = await validUntil(access)
  const signature = await context.account.signTypedData({
    domain: await tokenDomain(context, access),
    types: {
      ReceiveWithAuthorization: [
        { name: 'from', type: 'address' },
        { name: 'to', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'validAfter', type: 'uint256' },
        { name: 'validBefore', type: 'uint256' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    primaryType: 'ReceiveWithAuthorization',
    message: {
      from: context.account.address,
      to: context.network.settlement,
      value: amountWei,
      validAfter: 0n,
      validBefore,
      nonce,
    },
  })
  return { validBefore, nonce, ...split(signature) }
}

/** The token says its own EIP-712 domain (EIP-5267); chain and contract are those that were checked. */
async function tokenDomain(context: WalletContext, access: ChainAccess) {
  const { chainId, token } = context.network
  const said = await access.publicClient.readContract({
    address: token,
    abi: dpcTokenAbi,
    functionName: 'eip712Domain',
  })
  return { name: said[1], version: said[2], chainId, verifyingContract: token }
}

async function validUntil(access: ChainAccess): Promise<bigint> {
  return (await access.publicClient.getBlock()).timestamp + permissionSecondsValid
}

function split(signature: Hex): { readonly v: number; readonly r: Hex; readonly s: Hex } {
  const { r, s, yParity } = parseSignature(signature)
  return { v: 27 + yParity, r, s }
}
