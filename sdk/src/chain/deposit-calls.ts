import { dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { type Address, bytesToHex, type Hex } from '@deparrow/ledger'
import { type Abi, type LocalAccount, type PublicClient, parseSignature } from 'viem'

/**
 * How a deposit is allowed: `approve` in a transaction of its own, `permit` by an ERC-2612 signature, `authorization` by an ERC-3009
 * signature. The last two need one transaction.
 */
export type DepositMethod = 'approve' | 'permit' | 'authorization'

/** Who deposits into which contract. Chain, token and contract are those that were checked to belong together. */
export type DepositParties = {
  readonly publicClient: Pick<PublicClient, 'readContract' | 'getBlock'>
  readonly account: LocalAccount
  readonly chainId: number
  readonly token: Address
  readonly settlement: Address
}

/** A transaction of a deposit. */
export type DepositCall = {
  readonly what: 'approval' | 'deposit'
  readonly address: Address
  readonly abi: Abi
  readonly functionName: string
  readonly args: readonly unknown[]
}

/** How long a signed permission for a deposit is good, in seconds of block time. */
const permissionSecondsValid = 3_600n

/** The transactions that deposit an amount, in their order; the one before must be mined before the next is tried. */
export async function depositCalls(
  parties: DepositParties,
  amountWei: bigint,
  method: DepositMethod,
): Promise<readonly DepositCall[]> {
  return callsOf[method](parties, amountWei)
}

type CallsOf = (parties: DepositParties, amountWei: bigint) => Promise<readonly DepositCall[]>

const callsOf: Readonly<Record<DepositMethod, CallsOf>> = {
  approve: async ({ token, settlement }, amountWei) => [
    { what: 'approval', address: token, abi: dpcTokenAbi, functionName: 'approve', args: [settlement, amountWei] },
    depositCall(settlement, 'deposit', [amountWei]),
  ],
  permit: async (parties, amountWei) => {
    const { deadline, v, r, s } = await signPermit(parties, amountWei)
    return [depositCall(parties.settlement, 'depositWithPermit', [amountWei, deadline, v, r, s])]
  },
  authorization: async (parties, amountWei) => {
    const { validBefore, nonce, v, r, s } = await signAuthorization(parties, amountWei)
    const args = [parties.account.address, amountWei, 0n, validBefore, nonce, v, r, s]
    return [depositCall(parties.settlement, 'depositWithAuthorization', args)]
  },
}

function depositCall(address: Address, functionName: string, args: readonly unknown[]): DepositCall {
  return { what: 'deposit', address, abi: settlementAbi, functionName, args }
}

/** ERC-2612. @see https://eips.ethereum.org/EIPS/eip-2612 */
async function signPermit(parties: DepositParties, amountWei: bigint) {
  const { account, publicClient, token, settlement } = parties
  const owner = account.address
  const nonce = await publicClient.readContract({
    address: token,
    abi: dpcTokenAbi,
    functionName: 'nonces',
    args: [owner],
  })
  const deadline = await validUntil(parties)
  const signature = await account.signTypedData({
    domain: await tokenDomain(parties),
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
    message: { owner, spender: settlement, value: amountWei, nonce, deadline },
  })
  return { deadline, ...split(signature) }
}

/** ERC-3009, with a random nonce. @see https://eips.ethereum.org/EIPS/eip-3009 */
async function signAuthorization(parties: DepositParties, amountWei: bigint) {
  const { account, settlement } = parties
  const nonce = bytesToHex(crypto.getRandomValues(new Uint8Array(32)))
  const validBefore = await validUntil(parties)
  const signature = await account.signTypedData({
    domain: await tokenDomain(parties),
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
      from: account.address,
      to: settlement,
      value: amountWei,
      validAfter: 0n,
      validBefore,
      nonce,
    },
  })
  return { validBefore, nonce, ...split(signature) }
}

/** The token says its own EIP-712 domain (EIP-5267); chain and contract are those that were checked. */
async function tokenDomain({ publicClient, chainId, token }: DepositParties) {
  const said = await publicClient.readContract({
    address: token,
    abi: dpcTokenAbi,
    functionName: 'eip712Domain',
  })
  return { name: said[1], version: said[2], chainId, verifyingContract: token }
}

async function validUntil({ publicClient }: DepositParties): Promise<bigint> {
  return (await publicClient.getBlock()).timestamp + permissionSecondsValid
}

function split(signature: Hex): { readonly v: number; readonly r: Hex; readonly s: Hex } {
  const { r, s, yParity } = parseSignature(signature)
  return { v: 27 + yParity, r, s }
}
