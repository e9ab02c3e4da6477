import { disputesAbi } from '@deparrow/contracts'
import {
  bytesToHex,
  formatCredits,
  type Hex,
  type LeafAccount,
  leafPlace,
  lowerHex,
  weiPerMicrocredit,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { formatEther, parseEventLogs, type TransactionReceipt } from 'viem'
import { type ChainCall, chainCall, type DisputesContract } from '../../chain/contracts.ts'
import { readDemand } from '../../chain/demands.ts'
import { readLine } from '../../chain/epoch-line.ts'
import { answered, type SettlementChain } from '../../chain/open-settlement.ts'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command-context.ts'
import { type ChainFlags, type OwnWallet, openChain, openOwnWallet, requireDisputes } from './open.ts'
import { fundPurse } from './purse.ts'
import { showDemand, showDemands, showStated } from './show-demand.ts'

export type DemandFlags = ChainFlags & {
  readonly epoch?: bigint
  readonly follows?: Hex
  /** What to put into the purse first when it does not suffice, in µcr. */
  readonly fund?: bigint
  readonly wait?: boolean
}

/** What is demanded, by its command. */
export type DemandedThing =
  | { readonly kind: 'leaf' | 'statement'; readonly account: LeafAccount }
  | { readonly kind: 'credit' | 'forced'; readonly item: bigint }

const nothing: Hex = `0x${'00'.repeat(32)}`

/** Opens one demand about the pending epoch, or shows the one that asks the same. Refusals: `NO_PENDING_EPOCH`, `PURSE_TOO_SMALL`, `CHAIN_REJECTED`. */
export async function openDemand(context: CommandContext, thing: DemandedThing, flags: DemandFlags) {
  const own = await openOwnWallet(context, flags)
  const { chain } = own
  await answered(chain.rpcOrigin, async () => {
    const disputes = requireDisputes(chain)
    const epoch = flags.epoch ?? (await pendingEpoch(chain))
    const call = callOf(disputes, thing, epoch, flags.follows ?? nothing)
    const id = await open(own, disputes, call, flags.fund)
    if (id !== undefined) return showDemand(context, chain, disputes, id, flags.wait === true)
    const place = call.args[1] as Hex
    return showStated(context, { chain, disputes }, { epoch, place })
  })
}

/** Shows a demand with what was answered; needs no key. Refusal: `DEMAND_UNKNOWN`. */
export async function showOneDemand(
  context: CommandContext,
  id: Hex,
  flags: ChainFlags & { readonly wait?: boolean },
): Promise<void> {
  const chain = await openChain(context, flags)
  const disputes = requireDisputes(chain)
  await answered(chain.rpcOrigin, () => showDemand(context, chain, disputes, id, flags.wait === true))
}

/** Lists demands since the last final epoch, or of one epoch; needs no key. */
export async function listDemands(context: CommandContext, flags: ChainFlags & { readonly epoch?: bigint }) {
  const chain = await openChain(context, flags)
  const disputes = requireDisputes(chain)
  await answered(chain.rpcOrigin, () => showDemands(context, chain, disputes, flags.epoch))
}

/** Ends a demand: `expire` cancels the epoch of one that nobody answered in time, `refund` gives the bond of a cancelled epoch's back. */
export async function endDemand(context: CommandContext, how: 'expire' | 'refund', id: Hex, flags: ChainFlags) {
  const { chain, carryOut } = await openOwnWallet(context, flags)
  await answered(chain.rpcOrigin, async () => {
    const disputes = requireDisputes(chain)
    const { transactionHash } = await carryOut(how === 'expire' ? 'expiry' : 'refund', chainCall(disputes, how, [id]))
    const { epoch, state, asker } = await readDemand(chain, disputes, id)
    const said =
      how === 'expire'
        ? `Epoch ${epoch} is cancelled: nobody answered. The asker has its bond back and the reward: transaction ${transactionHash}`
        : `The bond is back in the purse of ${asker}: transaction ${transactionHash}`
    context.output.result({ id, epoch, state, asker, transactionHash }, [said])
  })
}

async function pendingEpoch(chain: SettlementChain): Promise<bigint> {
  const line = await readLine(chain, await chain.client.getBlockNumber())
  const pending = line.find(({ status }) => status === 'pending')
  if (pending !== undefined) return pending.epoch
  throw new CliError('NO_PENDING_EPOCH', 'No epoch is pending now; only a pending one can be asked about.')
}

function callOf(disputes: DisputesContract, thing: DemandedThing, epoch: bigint, follows: Hex): ChainCall {
  switch (thing.kind) {
    case 'leaf':
      return chainCall(disputes, 'demandLeaf', [epoch, placeOf(thing.account), follows])
    case 'statement':
      return chainCall(disputes, 'demandStatement', [epoch, placeOf(thing.account), follows])
    case 'credit':
      return chainCall(disputes, 'demandDeposit', [epoch, thing.item, follows])
    case 'forced':
      return chainCall(disputes, 'demandForced', [epoch, thing.item, follows])
  }
}

function placeOf(account: LeafAccount): Hex {
  return bytesToHex(leafPlace(ledgerCrypto, account))
}

/** The id of the demand: of a new one, or of the one that asks the same; `undefined` when the statement asked for stands already. */
async function open(
  own: OwnWallet,
  disputes: DisputesContract,
  call: ChainCall,
  fund: bigint | undefined,
): Promise<Hex | undefined> {
  try {
    return idIn(await own.carryOut('demand', call))
  } catch (error) {
    const { reason, arguments: args = [] } = reasonOf(error)
    if (reason === 'DemandKnown') return args[0] as Hex
    if (reason === 'StatementKnown') return undefined
    if (reason !== 'PurseTooSmall') throw error
    if (fund === undefined) throw purseTooSmall(args)
  }
  await fundPurse(own, disputes, fund)
  return idIn(await own.carryOut('demand', call))
}

function idIn({ logs }: TransactionReceipt): Hex {
  const [demanded] = parseEventLogs({ abi: disputesAbi, eventName: 'Demanded', logs })
  if (demanded === undefined)
    throw new CliError('ANSWER_INVALID', 'The chain took the demand and shows no event of it.')
  return lowerHex(demanded.args.id)
}

function reasonOf(error: unknown): { readonly reason?: unknown; readonly arguments?: readonly unknown[] } {
  return error instanceof CliError ? error.details : {}
}

/** The missing amount is named as `--fund` takes it, in whole microcredits. */
function purseTooSmall([needed, held]: readonly unknown[]): CliError {
  const [neededWei, heldWei] = [BigInt(needed as bigint), BigInt(held as bigint)]
  const missing = formatCredits((neededWei - heldWei + weiPerMicrocredit - 1n) / weiPerMicrocredit)
  const said = `A demand needs a bond of ${formatEther(neededWei)} DPC in the purse, which holds ${formatEther(heldWei)}; put some in with --fund ${missing}`
  return new CliError('PURSE_TOO_SMALL', said, { neededWei, heldWei })
}
