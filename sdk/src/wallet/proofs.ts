import { settlementAbi } from '@deparrow/contracts'
import type { Address, Hex, LeavesRoot } from '@deparrow/ledger'
import { operations } from '../api/operations.ts'
import { readAcceptance, readInclusion } from '../api/proof.ts'
import { optional, read } from '../api/read.ts'
import { AnswerInvalidError } from '../errors.ts'
import { type AcceptedCommand, checkAcceptance } from '../proof/check-acceptance.ts'
import { checkInclusion, type ProvenBalance } from '../proof/check-inclusion.ts'
import type { WalletContext } from './wallet-context.ts'

/** What a wallet had when an epoch closed, proven under the epoch's root. */
export type ProvenInclusion = ProvenBalance & { readonly epoch: bigint; readonly root: LeavesRoot }

/**
 * The ledger's signature that it has journalled what a command did, checked here against the ledger's key. `undefined` when it has none, as
 * of a refused one. Throws `ANSWER_INVALID` when what is shown does not hold.
 */
export async function readCheckedAcceptance(
  context: WalletContext,
  commandId: Hex,
): Promise<AcceptedCommand | undefined> {
  const ledger = read.object(await context.ask(operations.acceptance, { id: commandId }), 'ledger')
  const shown = optional(read.object, ledger, 'acceptance')
  if (shown === null) return undefined
  const { ledgerSigner } = context.network
  const accepted = await checkAcceptance({ domain: context.domain, ledgerSigner }, commandId, readAcceptance(shown))
  return accepted ?? fail(context, `its acceptance of ${commandId} does not hold`)
}

/**
 * What a wallet had in the last closed epoch, its proof checked here; `undefined` before the first epoch. Throws `ANSWER_INVALID` when the
 * proof does not hold. The root is the gateway's word until {@link isRootOnChain} has found it in the contract.
 */
export async function readCheckedInclusion(
  context: WalletContext,
  wallet: Address,
): Promise<ProvenInclusion | undefined> {
  const data = read.object(await context.ask(operations.inclusion, { address: wallet }), 'wallet')
  const given = optional(read.object, data, 'inclusion')
  if (given === null) return undefined
  const { epoch, root, shown } = readInclusion(given)
  const balance = checkInclusion(root, wallet, shown)
  if (balance === undefined) return fail(context, `its proof for ${wallet} does not hold in epoch ${epoch}`)
  return { ...balance, epoch, root }
}

/** Whether the settlement contract has this very root and total for the epoch: not before the epoch is posted. */
export async function isRootOnChain(
  context: Pick<WalletContext, 'chain' | 'network'>,
  { epoch, root }: Pick<ProvenInclusion, 'epoch' | 'root'>,
): Promise<boolean> {
  const { publicClient } = await context.chain()
  const address = context.network.settlement
  const posted = await publicClient.readContract({ address, abi: settlementAbi, functionName: 'epoch', args: [epoch] })
  return posted.leavesRoot === root.root && posted.leavesTotalMicrocredits === root.totalMicrocredits
}

function fail(context: WalletContext, problem: string): never {
  throw new AnswerInvalidError(context.graphql.url, problem)
}
