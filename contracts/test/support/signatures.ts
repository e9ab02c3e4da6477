/** ERC-2612 and ERC-3009 signatures over DPC, as wallets make them. */
import { randomBytes } from 'node:crypto'
import { type Address, type Hex, parseSignature, toHex } from 'viem'
import type { alice, Contracts } from './chain.ts'

type Signer = typeof alice
type SplitSignature = { v: number; r: Hex; s: Hex }

/** A time that no test reaches. */
export const FOREVER = 4_000_000_000n

export const randomNonce = (): Hex => toHex(randomBytes(32))

/** Permits the settlement contract to take `value`. */
export async function signPermit(
  signer: Signer,
  { token, settlement }: Contracts['addresses'],
  { value, nonce, deadline = FOREVER }: { value: bigint; nonce: bigint; deadline?: bigint },
): Promise<SplitSignature> {
  return split(
    await signer.signTypedData({
      domain: domainOf(token),
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
      message: { owner: signer.account.address, spender: settlement, value, nonce, deadline },
    }),
  )
}

const AUTHORISATION_FIELDS = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
] as const

export type Authorisation = { value: bigint; nonce: Hex; to?: Address; validAfter?: bigint; validBefore?: bigint }

/** Authorises the settlement contract (or `to`) to pull `value`. */
export async function signReceive(
  signer: Signer,
  { token, settlement }: Contracts['addresses'],
  { value, nonce, to = settlement, validAfter = 0n, validBefore = FOREVER }: Authorisation,
): Promise<SplitSignature> {
  return split(
    await signer.signTypedData({
      domain: domainOf(token),
      types: { ReceiveWithAuthorization: AUTHORISATION_FIELDS },
      primaryType: 'ReceiveWithAuthorization',
      message: { from: signer.account.address, to, value, validAfter, validBefore, nonce },
    }),
  )
}

/** Authorises anybody to move `value` to `to`. */
export async function signTransfer(
  signer: Signer,
  token: Address,
  { value, nonce, to, validAfter = 0n, validBefore = FOREVER }: Authorisation & { to: Address },
): Promise<SplitSignature> {
  return split(
    await signer.signTypedData({
      domain: domainOf(token),
      types: { TransferWithAuthorization: AUTHORISATION_FIELDS },
      primaryType: 'TransferWithAuthorization',
      message: { from: signer.account.address, to, value, validAfter, validBefore, nonce },
    }),
  )
}

/** Withdraws an authorisation that has not been used. */
export async function signCancel(signer: Signer, token: Address, nonce: Hex): Promise<SplitSignature> {
  return split(
    await signer.signTypedData({
      domain: domainOf(token),
      types: {
        CancelAuthorization: [
          { name: 'authorizer', type: 'address' },
          { name: 'nonce', type: 'bytes32' },
        ],
      },
      primaryType: 'CancelAuthorization',
      message: { authorizer: signer.account.address, nonce },
    }),
  )
}

const domainOf = (token: Address) =>
  ({ name: 'DEparrow Coin', version: '1', chainId: 31337, verifyingContract: token }) as const

function split(signature: Hex): SplitSignature {
  const { r, s, yParity } = parseSignature(signature)
  return { r, s, v: 27 + yParity }
}
