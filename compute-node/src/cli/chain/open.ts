import type { Address } from '@deparrow/ledger'
import { readKeyFileAddress } from '@deparrow/sdk/keystore'
import { developmentChainId, fetchNetwork, NetworkUnreachableError, refuseDevelopmentKey } from '@deparrow/sdk/network'
import { formatEther, type LocalAccount, type TransactionReceipt } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChainCall, DisputesContract } from '../../chain/contracts.ts'
import { SettlementUnnamedError } from '../../chain/errors.ts'
import { openSettlementChain, type SettlementChain } from '../../chain/open-settlement.ts'
import { sendOptionsDefault, sendOptionsDevelopment, TransactionSender } from '../../chain/transaction-sender.ts'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command-context.ts'
import { keyFilePath, unlockKey } from '../key-access.ts'
import { refusedCall } from './refusals.ts'

/** What every command of `deparrow chain` takes. */
export type ChainFlags = {
  readonly rpc?: string
  readonly settlement?: Address
  readonly registry?: Address
  /** In wei. */
  readonly maxFeeGwei?: bigint
  readonly confirmations?: number
  readonly replace?: boolean
}

/** A wallet that acts on the contracts. */
export type OwnWallet = {
  readonly chain: SettlementChain
  readonly account: LocalAccount
  readonly address: Address
  /** Carries out a call and waits until it counts. Throws what {@link refusedCall} makes of a refusal, and `TRANSACTION_UNKNOWN`. */
  carryOut(what: string, call: ChainCall): Promise<TransactionReceipt>
}

/**
 * The contracts, without the operator where `--rpc` names the chain: the address of `Settlement` is the one given, that of our own deployment on this
 * chain, or the one that the network names if it answers.
 */
export async function openChain({ config }: CommandContext, flags: ChainFlags): Promise<SettlementChain> {
  const { rpc, settlement, registry } = flags
  if (rpc === undefined) {
    const network = await fetchNetwork(config.url).catch(error => {
      if (!(error instanceof NetworkUnreachableError)) throw error
      const advice = 'Without the network name the chain: --rpc, and --settlement where the contracts are not known.'
      throw new CliError(error.code, `Nobody answers at ${config.url}. ${advice}`)
    })
    const { rpcUrl, chainId } = network
    return openSettlementChain({ rpcUrl, chainId, settlement: settlement ?? network.settlement, registry })
  }
  try {
    return await openSettlementChain({ rpcUrl: rpc, settlement, registry })
  } catch (error) {
    if (!(error instanceof SettlementUnnamedError)) throw error
    const network = await fetchNetwork(config.url).catch(() => undefined)
    if (network === undefined) throw error
    return openSettlementChain({ rpcUrl: rpc, chainId: network.chainId, settlement: network.settlement, registry })
  }
}

/** The wallet of the data folder, with its key. */
export async function openOwnWallet(context: CommandContext, flags: ChainFlags): Promise<OwnWallet> {
  const chain = await openChain(context, flags)
  const { sender, ...own } = await openOwnSender(context, chain, flags)
  return { chain, ...own, carryOut: (what, call) => carryOut(context, sender, what, call) }
}

/** The same wallet as something that sends on a chain. */
export async function openOwnSender({ config }: CommandContext, { chain, client }: SettlementChain, flags: ChainFlags) {
  const { address, privateKey } = await unlockKey(config, 'wallet', async () => chain.id)
  refuseDevelopmentKey(address, chain.id)
  const account = privateKeyToAccount(privateKey.reveal())
  const options = chain.id === developmentChainId ? sendOptionsDevelopment : sendOptionsDefault
  const sender = new TransactionSender({
    client,
    account,
    options: {
      ...options,
      confirmations: flags.confirmations ?? options.confirmations,
      maxFeePerGasWei: flags.maxFeeGwei,
      isReplacing: flags.replace,
    },
  })
  return { account, address, sender }
}

/** Whose affairs are meant, without unlocking anything: the one given, or the wallet of the data folder if there is one. */
export async function addressMeant(
  { config }: CommandContext,
  given: Address | undefined,
): Promise<Address | undefined> {
  return given ?? (await readKeyFileAddress(keyFilePath(config, 'wallet')))
}

/** Refuses early what the token would refuse, before an approval is sent. Throws `INSUFFICIENT_DPC` with both amounts. */
export async function requireDpc(
  { chain, address }: Pick<OwnWallet, 'chain' | 'address'>,
  neededWei: bigint,
): Promise<void> {
  const heldWei = await chain.client.readContract({ ...chain.token, functionName: 'balanceOf', args: [address] })
  if (heldWei >= neededWei) return
  const said = `The wallet holds ${formatEther(heldWei)} DPC, and this needs ${formatEther(neededWei)}.`
  throw new CliError('INSUFFICIENT_DPC', said, { heldWei, neededWei })
}

/** The contract of demands. Throws `DISPUTES_MISSING` where there is none. */
export function requireDisputes({ disputes, chain, settlement }: SettlementChain): DisputesContract {
  if (disputes !== undefined) return disputes
  const said = `The settlement contract ${settlement.address} on chain ${chain.id} has no contract of demands: nothing can be disputed there.`
  throw new CliError('DISPUTES_MISSING', said)
}

async function carryOut({ output, signal }: CommandContext, sender: TransactionSender, what: string, call: ChainCall) {
  output.progress(`Sending the ${what} …`)
  const outcome = await sender.send(call, signal)
  switch (outcome.status) {
    case 'confirmed':
      return outcome.receipt
    case 'refused':
      throw refusedCall(what, outcome)
    case 'reverted':
      throw refusedCall(what, outcome, { transactionHash: outcome.transactionHash })
    case 'unknown': {
      const { transactionHash, nonce } = outcome
      const advice = 'It may still be mined. Look it up before you try again; nothing else is sent while it waits.'
      throw new CliError(
        'TRANSACTION_UNKNOWN',
        `What became of the ${what} is not known: ${transactionHash}. ${advice}`,
        {
          transactionHash,
          nonce,
        },
      )
    }
  }
}
