import { settlementAbi } from '@deparrow/contracts'
import { encodeRow } from '@deparrow/contracts/rows'
import { type Address, type Hex, weiPerMicrocredit } from '@deparrow/ledger'
import { getAddress, parseEventLogs } from 'viem'
import { operations } from '../api/operations.ts'
import { optional, read } from '../api/read.ts'
import { type Answer, refuse } from '../api/refusal.ts'
import { type ClaimableRow, readClaim } from '../api/wallet.ts'
import { ChainRejectedError } from '../errors.ts'
import type { WalletContext } from '../wallet/wallet-context.ts'
import { type ChainAccess, sendAndWait } from './chain-access.ts'
import { findRowIndex } from './row-index.ts'

/** A claim that is mined: `paidWei` went from the contract to `wallet`. */
export type Claimed = {
  readonly wallet: Address
  readonly transactionHash: Hex
  readonly paidWei: bigint
  readonly paidMicrocredits: bigint
  readonly epoch: bigint
}

/**
 * Claims on chain what final epochs owe a wallet; the DPC goes to that wallet, whoever sends the transaction. Refusal:
 * `NOTHING_TO_CLAIM`. Throws {@link ChainRejectedError} when the proof or the transaction does not hold.
 */
export async function claim(context: WalletContext, wallet: Address): Promise<Answer<Claimed>> {
  const row = await readClaimable(context, wallet)
  if (row === undefined) return nothingToClaim(wallet)
  const access = await context.chain()
  try {
    return await sendClaim(context, access, wallet, row)
  } catch (error) {
    if (error instanceof ChainRejectedError && error.reason === 'NothingToClaim') return nothingToClaim(wallet)
    throw error
  }
}

/** The newest final row of a wallet that has not been claimed whole; `undefined` when nothing is owed. */
export async function readClaimable(context: WalletContext, wallet: Address): Promise<ClaimableRow | undefined> {
  const data = await context.ask(operations.claim, { address: wallet })
  const given = optional(read.object, read.object(data, 'wallet'), 'claim')
  return given === null ? undefined : readClaim(given)
}

async function sendClaim(
  context: WalletContext,
  access: ChainAccess,
  wallet: Address,
  claimable: ClaimableRow,
): Promise<Answer<Claimed>> {
  const settlement = { address: context.network.settlement, abi: settlementAbi } as const
  const { epoch, part, proof } = claimable
  const row = encodeRow({ ...claimable, previousEpoch: Number(claimable.previousEpoch) })
  const posted = await access.publicClient.readContract({
    ...settlement,
    functionName: 'rowsPart',
    args: [epoch, part],
  })
  const index = findRowIndex(row, proof, posted)
  if (index === undefined) throw new ChainRejectedError('claim', `epoch ${epoch} holds no such row for ${wallet}`)

  const receipt = await sendAndWait(access, 'claim', async () => {
    const { request } = await access.publicClient.simulateContract({
      ...settlement,
      functionName: 'claim',
      args: [epoch, part, index, row, proof],
      account: context.account,
    })
    return access.walletClient(context.account).writeContract(request)
  })
  const events = parseEventLogs({ abi: settlementAbi, eventName: 'Claimed', logs: receipt.logs })
  const paidMicrocredits = events.find(event => event.args.account.toLowerCase() === wallet)?.args.paidMicrocredits
  if (paidMicrocredits === undefined) throw new ChainRejectedError('claim', `it paid nothing to ${wallet}`)
  return {
    ok: true,
    wallet,
    transactionHash: receipt.transactionHash,
    paidWei: paidMicrocredits * weiPerMicrocredit,
    paidMicrocredits,
    epoch,
  }
}

function nothingToClaim(wallet: Address) {
  return refuse({
    code: 'NOTHING_TO_CLAIM',
    message: `No final epoch owes ${getAddress(wallet)} anything. A withdrawal can be claimed when its epoch is final.`,
  })
}
